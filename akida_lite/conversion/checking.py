"""Everything that keeps a Keras model from having an exact integer equivalent."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from akida_lite.conversion.blocks import Block
from akida_lite.conversion.building import map_shape, scale_and_shift
from akida_lite.conversion.graph import Step
from akida_lite.conversion.kinds import kind_of
from akida_lite.conversion.roles import Role, described
from akida_lite.conversion.scaling import affine_of_step
from akida_lite.conversion.weights import Kernel, array, bias_of, kernels_of
from akida_lite.errors import Problem
from akida_lite.fixed_point import weight_limit
from akida_lite.layers import window_padding

# These values of an argument have no effect. A quantized layer refuses others when it is
# made, but its attributes can still be set afterwards.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "dilation_rate": (1, (1, 1)),
    "groups": (1,),
    "depth_multiplier": (1,),
}


def block_problems(block: Block, *, image: bool) -> list[Problem]:
    """Return what is wrong with the layers of one block.

    Parameters
    ----------
    block : Block
    image : bool
        Whether it is the block that reads the image.
    """
    if block.float_layers:
        return []
    neural = [step for step in (block.neural, block.pointwise) if step is not None]
    problems = [
        problem
        for step in neural
        for problem in (*_argument_problems(step), *_weight_problems(step))
    ]
    problems += _place_problems(block, image=image)
    for role, step in block.tail:
        if role is Role.NORM:
            problems += _norm_problems(block, step)
        elif role is Role.ACTIVATION:
            problems += _activation_problems(step)
    return problems


def published_problems(block: Block) -> list[Problem]:
    """Return why a block has no thresholds in the published form."""
    norm = block.find(Role.NORM)
    if norm is None or block.activation is None or not (scale_and_shift(norm)[0] == 0).any():
        return []
    text = "a gamma is 0: the first threshold and the step of its filter are infinite, which "
    text += "the published form cannot say"
    return [norm.problem(text, "use thresholds='exact', or retrain the gamma")]


def _argument_problems(step: Step) -> Iterator[Problem]:
    layer = step.layer
    for argument, accepted in _NEUTRAL.items():
        value = getattr(layer, argument, accepted[0])
        if value not in accepted:
            yield step.problem(
                f"{argument}={value!r}, only {accepted[0]!r} has an integer equivalent",
                f"make the layer with {argument}={accepted[0]!r}",
            )
    function = getattr(layer, "activation", None)
    if described(function) != "linear":
        yield step.problem(
            f"activation={described(function)!r}, only none is accepted",
            "add a QuantizedReLU or ActivationDiscreteRelu layer instead",
        )
    padding = getattr(layer, "padding", "same")
    if padding not in ("same", "valid"):
        yield step.problem(
            f"padding={padding!r}, only 'same' and 'valid' are accepted",
            "make the layer with one of them",
        )


def layout_problems(steps: list[Step]) -> list[Problem]:
    """Return the layers, of whatever type, that read channels before height and width."""
    return [
        step.problem(
            "data_format='channels_first', only 'channels_last' is accepted",
            "make it with data_format='channels_last', after "
            "keras.config.set_image_data_format('channels_last')",
        )
        for step in steps
        if getattr(step.layer, "data_format", None) == "channels_first"
    ]


def keras_problems(steps: list[Step]) -> list[Problem]:
    """Return the neural layers that Keras itself has quantized, whatever they have become."""
    return [
        step.problem(
            f"Keras has quantized it to {step.layer.quantization_mode}, which leaves none of "
            "the weights that are rounded here",
            "take the model as it was before keras.Model.quantize() was called",
        )
        for step in steps
        if getattr(step.layer, "quantization_mode", None)
    ]


def _weight_problems(step: Step) -> Iterator[Problem]:
    for kernel in kernels_of(step.layer):
        yield from _kernel_problems(step, kernel)
    bias = bias_of(step.layer)
    if bias is not None:
        yield from _finite_problems(step, "bias", bias)


def _kernel_problems(step: Step, kernel: Kernel) -> Iterator[Problem]:
    bits = kernel.quantizer.bitwidth
    if bits == 0:
        yield step.problem(
            f"its {kernel.label} is not quantized (WeightFloat)",
            "give it a quantizer of 2 to 8 bits, for instance with "
            "akida_lite.quantize(model, weights_quantization=4)",
        )
        return
    if bits not in range(2, 9):
        yield step.problem(
            f"its {kernel.label} has {bits!r} bits, 2 to 8 are accepted",
            "give it a quantizer of 2 to 8 bits",
        )
        return
    broken = list(_finite_problems(step, kernel.label, kernel.values))
    if broken:
        yield from broken
        return
    # A scale that is infinite makes integers that are no numbers; it is refused below.
    with np.errstate(all="ignore"):
        integers, scale = kernel.integers()
    shapes = [()] if kernel.per_tensor else [(), (integers.shape[-1],)]
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        yield step.problem(
            f"the quantizer's scale of its {kernel.label} is {_first_bad(scale)}, a finite "
            "number above 0 is expected",
            "train the layer, or use MaxQuantizer: weights that are all equal have no "
            "standard deviation",
        )
    elif scale.shape not in shapes:
        expected = " or ".join(map(str, shapes))
        yield step.problem(
            f"the quantizer's scale of its {kernel.label} has shape {scale.shape}, "
            f"{expected} is expected",
            "use a quantizer with one scale for the tensor"
            if kernel.per_tensor
            else "use one scale for the tensor or one a filter",
        )
    elif np.abs(integers.astype(np.int64)).max() > weight_limit(bits):
        yield step.problem(
            f"its quantizer gives integers beyond ±{weight_limit(bits)}, the range of "
            f"{bits} bits",
            "clip them in the quantizer",
        )
    elif (np.rint(array(kernel.quantizer.quantize(kernel.values)) * scale) != integers).any():
        yield step.problem(
            f"the quantizer of its {kernel.label} gives other weights in Keras than integers "
            "divided by its scale",
            "derive it from nn.LinearWeightQuantizer, and write only scale_factor() anew",
        )


def _first_bad(scale: npt.NDArray[np.float64]) -> float:
    bad = scale[~(np.isfinite(scale) & (scale > 0))]
    return float(bad[0])


def _finite_problems(step: Step, what: str, values: npt.NDArray[Any]) -> Iterator[Problem]:
    broken = int(values.size - np.isfinite(values).sum())
    if broken:
        yield step.problem(
            f"{broken} of {values.size} values of its {what} are NaN or infinite",
            "train again with a lower learning rate, or load other weights",
        )


def _place_problems(block: Block, *, image: bool) -> Iterator[Problem]:
    """Yield what the neural layer's place in the chain makes impossible."""
    step, layer = block.neural, block.neural.layer
    if image and not kind_of(layer).convolution:
        yield step.problem(
            "it is the first neural layer, and only a QuantizedConv2D reads images",
            "start with a QuantizedConv2D, or pass input_is_sparse=True and feed events, which "
            "pixels are with input_bits=8",
        )
    if block.mean_first is not None:
        yield from _mean_problems(block)
    elif (
        kind_of(layer).dense
        and len(step.input_shape) > 1
        and (len(step.input_shape) != 3 or map_shape(step.input_shape)[:2] != (1, 1))
    ):
        yield step.problem(
            f"its input has shape {step.input_shape}, (c,) or (1, 1, c) is accepted",
            "put a Flatten layer before it, or use a QuantizedConv2D with a 1x1 kernel",
        )
    if block.pad is not None and None not in block.pad.input_shape:
        yield from _pad_problems(block, block.pad)


