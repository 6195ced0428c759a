"""Layers as ONNX nodes: one convolution of bytes each, then pooling and the staircase.

A level is pooled instead of the potential wherever that is the same: the staircase never
decreases, so the level of the largest potential is the largest level.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from akida_lite.engine.onnx.channel_order import Order, reordered
from akida_lite.engine.onnx.nodes import TO_NCHW, TO_NHWC, Graph, Map
from akida_lite.engine.onnx.products import Convolution, Sums, activated, potentials
from akida_lite.engine.onnx.tap_groups import TapGroups, group_taps
from akida_lite.fixed_point import FLOAT32_EXACT, activation_levels
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    MaxPool,
    Neural,
    Pool,
    SeparableConvolutional,
    Shape,
    Staircase,
    window_padding,
)
from akida_lite.layers.fields import refuse


class Lowered(NamedTuple):
    """What computes a layer's potentials.

    Attributes
    ----------
    products : Convolution or Sums
    convolved : (height, width, filters)
        Shape of the map before pooling.
    flat : bool
        Whether the positions of all images lie in one row, (1, c, n * h * w, 1). Without a
        window to look through, that is one large matrix product instead of n small ones.
    """

    products: Convolution | Sums
    convolved: Shape
    flat: bool = False


def lower(graph: Graph, layer: Neural, source: Map, leaving: Order) -> Map:
    """Add the nodes of one layer.

    Parameters
    ----------
    graph : Graph
    layer : Neural
    source : Map
        What the layer reads.
    leaving : int64 array of shape (filters,)
        Order in which its channels shall lie.

    Returns
    -------
    Map
        uint8 events, or int32 potentials where the layer has no activation.

    Raises
    ------
    LayerError
        If there is no ONNX form of the layer's type.
    """
    shape = layer.output_shape(source.shape)
    layer = reordered(layer, source.shape, source.order, leaving)
    if type(layer) not in LOWERINGS:
        refuse(layer, "has no form in ONNX", "run the model with this package")
    lowered = LOWERINGS[type(layer)](graph, layer, source)
    if isinstance(layer.output, Staircase):
        name = _events(graph, layer.pool, layer.output, lowered)
    else:
        name = graph.cast(_pooled_sums(graph, layer.pool, lowered).name, np.int32)
    return Map(name, shape, leaving)


def convolutional(graph: Graph, layer: Convolutional, source: Map) -> Lowered:
    """Return the convolution with the layer's own kernel."""
    del graph
    products = Convolution(
        source.name,
        layer.weights.transpose(3, 2, 0, 1),
        np.full(source.shape[2], layer.highest_input),
        np.zeros(layer.filters, np.int64),
        layer.padding_value,
        _window(layer, source.shape),
    )
    return Lowered(products, layer.convolved_shape(source.shape))


def fully_connected(graph: Graph, layer: FullyConnected, source: Map) -> Lowered:
    """Return a matrix product with the flattened map."""
    connections, filters = len(layer.weights), layer.filters
    values = graph.transpose(source.name, TO_NHWC)
    values = graph.reshape(values, 1, -1, 1, connections)
    products = _matrix(graph.transpose(values, TO_NCHW), layer.weights)
    highest = np.full(connections, layer.highest_input)
    return Lowered(products(highest, np.zeros(filters, np.int64)), (1, 1, filters), True)


def separable(graph: Graph, layer: SeparableConvolutional, source: Map) -> Lowered:
    """Return the depthwise sums, added already, and the matrix product that mixes them."""
    convolved = layer.convolved_shape(source.shape)
    groups = group_taps(layer.depthwise, layer.highest_input)
    if groups is None or not graph.eight_bits:
        return Lowered(_mixed_sums(graph, layer, source), convolved)
    parts = _partial_sums(graph, layer, groups, source)
    parts = graph.transpose(parts, TO_NHWC)
    parts = graph.reshape(parts, 1, -1, 1, len(groups.sources))
    mixing = layer.pointwise[0, 0, groups.sources]
    products = _matrix(graph.transpose(parts, TO_NCHW), mixing)
    constants = -groups.shifts @ mixing.astype(np.int64)
    return Lowered(products(groups.spans, constants), convolved, True)


LOWERINGS: dict[type[Neural], Callable[[Graph, Any, Map], Lowered]] = {
    InputConvolutional: convolutional,
    Convolutional: convolutional,
    SeparableConvolutional: separable,
    FullyConnected: fully_connected,
}


def _window(layer: Convolutional | SeparableConvolutional, shape: Shape) -> dict[str, Any]:
    """Return the attributes that place the kernel."""
    return _placed_window(layer.kernel_size, layer.strides, layer.padding, shape)


def _placed_window(
    size: tuple[int, int], strides: tuple[int, int], padding: str, shape: Shape
) -> dict[str, Any]:
    axes = zip(shape[:2], size, strides, strict=True)
    margins = [window_padding(*axis, padding) for axis in axes]
    pads = [before for before, _ in margins] + [after for _, after in margins]
    return {"kernel_shape": list(size), "strides": list(strides), "pads": pads}


