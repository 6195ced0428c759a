"""Small quantized Keras models of every shape, drawn by hypothesis, with their meaning.

All parameters are small multiples of powers of two. Keras then computes without rounding,
and values exactly on the edge of a step are frequent.
"""

from dataclasses import dataclass, field

import keras
import numpy as np
import rational_network as rational
from hypothesis import strategies as st

from akida_lite import nn, quantize_layer

_SIGNS = np.array([-1, 1])
_GAMMAS = np.array([-2, -1, -0.5, 0, 0.5, 1, 2])
_ONE_POSITION = {"kernel_size": (1, 1), "strides": (1, 1), "padding": "valid"}


@dataclass
class Drawn:
    """A Keras model and the same as exact operations.

    Attributes
    ----------
    model : keras.Model
    operations : list
        Of `rational_network`.
    input_shape : (height, width, channels)
    input_scaling : (a, b)
    sparse : bool
    activated : bool
        Whether the last block has an activation.
    rounds : bool
        Whether Keras has to round: a mean, the scaling or a scale divides by no power of two.
    of_layer : dict
        Name of a layer with a width to its operations.
    headed : keras.Model
        The model with a function of the scores behind it, or `model` itself.
    """

    operations: list = field(default_factory=list)
    model: keras.Model | None = None
    headed: keras.Model | None = None
    of_layer: dict = field(default_factory=dict)
    input_shape: tuple = ()
    input_scaling: tuple = (1, 0)
    sparse: bool = False
    activated: bool = True
    rounds: bool = False

    def operations_of(self, kind):
        return [operation for operation in self.operations if isinstance(operation, kind)]