def _mean_problems(block: Block) -> Iterator[Problem]:
    assert block.mean_first is not None
    step = block.neural
    kernel = tuple(getattr(step.layer, "kernel_size", (1, 1)))
    pool = block.find(Role.MAX_POOL, Role.MEAN)
    if kernel != (1, 1) or pool is not None or block.pad is not None:
        extra = f"a {kernel[0]}x{kernel[1]} kernel"
        if pool is not None:
            extra += f" and the pooling {pool.name!r}"
        if block.pad is not None:
            extra += f" and the padding {block.pad.name!r}"
        yield block.mean_first.problem(
            f"it comes after an activation, where only a neural layer with a 1x1 kernel and "
            f"no pooling may follow; {step.name!r} has {extra}",
            "move it before the activation",
        )


def _pad_problems(block: Block, pad: Step) -> Iterator[Problem]:
    layer = block.neural.layer
    if kind_of(layer).dense:
        yield pad.problem("a fully connected layer follows", "remove it")
        return
    if block.mean_first is not None:
        return
    size = map_shape(pad.input_shape)
    given = tuple(tuple(int(side) for side in axis) for axis in pad.layer.padding)
    same = tuple(
        window_padding(size[axis], layer.kernel_size[axis], layer.strides[axis], "same")
        for axis in (0, 1)
    )
    if layer.padding != "valid" or given != same:
        yield pad.problem(
            f"its padding {given} with padding={layer.padding!r} in {block.neural.name!r} is "
            f"not that of padding='same', {same}",
            f"remove it and give {block.neural.name!r} padding='same', then train again",
        )


