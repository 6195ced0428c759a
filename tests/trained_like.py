"""Models with what training leaves behind: bell-shaped weights, thresholds amid potentials."""

from dataclasses import replace

import numpy as np

from akida_lite.engine import trace
from akida_lite.fixed_point import activation_levels, weight_limit
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    Potentials,
    SeparableConvolutional,
    Staircase,
)

POOL = MaxPool((2, 2), (2, 2), "same")


def kernel(rng, shape, bits):
    """Weights as the standard-deviation quantizer leaves them."""
    limit = weight_limit(bits)
    real = rng.normal(size=shape) * limit / (1 if bits == 2 else 3)
    return np.clip(np.rint(real), -limit, limit).astype(np.int8)


def folded_staircase(rng, potentials, bits):
    """Floors of equally spaced thresholds, as of batch normalization and a ReLU."""
    flat = potentials.reshape(-1, potentials.shape[-1])
    levels = activation_levels(bits)
    mean, spread = flat.mean(axis=0), flat.std(axis=0) + 1e-3
    distance = spread * np.exp(rng.normal(0, 0.2, len(mean))) * min(1, 6 / levels)
    first = mean + spread * rng.normal(0.5, 0.3, len(mean))
    real = first[:, np.newaxis] + distance[:, np.newaxis] * np.arange(levels)
    return Staircase(np.floor(real).astype(np.int32), bits)


class Stack:
    """A chain that grows layer by layer, each calibrated on the same random images."""

    def __init__(self, rng, shape, act_bits):
        self.rng, self.act_bits = rng, act_bits
        self.layers, self.bits = [], 8
        self.maps = rng.integers(0, 256, (4, *shape), np.uint8)

    def add(self, kind, weight_bits, *, last=False, **fields):
        """Add a layer of type `kind`; `fields` hold its arrays and its pool."""
        filters = fields.get("weights", fields.get("pointwise")).shape[-1]
        layer = kind(
            name=f"layer_{len(self.layers)}",
            weight_bits=weight_bits,
            input_bits=self.bits,
            output=Potentials(np.ones(filters), np.zeros(filters)),
            **fields,
        )
        if not last:
            potentials = self._output(replace(layer, pool=None) if "pool" in fields else layer)
            staircase = folded_staircase(self.rng, potentials, self.act_bits)
            layer = replace(layer, output=staircase)
        self.maps = self._output(layer)
        self.bits = self.act_bits
        self.layers.append(layer)

    def _output(self, layer):
        if isinstance(layer, InputConvolutional):
            chain = (layer,)
        else:
            entry = {"input_shape": self.maps.shape[1:], "input_bits": self.bits}
            chain = (InputData(name="entry", **entry), layer)
        return list(trace(chain, self.maps))[-1][1]

    @property
    def channels(self):
        return self.maps.shape[3]


def vgg_like(rng, shape=(12, 10, 3), weight_bits=2, act_bits=2, widths=(16, 32), units=48):
    """Convolutions, every one pooled, and two fully connected layers."""
    stack = Stack(rng, shape, act_bits)
    for index, filters in enumerate(widths):
        weights = kernel(rng, (3, 3, stack.channels, filters), weight_bits)
        extra = {"input_shape": shape} if index == 0 else {}
        kind = InputConvolutional if index == 0 else Convolutional
        stack.add(kind, weight_bits, weights=weights, pool=POOL, **extra)
    for filters, last in ((units, False), (10, True)):
        rows = int(np.prod(stack.maps.shape[1:]))
        weights = kernel(rng, (rows, filters), weight_bits)
        stack.add(FullyConnected, weight_bits, weights=weights, last=last)
    return tuple(stack.layers)


def mobilenet_like(
    rng, shape=(12, 10, 3), weight_bits=4, act_bits=4, widths=(16, 32, 64), input_weight_bits=8
):
    """A convolution, separable ones with and without pool, a global average."""
    stack = Stack(rng, shape, act_bits)
    weights = kernel(rng, (3, 3, shape[2], widths[0]), input_weight_bits)
    stack.add(InputConvolutional, input_weight_bits, weights=weights, input_shape=shape)
    pools = [POOL if index % 2 else None for index in range(len(widths))]
    plan = [*zip(widths, pools, strict=True), (10, GlobalAveragePool())]
    for filters, pool in plan:
        stack.add(
            SeparableConvolutional,
            weight_bits,
            depthwise=kernel(rng, (3, 3, stack.channels, 1), weight_bits),
            pointwise=kernel(rng, (1, 1, stack.channels, filters), weight_bits),
            pool=pool,
            last=isinstance(pool, GlobalAveragePool),
        )
    return tuple(stack.layers)