class _Builder:
    def __init__(self, draw, drawn):
        self.draw = draw
        self.drawn = drawn
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.inputs = self.x = keras.Input(drawn.input_shape)
        # Whether the next block starts with a mean, and so must not pool again.
        self.mean_first = False
        # Whether the map has been flattened, and so must meet a dense layer.
        self.flattened = False

    def chance(self):
        return self.draw(st.booleans())

    def pick(self, *options):
        return self.draw(st.sampled_from(options))

    def append(self, layer, *operations):
        self.x = layer(self.x)
        self.drawn.operations += operations
        if hasattr(layer, "quantizer") or hasattr(layer, "bitwidth"):
            self.drawn.of_layer[layer.name] = operations
        return layer

    def instead(self, function, *operations):
        """Do what a layer does with a function on tensors."""
        self.x = function(self.x)
        self.drawn.operations += operations

    def own_scaling(self):
        """Let the model scale the pixels that it is fed, by a layer or by operations."""
        scale, pixel = self.pick(1.0, 0.5, 2.0, -0.25, 1 / 256), self.pick(0, 1, 128, 255)
        # A model that multiplies what it reads is asked what was done to the pixels before.
        self.drawn.input_scaling = (1, 0) if scale > 1 else None
        self.drawn.rounds = False
        filters = self.x.shape[-1]
        norm = [np.full(filters, each) for each in (scale, -pixel * scale, 0.0, 1.0)]
        self.drawn.operations.append(rational.Norm(*norm))
        how = self.pick("layer", "operations", "mirrored", "statistics", "normalization")
        if how == "layer":
            self.x = keras.layers.Rescaling(scale, -pixel * scale)(self.x)
        elif how == "operations":
            self.x = (self.x - float(pixel)) / (1 / scale)
        elif how == "mirrored":
            self.x = (float(pixel) - self.x) * -scale
        elif how == "statistics" and scale > 0:
            given = {"mean": [pixel] * filters, "variance": [scale**-2] * filters}
            self.x = keras.layers.Normalization(**given)(self.x)
        else:
            layer = keras.layers.BatchNormalization(epsilon=0.0)
            self.x = layer(self.x)
            layer.set_weights([norm[0], norm[1], norm[2], norm[3]])

    def kernel(self, shape, per_filter):
        """Return a quantizer and weights that it keeps as they are."""
        bits = self.pick(2, 3, 4, 5, 8)
        limit = 2 ** (bits - 1) - 1
        integers = self.rng.integers(-limit, limit, shape, endpoint=True)
        if self.pick(False, False, True):
            # The largest weight of the tensor sets its scale.
            scale = float(2 ** self.rng.integers(0, 4))
            integers.reshape(-1)[0] = limit * self.rng.choice(_SIGNS)
            return nn.MaxQuantizer(bits), integers / scale
        if per_filter and self.chance():
            scales = 2.0 ** self.rng.integers(0, 4, shape[-1])
            # The largest weight of each filter, which sets its scale.
            integers.reshape(-1, shape[-1])[0] = limit * self.rng.choice(_SIGNS, shape[-1])
            if self.chance():
                return nn.FixedScaleQuantizer(scales.tolist(), bits), integers / scales
            return nn.MaxPerAxisQuantizer(bits), integers / scales
        scale = float(2 ** self.rng.integers(0, 4))
        return nn.FixedScaleQuantizer(scale, bits), integers / scale

    def bias(self, filters):
        return self.rng.integers(-16, 16, filters) / 8

    def neural(self, kind):
        if kind == "dense":
            self.dense()
            return
        if len(self.x.shape) == 2:
            self.append(keras.layers.Reshape((1, 1, self.x.shape[-1])), rational.OnePosition())
        if kind == "conv":
            self.convolution(self.windows(((1, 1), (2, 2), (1, 2))))
        elif kind == "pointwise":
            self.convolution(_ONE_POSITION)
        elif kind == "separable":
            self.separable(self.windows())
        else:
            self.depthwise(self.windows())
            if kind == "depthwise+pointwise":
                self.convolution(_ONE_POSITION)

    def windows(self, strides=((1, 1), (2, 2))):
        """Return a kernel, its strides and its padding, which may be a layer of its own."""
        size = self.x.shape[1:3]
        kernel = self.pick(1, min(3, size[0])), self.pick(1, min(3, size[1]))
        windows = {
            "kernel_size": kernel,
            "strides": self.pick(*strides),
            "padding": self.pick("same", "valid", "zeros"),
        }
        if windows["padding"] == "zeros":
            zeros = rational.same_zeros(size, kernel, windows["strides"])
            self.append(keras.layers.ZeroPadding2D(zeros), rational.Zeros(zeros))
            windows["padding"] = "valid"
        return windows

    def convolution(self, windows):
        filters = self.pick(1, 3)
        shape = (*windows["kernel_size"], self.x.shape[-1], filters)
        quantizer, weights = self.kernel(shape, per_filter=True)
        biased = self.chance()
        operation = rational.Convolution(
            weights, windows["strides"], windows.get("padding", "valid")
        )
        layer = self.append(
            nn.QuantizedConv2D(filters, quantizer=quantizer, use_bias=biased, **windows),
            operation,
        )
        layer.kernel.assign(weights)
        self.add_bias(layer, biased, filters)

    def depthwise(self, windows):
        channels = self.x.shape[-1]
        shape = (*windows["kernel_size"], channels, 1)
        quantizer, weights = self.kernel(shape, per_filter=False)
        biased = self.chance()
        operation = rational.Depthwise(weights, windows["strides"], windows["padding"])
        layer = self.append(
            nn.QuantizedDepthwiseConv2D(quantizer=quantizer, use_bias=biased, **windows),
            operation,
        )
        layer.kernel.assign(weights)
        self.add_bias(layer, biased, channels)

    def separable(self, windows):
        channels, filters = self.x.shape[-1], self.pick(1, 3)
        of_depthwise, depthwise = self.kernel((*windows["kernel_size"], channels, 1), False)
        quantizer, pointwise = self.kernel((1, 1, channels, filters), True)
        biased = self.chance()
        layer = self.append(
            nn.QuantizedSeparableConv2D(
                filters,
                quantizer=quantizer,
                quantizer_dw=of_depthwise,
                use_bias=biased,
                **windows,
            ),
            rational.Depthwise(depthwise, windows["strides"], windows["padding"]),
            rational.Convolution(pointwise),
        )
        layer.depthwise_kernel.assign(depthwise)
        layer.pointwise_kernel.assign(pointwise)
        self.add_bias(layer, biased, filters)

    def flatten(self):
        size = int(np.prod(self.x.shape[1:]))
        self.either(
            keras.layers.Flatten(),
            lambda x: keras.ops.reshape(x, (-1, size)),
            rational.Flatten(),
        )

    def either(self, layer, function, *operations):
        if self.chance():
            self.append(layer, *operations)
        else:
            self.instead(function, *operations)

    def dense(self):
        if len(self.x.shape) == 4:
            self.flatten()
        units = self.pick(1, 3)
        quantizer, weights = self.kernel((self.x.shape[-1], units), per_filter=True)
        biased = self.chance()
        layer = self.append(
            nn.QuantizedDense(units, quantizer=quantizer, use_bias=biased),
            rational.Dense(weights),
        )
        layer.kernel.assign(weights)
        self.add_bias(layer, biased, units)

    def add_bias(self, layer, biased, filters):
        if biased:
            bias = self.bias(filters)
            layer.bias.assign(bias)
            self.drawn.operations.append(rational.Plus(bias))

    def tail(self, activated, flat):
        """Append pooling, normalization and activation in one of the accepted orders.

        Where `flat`, the next layer is a dense one, and the map may be flattened before the
        activation already.
        """
        parts = ["norm"] * self.pick(1, 1, 0) + ["activation"] * activated
        if len(self.x.shape) == 4 and not self.mean_first:
            pool = self.pick(None, "max", "max", "whole max", "mean")
            if pool == "mean":
                parts.insert(self.draw(st.integers(0, len(parts) - activated)), pool)
            elif pool is not None:
                parts.insert(self.draw(st.integers(0, len(parts))), pool)
        self.flattened = (
            len(self.x.shape) == 4 and flat and parts[-1:] == ["activation"] and self.chance()
        )
        if self.flattened:
            parts.insert(-1, "flatten")
        pooled = False
        for part in parts:
            if self.chance():
                self.append(keras.layers.Dropout(0.5))
            getattr(self, part.replace(" ", "_"))(*([pooled] if part == "norm" else []))
            pooled = pooled or "max" in part

    def norm(self, pooled):
        filters = self.x.shape[-1]
        if self.pick(False, False, True):
            self.plain_norm(pooled, filters)
            return
        gamma = self.rng.choice(np.abs(_GAMMAS) if pooled else _GAMMAS, filters)
        beta, mean = self.rng.integers(-8, 8, (2, filters)) / 4
        deviation = 2.0 ** self.rng.integers(-1, 3, filters)
        scale, center = self.pick((True, True), (True, True), (True, False), (False, True))
        layer = self.append(
            keras.layers.BatchNormalization(epsilon=0.0, scale=scale, center=center),
            rational.Norm(
                gamma if scale else np.ones(filters),
                beta if center else np.zeros(filters),
                mean,
                deviation,
            ),
        )
        layer.set_weights([*[gamma] * scale, *[beta] * center, mean, deviation**2])

    def plain_norm(self, pooled, filters):
        """Scale and shift channels by another layer, or by an operation."""
        signs = [1.0] if pooled else [1.0, -1.0]
        scale = 2.0 ** self.rng.integers(-2, 2, filters) * self.rng.choice(signs, filters)
        shift = self.rng.integers(-8, 8, filters) / 4
        zero, one = np.zeros(filters), np.ones(filters)
        how = self.pick("rescaling", "statistics", "product", "sum")
        if how == "rescaling":
            layer = keras.layers.Rescaling(scale.tolist(), shift.tolist())
            self.append(layer, rational.Norm(scale, shift, zero, one))
        elif how == "statistics":
            layer = keras.layers.Normalization(mean=shift.tolist(), variance=scale**2)
            self.append(layer, rational.Norm(one, zero, shift, np.abs(scale)))
        elif how == "product":
            constant = scale.astype(np.float32)
            self.instead(lambda x: x * constant, rational.Norm(scale, zero, zero, one))
        else:
            constant = shift.astype(np.float32)
            self.instead(lambda x: x + constant, rational.Norm(one, shift, zero, one))

    def max(self):
        height, width = self.x.shape[1:3]
        size = min(2, height), self.pick(1, min(2, width))
        strides, padding = self.pick((1, 1), (2, 1), (2, 2)), self.pick("same", "valid")
        self.append(
            keras.layers.MaxPooling2D(size, strides, padding),
            rational.MaxPool(size, strides, padding),
        )

    def whole_max(self):
        self.whole(keras.layers.GlobalMaxPooling2D, keras.ops.max, rational.WholeMax())

    def mean(self):
        positions = self.x.shape[1] * self.x.shape[2]
        self.drawn.rounds |= positions & (positions - 1) != 0
        self.whole(keras.layers.GlobalAveragePooling2D, keras.ops.mean, rational.Mean())

    def whole(self, kind, function, operation):
        """Append a pooling of the whole map, which may keep the axes of the position."""
        keepdims = self.chance()
        kept = [rational.OnePosition()] * keepdims
        size = tuple(self.x.shape[1:3])
        if kind is keras.layers.GlobalAveragePooling2D and keepdims and self.chance():
            self.append(keras.layers.AveragePooling2D(size), operation, *kept)
            return
        self.either(
            kind(keepdims=keepdims),
            lambda x: function(x, axis=(1, 2), keepdims=keepdims),
            operation,
            *kept,
        )

    def head(self):
        """Return the scores as they are, or a function of them that keeps their order."""
        names = ("sigmoid", "tanh") if self.x.shape[-1] == 1 else ("softmax", "log_softmax")
        name = self.pick(None, *names)
        if name is None:
            return self.x
        function = self.pick(keras.layers.Activation(name), getattr(keras.ops, name, None))
        return (function or keras.layers.Activation(name))(self.x)

    def activation(self):
        if self.chance():
            bits = self.pick(1, 2)
            self.append(nn.ActivationDiscreteRelu(bits), rational.Staircase(0.5, 1.0, bits))
            return
        bits, gamma = self.pick(1, 2, 3, 4, 8), self.pick(0.5, 1.0, 2.0)
        t0 = self.pick(-1.0, 0.0, gamma / 2, 1.25)
        layer = self.append(nn.QuantizedReLU(bits), rational.Staircase(t0, gamma, bits))
        layer.set_weights([np.array(t0), np.array(gamma * 2**bits / 16)])


