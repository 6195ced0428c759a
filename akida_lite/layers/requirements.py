"""What no layer may be: the refusals of its fields and of the maps that it would give."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import INT32_MAX, activation_levels, weight_limit
from akida_lite.layers.fields import refuse
from akida_lite.layers.finish import Potentials, Shape
from akida_lite.layers.windows import window_padding

if TYPE_CHECKING:
    from akida_lite.layers.base import BaseLayer, NeuralLayer

LARGEST_MAP = 1 << 28
"""Values that a map may have, padding included: 2 GiB in the integers of the reference."""

LARGEST_WINDOW = 256
"""Pixels that a window, or the step to the next one, may have on each side."""


def require_bits(layer: BaseLayer, what: str, bits: int) -> None:
    """Refuse a width of events outside 1 to 8."""
    if not 1 <= bits <= 8:
        refuse(layer, f"{what}={bits} is outside 1 to 8", f"choose {what} from 1 to 8")


def require_map(layer: BaseLayer, what: str, shape: tuple[int, ...]) -> None:
    """Refuse a map that is empty, or that no engine could hold."""
    if min(shape) < 1:
        refuse(layer, f"{what} {shape} is empty", "give every side 1 or more")
    if prod(shape) > LARGEST_MAP:
        problem = f"{what} {shape} has {prod(shape)} values, at most {LARGEST_MAP} are accepted"
        refuse(layer, problem, "use smaller maps or fewer channels")


def require_fitting(layer: BaseLayer, shape: Shape, result: Shape) -> Shape:
    """Return the map that comes out, or refuse one that leaves nothing or too much."""
    if min(result) < 1:
        refuse(layer, f"the map {shape} is smaller than the window", "enlarge the input")
    require_map(layer, "the map", result)
    return result


def require_padded(
    layer: BaseLayer,
    shape: Shape,
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
) -> None:
    """Refuse a map that no engine could hold with the zeros around it."""
    height, width = (
        side + sum(window_padding(side, window, stride, padding))
        for side, window, stride in zip(shape[:2], size, strides, strict=True)
    )
    require_map(layer, "the padded map", (height, width, shape[2]))


def require_window(
    layer: BaseLayer, what: str, size: tuple[int, int], strides: tuple[int, int], padding: str
) -> None:
    """Refuse a window that is empty or too large, and a padding of another name."""
    sides = (*size, *strides)
    if min(sides) < 1 or max(sides) > LARGEST_WINDOW:
        problem = f"{what}size {size} or strides {strides} is outside 1 to {LARGEST_WINDOW}"
        refuse(layer, problem, f"choose 1 to {LARGEST_WINDOW}")
    if padding not in ("same", "valid"):
        problem = f"{what}padding={padding!r} is neither 'same' nor 'valid'"
        refuse(layer, problem, "choose one of the two")


def require_weights(layer: NeuralLayer, field: str, weights: npt.NDArray[np.int8]) -> None:
    """Refuse weights of another type or rank, or of more bits than are declared."""
    rank, bits = len(layer.kernel_axes[field]), layer.weight_bits
    if weights.dtype != np.int8 or weights.ndim != rank:
        problem = f"{field} is {weights.dtype} of shape {weights.shape}, int8 of rank {rank} is"
        refuse(layer, f"{problem} expected", "build the layer through convert()")
    if not 2 <= bits <= 8:
        refuse(layer, f"weight_bits={bits} is outside 2 to 8", "choose 2 to 8")
    if max(int(weights.max()), -int(weights.min())) > weight_limit(bits):
        refuse(
            layer,
            f"{field} exceeds ±{weight_limit(bits)}, the range of {bits}-bit weights",
            "declare the width the weights have",
        )


def require_fitting_kernels(layer: NeuralLayer) -> None:
    """Refuse kernels that disagree about an axis, or are longer than 1 where they must not."""
    kernels, sizes = layer.kernels, {**layer.sizes, 1: 1}
    declared = {field: layer.kernel_axes[field] for field in kernels}
    if all(k.shape == tuple(sizes[axis] for axis in declared[f]) for f, k in kernels.items()):
        return
    given = " and ".join(f"{field} {kernel.shape}" for field, kernel in kernels.items())
    expected = " and ".join(f"({', '.join(map(str, axes))})" for axes in declared.values())
    problem = f"{given} do not fit: {expected} are expected"
    refuse(layer, problem, "give every axis of one name the same length")


def require_output(layer: NeuralLayer) -> None:
    """Refuse scores and thresholds that are not one set a filter, or not in order."""
    output, filters = layer.output, layer.filters
    if isinstance(output, Potentials):
        for field, array in (("scale", output.scale), ("offset", output.offset)):
            if array.dtype != np.float64 or array.shape != (filters,):
                problem = f"{field} is {array.dtype} of shape {array.shape}, float64 of shape"
                refuse(layer, f"{problem} ({filters},) is expected", "give one value a filter")
        _require_finite_scores(layer, output)
        return
    require_bits(layer, "act_bits", output.bits)
    expected = (filters, activation_levels(output.bits))
    table = output.thresholds
    if table.dtype != np.int32 or table.shape != expected:
        problem = f"thresholds are {table.dtype} of shape {table.shape}, int32 of shape"
        remedy = "give one threshold a filter and level"
        refuse(layer, f"{problem} {expected} is expected", remedy)
    if (table[:, 1:] < table[:, :-1]).any():
        refuse(
            layer,
            "thresholds decrease from one level to the next",
            "sort them: a higher level needs a higher potential",
        )


def _require_finite_scores(layer: NeuralLayer, output: Potentials) -> None:
    """Refuse scales and offsets with which some potential has no finite float32 score."""
    limit = float(np.finfo(np.float32).max) / 2
    with np.errstate(over="ignore", invalid="ignore"):
        largest = np.abs(output.scale) * INT32_MAX + np.abs(output.offset)
    # The comparison is negated, so that NaN, which compares as false, is refused.
    if not (largest <= limit).all():
        refuse(
            layer,
            "scale or offset is not finite, or gives scores beyond float32",
            "give finite numbers; train or convert the model again",
        )
