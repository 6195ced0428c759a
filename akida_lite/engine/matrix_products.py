"""The reference's results through floating-point matrix products, exactly.

A sum of integers whose partial sums all stay within the integers that a float type
represents cannot round, in whatever order it is added. The bound is computed once for
each layer, when it is prepared: float32 up to 2**24, float64 beyond (up to 2**53, more
than the 32 bits that `layers.layer_shapes` grants to any potential).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from akida_lite.engine.program import Batch, Program, Stage, program_of_steps
from akida_lite.fixed_point import FLOAT32_EXACT
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    Layer,
    Output,
    Pool,
    SeparableConvolutional,
    Shape,
    Staircase,
    layer_shapes,
    window_padding,
)

Floats: TypeAlias = npt.NDArray[np.floating[Any]]

# Windows of a batch are copied side by side, for one large product, up to this many values;
# beyond, there is one product for each position of the kernel.
LARGEST_COLUMNS = 1 << 26

# Up to this many levels, one comparison a level is faster than a binary search a value.
COMPARED_LEVELS = 15


class Window(NamedTuple):
    """A window moving over a map, and what it reads outside."""

    size: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    outside: float


def prepare(layers: tuple[Layer, ...], threads: int | None) -> Program:
    """Return the program that runs each layer as matrix products.

    Parameters
    ----------
    layers : tuple of Layer
    threads : int or None
        Ignored: the linear algebra library decides.
    """
    del threads
    shapes = layer_shapes(layers)
    steps = [PREPARE[type(layer)](layer) for layer in layers]
    arriving = [shape for shape, _ in shapes]
    largest = max(map(bytes_per_image, layers, arriving))
    return program_of_steps(shapes, steps, largest)


def bytes_per_image(layer: Layer, shape: Shape) -> int:
    """Return the size of the largest temporary array that one image needs."""
    if not isinstance(layer, Convolutional | SeparableConvolutional):
        return int(np.prod(shape)) * 8
    height, width, filters = layer.convolved_shape(shape)
    taps = 1
    if isinstance(layer, Convolutional):
        taps = layer.kernel_size[0] * layer.kernel_size[1]
    return height * width * max(taps * shape[2], filters) * 8


def exact_float(bound: int) -> type[np.floating[Any]]:
    """Return the narrowest float type that adds integers up to `bound` without rounding."""
    return np.float32 if bound <= FLOAT32_EXACT else np.float64


def weight_sums(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Return the sum of magnitudes of the weights that end in each filter."""
    magnitudes = np.abs(weights).reshape(-1, weights.shape[-1])
    return cast(npt.NDArray[np.int64], magnitudes.sum(axis=0, dtype=np.int64))


# The steps below keep no reference to their layer, only what they compute with: a program
# may be kept for as long as its layers live, and must not be what keeps them alive.


def prepare_input(layer: InputData) -> Stage:
    """Return the step that hands events on."""
    del layer
    return lambda events: events


def prepare_convolutional(layer: Convolutional) -> Stage:
    """Return the step of a convolution: every window's values times a matrix of weights."""
    bound = layer.highest_input * int(weight_sums(layer.weights).max())
    dtype = exact_float(bound)
    matrix = layer.weights.reshape(-1, layer.filters).astype(dtype)
    window = Window(layer.kernel_size, layer.strides, layer.padding, layer.padding_value)
    finish = prepare_finish(layer.pool, layer.output, bound)

    filters = layer.filters
    taps = matrix.reshape(*window.size, -1, filters)

    def step(events: Batch) -> Batch:
        seen = seen_by(window, events.astype(dtype))
        # One product of two matrices is several times as fast as one for each row of a map.
        if seen.size <= LARGEST_COLUMNS:
            sums = seen.reshape(-1, len(matrix)) @ matrix
        else:
            sums = np.zeros((prod(seen.shape[:3]), filters), dtype)
            for at in np.ndindex(window.size):
                sums += seen[:, :, :, *at].reshape(len(sums), -1) @ taps[at]
        return finish(sums.reshape(*seen.shape[:3], filters))

    return step


def prepare_separable(layer: SeparableConvolutional) -> Stage:
    """Return the step that adds up each channel's window, then mixes the channels."""
    sums_bound = weight_sums(layer.depthwise.swapaxes(2, 3)) * layer.highest_input
    mixing = np.abs(layer.pointwise[0, 0].astype(np.int64))
    bound = int((sums_bound @ mixing).max())
    dtype = exact_float(max(bound, int(sums_bound.max())))
    depthwise = layer.depthwise[..., 0].astype(dtype)
    pointwise = layer.pointwise[0, 0].astype(dtype)
    window = Window(layer.kernel_size, layer.strides, layer.padding, 0)
    finish = prepare_finish(layer.pool, layer.output, bound)

    def step(events: Batch) -> Batch:
        seen = seen_by(window, events.astype(dtype))
        sums = np.zeros((*seen.shape[:3], seen.shape[5]), dtype)
        for row, column in np.ndindex(window.size):
            sums += seen[:, :, :, row, column] * depthwise[row, column]
        mixed = sums.reshape(-1, len(pointwise)) @ pointwise
        return finish(mixed.reshape(*sums.shape[:3], pointwise.shape[1]))

    return step