_MAPS = ("conv", "separable", "depthwise", "depthwise+pointwise", "dense")
_ONE_IN_4 = (False, False, False, True)
_VECTORS = ("dense", "dense", "pointwise", "separable")


def quantized_model(data):
    """Draw one to three blocks that the converter accepts.

    A function of `st.data()` and no strategy, because Keras uses Python's random numbers
    to initialize what is overwritten here.
    """
    draw = data.draw
    shape = draw(st.sampled_from([(4, 4, 1), (3, 5, 2), (5, 4, 3)]))
    sparse = draw(st.booleans())
    kind = draw(st.sampled_from(_MAPS)) if sparse else "conv"
    # An absent event is 0, so only a layer that reads no zeros around may shift events.
    shifts = not sparse or kind == "dense"
    shift = draw(st.sampled_from([0, 1, 128, 255])) if shifts else 0
    scaling = (draw(st.sampled_from([1, 4, 256, 255])), shift)
    drawn = Drawn(input_shape=shape, input_scaling=scaling, sparse=sparse)
    drawn.rounds = scaling[0] == 255
    builder = _Builder(draw, drawn)
    if shifts and draw(st.booleans()):
        builder.own_scaling()
    blocks = draw(st.integers(1, 3))
    drawn.activated = draw(st.booleans())
    for index in range(blocks):
        builder.neural(kind)
        last = index == blocks - 1
        following = "" if last else draw(st.sampled_from(_MAPS))
        builder.tail(drawn.activated or not last, following == "dense")
        builder.mean_first = len(builder.x.shape) == 4 and not last and builder.pick(*_ONE_IN_4)
        kind = _kind_of_next(builder, following)
    drawn.model = keras.Model(builder.inputs, builder.x)
    drawn.headed = drawn.model
    if not drawn.activated:
        drawn.headed = keras.Model(builder.inputs, builder.head())
    return drawn