def _matrix(
    source: str, weights: npt.NDArray[np.int8]
) -> Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], Convolution]:
    """Return what makes a Convolution of a (connections, filters) matrix."""
    kernel = weights.T[:, :, np.newaxis, np.newaxis]
    return lambda highest, constants: Convolution(source, kernel, highest, constants)


def _partial_sums(
    graph: Graph, layer: SeparableConvolutional, groups: TapGroups, source: Map
) -> str:
    """Add the depthwise convolution of every part: bytes, shifted to start at 0."""
    name = source.name
    if not np.array_equal(groups.order, np.arange(len(groups.order))):
        name = graph.add("Gather", name, graph.constant(groups.order, np.int64), axis=1)
    inputs = [
        graph.first_channels(name, kernel.shape[2], source.shape[2])
        for kernel in groups.kernels
    ]
    if len(inputs) > 1:
        name = graph.add("Concat", *inputs, axis=1)
    one = graph.constant(1, np.float32)
    zero = graph.constant(0, np.uint8)
    return graph.add(
        "QLinearConv",
        name,
        one,
        zero,
        graph.constant(groups.stacked.transpose(2, 0, 1)[:, np.newaxis], np.int8),
        one,
        graph.constant(0, np.int8),
        one,
        zero,
        graph.constant(groups.shifts, np.int32),
        group=len(groups.sources),
        **_window(layer, source.shape),
    )


def _mixed_sums(graph: Graph, layer: SeparableConvolutional, source: Map) -> Sums:
    """Add depthwise and pointwise convolution where a sum does not fit in a byte."""
    channels = source.shape[2]
    depthwise = Convolution(
        source.name,
        layer.depthwise.transpose(2, 3, 0, 1),
        np.array([layer.highest_input]),
        np.zeros(channels, np.int64),
        0,
        {"group": channels, **_window(layer, source.shape)},
    )
    sums = potentials(graph, depthwise)
    mixing = layer.pointwise[0, 0].astype(np.int64)
    if (depthwise.bounds @ np.abs(mixing)).max() < FLOAT32_EXACT:
        kernel = graph.constant(mixing.T[:, :, np.newaxis, np.newaxis], np.float32)
        return Sums(graph.add("Conv", sums.name, kernel), np.float32)
    values = graph.transpose(graph.cast(sums.name, np.int32), TO_NHWC)
    values = graph.add("MatMul", values, graph.constant(mixing, np.int32))
    return Sums(graph.transpose(values, TO_NCHW), np.int32)


def _events(graph: Graph, pool: Pool, output: Staircase, lowered: Lowered) -> str:
    """Add staircase and pooling; return the name of uint8 levels."""
    activation = None
    if isinstance(lowered.products, Convolution) and not isinstance(pool, GlobalAveragePool):
        activation = activated(graph, lowered.products, output.thresholds)
    if activation is None:
        return _compared(graph, _pooled_sums(graph, pool, lowered), output)
    name, overshoots = activation
    name = _restored(graph, name, lowered)
    if isinstance(pool, MaxPool):
        name = _max_pooled(graph, pool, name, lowered.convolved)
    return graph.clip(name, activation_levels(output.bits)) if overshoots else name


def _pooled_sums(graph: Graph, pool: Pool, lowered: Lowered) -> Sums:
    """Add the exact sums and their pooling."""
    sums = lowered.products
    if isinstance(sums, Convolution):
        sums = potentials(graph, sums)
    sums = Sums(_restored(graph, sums.name, lowered), sums.dtype)
    if isinstance(pool, GlobalAveragePool):
        axes = graph.constant([2, 3], np.int64)
        return Sums(graph.add("ReduceSum", graph.cast(sums.name, np.int32), axes), np.int32)
    if isinstance(pool, MaxPool):
        if sums.dtype == np.int32:
            # MaxPool takes no int32, and float32 cannot hold all its values.
            sums = Sums(graph.cast(sums.name, np.float64), np.float64)
        return Sums(_max_pooled(graph, pool, sums.name, lowered.convolved), sums.dtype)
    return sums


def _max_pooled(graph: Graph, pool: MaxPool, name: str, shape: Shape) -> str:
    window = _placed_window(pool.size, pool.strides, pool.padding, shape)
    return graph.add("MaxPool", name, **window)


def _restored(graph: Graph, name: str, lowered: Lowered) -> str:
    """Add what turns a row of positions back into maps."""
    if not lowered.flat:
        return name
    values = graph.reshape(graph.transpose(name, TO_NHWC), -1, *lowered.convolved)
    return graph.transpose(values, TO_NCHW)


def _compared(graph: Graph, sums: Sums, output: Staircase) -> str:
    """Add one comparison a level, and their sum."""
    thresholds = output.thresholds.astype(np.int64)
    if sums.dtype == np.float32:
        # Clip to 2**24: above every sum, still exact in float32.
        thresholds = np.clip(thresholds, -FLOAT32_EXACT, FLOAT32_EXACT)
    levels = ""
    for threshold in thresholds.T:
        cut = graph.constant(threshold[:, np.newaxis, np.newaxis], sums.dtype)
        above = graph.cast(graph.add("Greater", sums.name, cut), np.uint8)
        levels = graph.add("Add", levels, above) if levels else above
    return levels
