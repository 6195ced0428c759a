"""Layers with their channels in another order: the same network, laid out differently.

A depthwise kernel split into parts reads, for part g, the first channels of its input
(`tap_groups`). The layer before can deliver them in that order for nothing, by permuting
its filters.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.engine.onnx.tap_groups import group_taps
from akida_lite.layers import (
    Layer,
    Neural,
    Output,
    Potentials,
    SeparableConvolutional,
    Shape,
    Staircase,
)

Order: TypeAlias = npt.NDArray[np.int64]
"""Index of the channel that lies at each place."""


def wanted_order(layer: Layer | None, channels: int) -> Order:
    """Return the order in which `layer` would like to receive its channels."""
    if isinstance(layer, SeparableConvolutional):
        groups = group_taps(layer.depthwise, layer.highest_input)
        if groups is not None:
            return groups.order
    return np.arange(channels)


def reordered(layer: Neural, shape: Shape, arriving: Order, leaving: Order) -> Neural:
    """Return `layer` as it is where channels lie in other orders.

    Parameters
    ----------
    layer : Neural
    shape : (height, width, channels) of its input
    arriving, leaving : int64 arrays
        Order of the channels of the input and of the output.
    """
    if all(np.array_equal(order, np.arange(len(order))) for order in (arriving, leaving)):
        return layer
    rows = np.arange(prod(shape)).reshape(shape)[:, :, arriving].ravel()
    orders = {"c_in": arriving, "connections": rows, "filters": leaving}
    kernels = layer.kernels
    for field, axes in layer.kernel_axes.items():
        for place, axis in enumerate(axes):
            if axis in orders:
                kernels[field] = kernels[field].take(orders[axis], place)
    changed: dict[str, Any] = {**kernels, "output": _reordered_output(layer.output, leaving)}
    return replace(layer, **changed)


def _reordered_output(output: Output, order: Order) -> Output:
    if isinstance(output, Staircase):
        return Staircase(output.thresholds[order], output.bits)
    return Potentials(output.scale[order], output.offset[order])
