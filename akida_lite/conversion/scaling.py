"""What the pixels are worth to the first neural layer: the option and the first layers.

A model may be fed scaled pixels, which `input_scaling` says, and may scale them itself with
a first Rescaling layer, a division or a normalization. Both together are one scale and one
shift a channel, which become part of the first layer's thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from akida_lite.conversion import fold
from akida_lite.conversion.blocks import Parsed
from akida_lite.conversion.fold import Fractions, exact
from akida_lite.conversion.graph import KerasShape, Step
from akida_lite.conversion.weights import array
from akida_lite.errors import Problem
from akida_lite.layers import window_padding

_PIXEL_BITS = 8
_LAYERS = keras.layers
_SUBJECT = "option 'input_scaling'"
# A shift counts as a whole pixel within this: float32, in which Keras computes, may move a
# shift of 128 pixels by as much.
_ROUNDING = Fraction(1, 10_000)


@dataclass(frozen=True)
class Feed:
    """The integers that enter a block.

    Attributes
    ----------
    unit : Fraction
        What one of them is worth in the Keras model; negative where images are inverted.
    shift : array of Fraction, shape (1,) or (channels,)
        The value that Keras sees as zero.
    bits : int
        They are ``0 .. 2**bits - 1``.
    image : bool
        Whether they are pixels.
    """

    unit: Fraction
    shift: Fractions
    bits: int
    image: bool = False

    @property
    def padding_value(self) -> int:
        """The pixel that stands outside the image; 0 where there is none."""
        pixel = _pixel(self.shift)
        return 0 if pixel is None else pixel


def input_feed(
    parsed: Parsed, scaling: Any, *, sparse: bool, input_bits: int = 4
) -> tuple[Feed | None, list[Problem]]:
    """Return what enters the first block, or why that cannot be said.

    Parameters
    ----------
    parsed : Parsed
    scaling : (float, float) or None
        ``(a, b)`` of ``x_keras = (pixel - b) / a``; None where the model says it, or events
        are what Keras reads.
    sparse : bool
    input_bits : int
        Width of the events; images have 8 bits.
    """
    problems = _option_problems(scaling, parsed, sparse=sparse, input_bits=input_bits)
    if problems or not parsed.blocks:
        return None, problems
    a, b = (1, 0) if scaling is None else scaling
    unit = 1 / Fraction(float(a))
    factor, intercept = np.array([unit]), np.array([-unit * Fraction(float(b))])
    for step in parsed.scaling:
        own = affine_of_step(step)
        if own is None or (own[0] == 0).any():
            text = "it is no scale other than 0 with a shift, one a channel"
            return None, [step.problem(text, "scale the images by one number before it")]
        factor, intercept = factor * own[0], intercept * own[0] + own[1]
    if len(set(factor)) > 1:
        return None, [_unequal(parsed)]
    shift: Any = -intercept / factor
    feed = Feed(
        factor[0],
        shift,
        input_bits if sparse else _PIXEL_BITS,
        image=not sparse,
    )
    return feed, _shift_problems(parsed, feed, scaling, sparse=sparse)


def reads_outside(step: Step, pad: Step | None = None) -> bool:
    """Whether a neural layer looks beyond the map that it, or `pad` before it, reads."""
    if pad is not None:
        return bool(np.any(pad.layer.padding))
    layer = step.layer
    if getattr(layer, "padding", "valid") == "valid":
        return False
    return any(
        sum(window_padding(size, layer.kernel_size[axis], layer.strides[axis], "same"))
        for axis, size in enumerate(step.input_shape[:2])
        if size is not None
    )


def affine_of_step(step: Step) -> tuple[Fractions, Fractions] | None:
    """Return factor and shift of what a step does to each channel; None if it is no such.

    Returns
    -------
    factor, shift : arrays of Fraction, both of shape (1,) or (channels,)
    """
    layer = step.layer
    if isinstance(layer, _LAYERS.BatchNormalization):
        return normalization_of(step)
    if isinstance(layer, _LAYERS.Rescaling):
        return _channels(step.input_shape, layer.scale, layer.offset)
    if isinstance(layer, _LAYERS.Normalization):
        sigma = np.maximum(np.sqrt(array(layer.variance)), keras.config.epsilon())
        pair = _channels(step.input_shape, sigma, layer.mean)
        if pair is None or layer.invert:
            return pair
        return 1 / pair[0], -pair[1] / pair[0]
    return _of_operation(step)


def normalization_of(step: Step) -> tuple[Fractions, Fractions]:
    """Return factor and shift of a BatchNormalization layer."""
    layer = step.layer
    filters = layer.moving_mean.shape[0]
    gamma = array(layer.gamma) if layer.scale else np.ones(filters)
    beta = array(layer.beta) if layer.center else np.zeros(filters)
    return fold.normalization(
        gamma, beta, array(layer.moving_mean), array(layer.moving_variance), layer.epsilon
    )


def _of_operation(step: Step) -> tuple[Fractions, Fractions] | None:
    if len(step.arguments) != 2:
        return None
    left, right = step.arguments
    tensor_first = left is step.node.input_tensors[0]
    constant = right if tensor_first else left
    if step.operation == "Add":
        return _channels(step.input_shape, 1, constant)
    if step.operation == "Multiply":
        return _channels(step.input_shape, constant, 0)
    if step.operation == "Subtract":
        pair = _channels(step.input_shape, 1, constant)
        if pair is None:
            return None
        return (pair[0], -pair[1]) if tensor_first else (-pair[0], pair[1])
    pair = _channels(step.input_shape, constant, 0)
    if pair is None or not tensor_first or (pair[0] == 0).any():
        return None
    return 1 / pair[0], pair[1]


def _channels(shape: KerasShape, *values: Any) -> tuple[Fractions, Fractions] | None:
    """Return numbers, or arrays along the channels, as fractions of one shape."""
    arrays = [np.asarray(array(value), np.float64) for value in values]
    if not all(np.isfinite(each).all() for each in arrays):
        return None
    if any(each.size > 1 and each.shape[-1:] != shape[-1:] for each in arrays):
        return None
    if any(each.size not in (1, shape[-1]) for each in arrays):
        return None
    factor, shift = np.broadcast_arrays(*(exact(each.reshape(-1)) for each in arrays))
    return factor, shift


def _option_problems(
    scaling: Any, parsed: Parsed, *, sparse: bool, input_bits: int
) -> list[Problem]:
    own, problems = parsed.scaling, []
    if sparse and (isinstance(input_bits, bool) or input_bits not in range(1, 9)):
        text = f"{input_bits!r} is not one of 1 to 8"
        problems.append(Problem("option 'input_bits'", text, "choose the width of the events"))
    if scaling is None:
        return [*([] if sparse or parsed.unclear else _missing(own)), *problems]
    try:
        a, b = (float(value) for value in scaling)
    except (TypeError, ValueError):
        a = b = float("nan")
    text = remedy = ""
    if not (isfinite(a) and isfinite(b)):
        text = f"{scaling!r} is not two finite numbers (a, b) of x_keras = (pixel - b) / a"
        remedy = "give two numbers, for instance (255, 0)"
    elif not a > 0:
        text = f"a={scaling[0]!r} in x_keras = (pixel - b) / a is not above 0"
        remedy = "give the factor that divided the pixels"
    elif a < 1:
        text = f"a={scaling[0]!r} in x_keras = (pixel - b) / a multiplies pixels by {1 / a:g}"
        remedy = f"give the number that divided them, such as ({1 / a:.6g}, {b:g}); a model "
        remedy += "that is meant to multiply them says so with a first Rescaling layer"
    elif (
        a > 1
        and own
        and any((abs(pair[0]) < 1).any() for pair in map(affine_of_step, own) if pair)
    ):
        text = f"{scaling!r} divides the pixels, and so does layer {own[0].name!r} of the model"
        remedy = "leave it out: the layer is taken into account"
    if text:
        problems.insert(0, Problem(_SUBJECT, text, remedy))
    return problems


def own_factor(scaling: list[Step]) -> npt.NDArray[np.float64]:
    """Return what the scalings of the input multiply each channel by, without its sign."""
    factor = np.ones(1)
    for pair in filter(None, map(affine_of_step, scaling)):
        factor = factor * np.abs(pair[0].astype(np.float64))
    return factor


def _missing(own: list[Step]) -> list[Problem]:
    factor = own_factor(own)
    # Layers that divide read pixels; one that multiplies was fed something smaller.
    if own and (factor <= 1).all():
        return []
    text = "it is left out, and "
    if own:
        text += f"{own[-1].name!r} multiplies what it reads by {factor.max():.3g}, as if "
        text += "the pixels had been divided before"
    else:
        text += "the model does not say what was done to the pixels it reads"
    remedy = (
        "give (255, 0) if they were divided by 255 in training, (1, 0) if nothing was done, "
    )
    remedy += "else (a, b) of x_keras = (pixel - b) / a"
    return [Problem(_SUBJECT, text, remedy)]


def _unequal(parsed: Parsed) -> Problem:
    step, first = parsed.scaling[-1], parsed.blocks[0].neural.name
    return step.problem(
        "it scales channels by different numbers, and pixels enter as they are: one number "
        "for all is accepted",
        f"quantize the float model with akida_lite.quantize, which makes it part of the "
        f"weights of {first!r} if that pads nothing; else scale all channels by one number "
        "and train again",
    )


def _pixel(shift: Fractions) -> int | None:
    """Return the one whole pixel that a shift is; None if it is none."""
    pixel = round(shift[0])
    near = all(abs(value - pixel) <= _ROUNDING for value in shift)
    return pixel if near and 0 <= pixel <= 255 else None


def _shift_problems(parsed: Parsed, feed: Feed, scaling: Any, *, sparse: bool) -> list[Problem]:
    block = parsed.blocks[0]
    if not reads_outside(block.neural, block.pad):
        # The shift is the same for every potential: it becomes part of the thresholds.
        return []
    if sparse and (feed.shift != 0).any():
        text = f"b={_listed(feed.shift)} with input_is_sparse=True, and {block.neural.name!r} "
        text += "reads zeros around the map: they are absent events, and must be 0 in Keras too"
        remedy = f"use b=0, or no padding in {block.neural.name!r}, and train again"
    elif not sparse and _pixel(feed.shift) is None:
        text = f"b={_listed(feed.shift)} in x_keras = (pixel - b) / a is no pixel, one of 0 to "
        text += f"255, and {block.neural.name!r} reads zeros around the image"
        remedy = f"use {_whole(parsed, feed)}, or no padding in {block.neural.name!r}, and "
        remedy += "train again"
    else:
        return []
    if parsed.scaling:
        return [parsed.scaling[-1].problem(text, remedy)]
    return [Problem(_SUBJECT, text, remedy)]


def _whole(parsed: Parsed, feed: Feed) -> str:
    """Return a scaling nearby whose shift is a pixel."""
    pixel = min(max(round(feed.shift[0]), 0), 255)
    layer = parsed.scaling[-1].layer if parsed.scaling else None
    if len(parsed.scaling) == 1 and pixel and isinstance(layer, _LAYERS.Rescaling):
        offset = -feed.unit * feed.shift[0]
        return f"Rescaling({float(-offset / pixel):.8g}, {float(offset):.8g})"
    return f"the shift {pixel}"


def _listed(shift: Fractions) -> str:
    values = ", ".join(f"{float(value):g}" for value in dict.fromkeys(shift))
    return values if len(set(shift)) == 1 else f"({values})"