def prepare_fully_connected(layer: FullyConnected) -> Stage:
    """Return the step of a matrix product with the flattened map."""
    bound = layer.highest_input * int(weight_sums(layer.weights).max())
    matrix = layer.weights.astype(exact_float(bound))
    finish = prepare_finish(None, layer.output, bound)

    def step(events: Batch) -> Batch:
        rows = events.reshape(len(events), len(matrix)).astype(matrix.dtype)
        return finish((rows @ matrix)[:, np.newaxis, np.newaxis])

    return step


PREPARE: dict[type[Layer], Callable[[Any], Stage]] = {
    InputData: prepare_input,
    InputConvolutional: prepare_convolutional,
    Convolutional: prepare_convolutional,
    SeparableConvolutional: prepare_separable,
    FullyConnected: prepare_fully_connected,
}


def seen_by(window: Window, maps: Floats) -> Floats:
    """Return a view of shape (n, h', w', rows, columns, c): what each window sees."""
    margins = [
        window_padding(*axis, window.padding)
        for axis in zip(maps.shape[1:3], window.size, window.strides, strict=True)
    ]
    padded = maps
    if any(map(any, margins)):
        padded = np.pad(maps, [(0, 0), *margins, (0, 0)], constant_values=window.outside)
    down, right = window.strides
    seen = sliding_window_view(padded, window.size, axis=(1, 2))[:, ::down, ::right]
    return np.moveaxis(seen, 3, 5)


def prepare_finish(pool: Pool, output: Output, bound: int) -> Callable[[Floats], Batch]:
    """Return what follows the products: pooling, then the staircase if there is one.

    Parameters
    ----------
    pool : MaxPool, GlobalAveragePool or None
    output : Staircase or Potentials
    bound : int
        Largest magnitude of a potential before pooling.
    """
    pooling = prepare_pool(pool)
    if not isinstance(output, Staircase):
        return lambda potentials: pooling(potentials).astype(np.int32)
    activation = prepare_staircase(output.thresholds, None if pool_adds(pool) else bound)
    return lambda potentials: activation(pooling(potentials))


def pool_adds(pool: Pool) -> bool:
    """Whether a pooled value may exceed every value that was pooled."""
    return isinstance(pool, GlobalAveragePool)


def prepare_pool(pool: Pool) -> Callable[[Floats], Floats]:
    """Return the function from potentials to pooled potentials."""
    if pool is None:
        return lambda potentials: potentials
    if isinstance(pool, GlobalAveragePool):
        # The sum over a map may need more digits than its terms.
        return lambda potentials: potentials.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    window = Window(pool.size, pool.strides, pool.padding, -np.inf)

    def maximum(potentials: Floats) -> Floats:
        seen = seen_by(window, potentials)
        largest: Floats = seen[:, :, :, 0, 0].copy()
        for at in np.ndindex(window.size):
            np.maximum(largest, seen[:, :, :, *at], out=largest)
        return largest

    return maximum


def prepare_staircase(
    thresholds: npt.NDArray[np.int32], bound: int | None
) -> Callable[[Floats], Batch]:
    """Return the function from potentials to levels.

    Parameters
    ----------
    thresholds : int32 array of shape (filters, levels)
    bound : int or None
        Largest magnitude of a potential in the float type of its products; None where
        potentials are float64, which represents every threshold.
    """
    cuts = thresholds.astype(np.float64)
    if bound is not None:
        # A cut beyond every potential acts like one at the bound, which is representable.
        cuts = np.clip(cuts, -bound - 1, bound).astype(exact_float(bound + 1))
    if cuts.shape[1] <= COMPARED_LEVELS:
        return lambda potentials: _levels_by_comparison(cuts, potentials)
    return lambda potentials: _levels_by_search(cuts, potentials)


def _levels_by_comparison(cuts: Floats, potentials: Floats) -> npt.NDArray[np.uint8]:
    levels = np.zeros(potentials.shape, np.uint8)
    for cut in cuts.T:
        levels += potentials > cut
    return levels


def _levels_by_search(cuts: Floats, potentials: Floats) -> npt.NDArray[np.uint8]:
    levels = np.empty(potentials.shape, np.uint8)
    for channel, row in enumerate(cuts):
        levels[..., channel] = np.searchsorted(row, potentials[..., channel], side="left")
    return levels