def with_another_width(data, drawn):
    """Give one layer of a drawn model other bits, and its operations what that makes of it."""
    name = data.draw(st.sampled_from(sorted(drawn.of_layer)))
    operations = drawn.of_layer[name]
    bits = data.draw(st.sampled_from([2, 3, 4, 6, 8]))
    drawn.model = drawn.headed = quantize_layer(drawn.model, name, bits)
    drawn.rounds = True
    layer = drawn.model.get_layer(name)
    if isinstance(operations[0], rational.Staircase):
        assert layer.bitwidth == bits
        operations[0].t0, operations[0].gamma, operations[0].bits = layer.t0, layer.gamma, bits
        return
    kernels = [(layer.quantizer, layer.kernel)] if hasattr(layer, "kernel") else []
    if isinstance(layer, nn.QuantizedSeparableConv2D):
        kernels = [
            (layer.quantizer_dw, layer.depthwise_kernel),
            (layer.quantizer, layer.pointwise_kernel),
        ]
    for operation, (quantizer, kernel) in zip(operations, kernels, strict=False):
        assert quantizer.bitwidth == bits
        integers, scale = quantizer.integers(np.asarray(kernel))
        assert np.abs(integers.astype(int)).max() < 2 ** (bits - 1)
        operation.weights = rational.fractions(integers) / rational.fractions(scale)


def _kind_of_next(builder, following):
    """Return what follows an activation, behind the mean of the map where that was drawn."""
    if builder.mean_first:
        # Behind an activation, the mean belongs to the products that follow.
        builder.mean()
        return builder.pick("dense", "pointwise")
    if builder.flattened:
        return "dense"
    if following and len(builder.x.shape) == 2:
        return builder.pick(*_VECTORS)
    return following