def _norm_problems(block: Block, step: Step) -> Iterator[Problem]:
    if not isinstance(step.layer, keras.layers.BatchNormalization):
        if affine_of_step(step) is None:
            yield step.problem(
                "it is no scale with a shift, one finite number a channel",
                "use BatchNormalization, or such numbers, and train again",
            )
        else:
            yield from _gamma_problems(block, step)
        return
    layer, rank = step.layer, len(step.input_shape) + 1
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if [axis % rank for axis in axes] != [rank - 1]:
        yield step.problem(
            f"axis={layer.axis!r} is not the channel axis, -1", "make the layer with axis=-1"
        )
        return
    named = {"moving_mean": layer.moving_mean, "moving_variance": layer.moving_variance}
    named |= {"gamma": layer.gamma} if layer.scale else {}
    named |= {"beta": layer.beta} if layer.center else {}
    values = {name: array(variable) for name, variable in named.items()}
    broken = [p for name, value in values.items() for p in _finite_problems(step, name, value)]
    if broken:
        yield from broken
        return
    lowest = float(values["moving_variance"].min())
    if not lowest + layer.epsilon > 0:
        yield step.problem(
            f"moving_variance {lowest:g} plus epsilon {layer.epsilon:g} is not above 0",
            "train the layer, or make it with an epsilon above 0",
        )
        return
    yield from _gamma_problems(block, step)


def _gamma_problems(block: Block, step: Step) -> Iterator[Problem]:
    tail = [each for _, each in block.tail]
    pool = block.find(Role.MAX_POOL)
    if pool is None or tail.index(pool) > tail.index(step):
        return
    negative = np.flatnonzero(scale_and_shift(step)[0] < 0)
    if negative.size:
        yield step.problem(
            f"gamma is negative for {negative.size} filters (first: {negative[0]}) behind "
            f"the max pooling {pool.name!r}: the maximum of a filter would become its minimum",
            f"move {pool.name!r} behind it, or train with "
            "gamma_constraint=keras.constraints.NonNeg()",
        )


def _activation_problems(step: Step) -> Iterator[Problem]:
    layer = step.layer
    if layer.bitwidth not in range(1, 9):
        yield step.problem(
            f"bitwidth={layer.bitwidth!r}, 1 to 8 are accepted", "choose one of them"
        )
    if not (isfinite(layer.t0) and isfinite(layer.gamma) and layer.gamma > 0):
        yield step.problem(
            f"its first threshold is {layer.t0:g} and its step {layer.gamma:g}, finite "
            "numbers and a step above 0 are expected",
            "train again with a lower learning rate, or load other weights",
        )
