"""A chain of layers as the web engine reads it: every shape and margin worked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import bits_of_weights
from akida_lite.hardware.memory import operations_per_event
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputData,
    Layer,
    Neural,
    Output,
    Pool,
    SeparableConvolutional,
    Shape,
    Staircase,
    layer_shapes,
    window_padding,
)
from akida_lite.layers.fields import refuse
from akida_lite.packing import pack
from akida_lite.report.statistics import dense_macs

_HIGHEST_INT16 = 32767


class Body:
    """Arrays one behind the other; the description says where each starts."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> int:
        """Append `data`, and return the byte at which it starts."""
        start = self._size
        self._parts.append(data)
        self._size += len(data)
        return start

    def joined(self) -> bytes:
        """Return everything that was added."""
        return b"".join(self._parts)


def described(layers: Sequence[Layer], body: Body) -> list[dict[str, Any]]:
    """Return one mapping a layer for JSON, and add the layers' arrays to `body`.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts.
    body : Body
        Takes weights, packed to their bits, and thresholds.

    Raises
    ------
    LayerError
        If the web engine does not know the type of a layer.
    """
    shapes = layer_shapes(tuple(layers))
    return [
        _layer(layer, shape, out, body)
        for layer, (shape, out) in zip(layers, shapes, strict=True)
    ]


def _layer(layer: Layer, shape: Shape, out: Shape, body: Body) -> dict[str, Any]:
    known: dict[str, Any] = {
        "name": layer.name,
        "kind": type(layer).__name__,
        "shape": shape,
        "map": shape,
        "out": out,
        "macs": dense_macs(layer, shape),
        "operationsPerEvent": operations_per_event(layer) or 0,
        "countsInput": not layer.starts_models,
    }
    if isinstance(layer, InputData):
        return known
    if not isinstance(layer, Convolutional | SeparableConvolutional | FullyConnected):
        refuse(layer, "has no form in a web page", "run the model in Python")
    return known | _geometry(layer, shape) | _arrays(layer, body)


def _geometry(layer: Neural, shape: Shape) -> dict[str, Any]:
    if isinstance(layer, FullyConnected):
        # Every neuron of a fully connected layer sees the whole map: its window is as large.
        window, strides, padding, outside = shape[:2], (1, 1), "valid", 0
        convolved = (1, 1, layer.filters)
    else:
        window, strides, padding = layer.kernel_size, layer.strides, layer.padding
        outside, convolved = layer.padding_value, layer.convolved_shape(shape)
    return {
        "map": convolved,
        "window": window,
        "strides": strides,
        "margins": _margins(shape, window, strides, padding),
        "outside": outside,
        # No event is above `highest`; a depthwise sum takes at most `parts` 16-bit parts.
        "highest": layer.highest_input,
        "parts": _parts(layer),
        "pool": _pool(layer.pool, convolved),
    }


def _parts(layer: Neural) -> int:
    if not isinstance(layer, SeparableConvolutional):
        return 1
    sums = np.abs(layer.depthwise.astype(np.int64)).sum(axis=(0, 1))
    return -(-int(sums.max()) * layer.highest_input // _HIGHEST_INT16) or 1


def _pool(pool: Pool, convolved: Shape) -> dict[str, Any] | None:
    if pool is None:
        return None
    if isinstance(pool, GlobalAveragePool):
        return {"kind": "average"}
    margins = _margins(convolved, pool.size, pool.strides, pool.padding)
    return {"kind": "max", "size": pool.size, "strides": pool.strides, "margins": margins}


def _margins(
    shape: Shape, window: tuple[int, int], strides: tuple[int, int], padding: str
) -> list[int]:
    """Return the positions padded above and to the left."""
    axes = zip(shape[:2], window, strides, strict=True)
    return [window_padding(*axis, padding)[0] for axis in axes]


def _arrays(layer: Neural, body: Body) -> dict[str, Any]:
    if isinstance(layer, SeparableConvolutional):
        weights, depthwise = layer.pointwise, _packed(layer.depthwise, body)
    else:
        weights, depthwise = layer.weights, None
    return {
        "rows": weights.size // layer.filters,
        "weights": _packed(weights, body),
        "depthwise": depthwise,
        "output": _output(layer.output, body),
    }


def _packed(weights: npt.NDArray[np.int8], body: Body) -> dict[str, int]:
    bits = bits_of_weights(weights)
    return {"start": body.add(pack(weights, bits)), "count": weights.size, "bits": bits}


def _output(output: Output, body: Body) -> dict[str, int | None]:
    if isinstance(output, Staircase):
        thresholds = body.add(output.thresholds.astype("<i4").tobytes())
        return {"bits": output.bits, "thresholds": thresholds}
    scale, offset = (body.add(a.astype("<f8").tobytes()) for a in (output.scale, output.offset))
    return {"bits": None, "scale": scale, "offset": offset}
