"""Reference simulator: the definition of what every layer computes.

Each function takes events and returns integers. Nothing here is optimised: if this file
and another engine disagree, this file is right and the other has a bug.

Maps are NHWC. Arithmetic is int64, wider than the 32 bits that `layers.layer_shapes`
guarantees for every potential, so nothing can wrap around. No float appears.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from akida_lite.engine.program import Batch, Events, Program, program_of_steps
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    Layer,
    MaxPool,
    Pool,
    SeparableConvolutional,
    Staircase,
    layer_shapes,
    window_output,
    window_padding,
)

Integers: TypeAlias = npt.NDArray[np.int64]

LOWEST = int(np.iinfo(np.int64).min)


def prepare(layers: tuple[Layer, ...], threads: int | None) -> Program:
    """Return the program that computes every layer as this module defines it.

    Parameters
    ----------
    layers : tuple of Layer
    threads : int or None
        Ignored: one thread.
    """
    del threads
    shapes = layer_shapes(layers)
    values = max(prod(shape) for pair in shapes for shape in pair)
    steps = [partial(layer_output, layer) for layer in layers]
    # Potentials are computed before pooling, so their map may be larger than the output's.
    return program_of_steps(shapes, steps, 16 * values * np.int64(0).nbytes)


def layer_output(layer: Layer, events: Events) -> Batch:
    """Return what `layer` emits.

    Parameters
    ----------
    layer : Layer
    events : uint8 array of shape (n, h, w, c)

    Returns
    -------
    uint8 events, or int32 potentials where the layer has no activation
        Array of shape (n, h', w', filters).
    """
    if isinstance(layer, InputData):
        return events
    potentials = pooled(layer.pool, POTENTIALS[type(layer)](layer, events.astype(np.int64)))
    if isinstance(layer.output, Staircase):
        return staircase(layer.output, potentials)
    return potentials.astype(np.int32)


def convolutional(layer: Convolutional, events: Integers) -> Integers:
    """Return the sum, over the window and its channels, of event times weight."""
    potentials: Integers = np.zeros((1,), np.int64)
    kernel = layer.weights.astype(np.int64)
    for seen, weights in zip(seen_by_kernel(layer, events), taps(kernel), strict=True):
        potentials = potentials + seen @ weights
    return potentials


def separable_convolutional(layer: SeparableConvolutional, events: Integers) -> Integers:
    """Return the depthwise sums, channel by channel, mixed by the pointwise weights."""
    sums: Integers = np.zeros((1,), np.int64)
    kernel = layer.depthwise.astype(np.int64)
    for seen, weights in zip(seen_by_kernel(layer, events), taps(kernel), strict=True):
        sums = sums + seen * weights[:, 0]
    mixed: Integers = sums @ layer.pointwise[0, 0].astype(np.int64)
    return mixed


def fully_connected(layer: FullyConnected, events: Integers) -> Integers:
    """Return the sum over the whole map, in the order height, width, channel."""
    connections = layer.weights.shape[0]
    return events.reshape(len(events), 1, 1, connections) @ layer.weights.astype(np.int64)


POTENTIALS: dict[type[Layer], Callable[[Any, Integers], Integers]] = {
    InputConvolutional: convolutional,
    Convolutional: convolutional,
    SeparableConvolutional: separable_convolutional,
    FullyConnected: fully_connected,
}


def taps(kernel: Integers) -> list[Integers]:
    """Return the (c_in, filters) weights of each kernel position, row by row."""
    return [tap for row in kernel for tap in row]


def seen_by_kernel(
    layer: Convolutional | SeparableConvolutional, events: Integers
) -> list[Integers]:
    """Return, for each kernel position row by row, the map that it sees."""
    return windows(events, layer.kernel_size, layer.strides, layer.padding, layer.padding_value)


def windows(
    maps: Integers,
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    outside: int,
) -> list[Integers]:
    """Return, for each position of a moving window, the map that this position sees.

    Parameters
    ----------
    maps : int64 array of shape (n, h, w, c)
    size, strides : (vertical, horizontal)
    padding : {"same", "valid"}
    outside : int
        What a position outside the map reads.

    Returns
    -------
    list of int64 arrays of shape (n, h', w', c)
        One for each of the ``size[0] * size[1]`` positions, row by row.
    """
    axes = list(zip(maps.shape[1:3], size, strides, strict=True))
    margins = [window_padding(*axis, padding) for axis in axes]
    height, width = (window_output(*axis, padding) for axis in axes)
    padded = np.pad(maps, [(0, 0), *margins, (0, 0)], constant_values=outside)
    down, right = strides
    return [
        padded[:, row : row + (height - 1) * down + 1 : down][
            :, :, column : column + (width - 1) * right + 1 : right
        ]
        for row in range(size[0])
        for column in range(size[1])
    ]


def pooled(pool: Pool, potentials: Integers) -> Integers:
    """Return the potentials after pooling: the sum over the map, or each window's maximum."""
    if pool is None:
        return potentials
    if isinstance(pool, GlobalAveragePool):
        return cast(Integers, potentials.sum(axis=(1, 2), keepdims=True))
    return max_pooled(pool, potentials)


def max_pooled(pool: MaxPool, potentials: Integers) -> Integers:
    """Return each window's maximum; a position outside the map never wins."""
    first, *others = windows(potentials, pool.size, pool.strides, pool.padding, LOWEST)
    largest = first
    for seen in others:
        largest = np.maximum(largest, seen)
    return largest


def staircase(activation: Staircase, potentials: Integers) -> Events:
    """Return the level: how many of the filter's thresholds are below the potential."""
    levels: Events = np.zeros(potentials.shape, np.uint8)
    for threshold in activation.thresholds.T:
        levels += potentials > threshold
    return levels
