"""Sums of products in ONNX: in int8 with a proved staircase, or exact and bare.

Every event layer comes down to one convolution whose inputs are bytes. `quantized` does it
in 8 bits and emits events; where no constants are proved for that, `divided` does the same
in float32; where that fails too, `potentials` gives the sums for a comparison with every
threshold. The last two are exact because sums stay below 2**24, or are int32.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from akida_lite.engine.onnx.cut_points import (
    DIVIDING,
    MULTIPLYING,
    Constants,
    Integers,
    Reach,
    constants_for,
)
from akida_lite.engine.onnx.nodes import Graph
from akida_lite.fixed_point import FLOAT32_EXACT, INT32_MAX

HIGHEST_INT8 = 127

# AVX2 adds two products in int16 before it widens them, so both must fit together.
_PAIR_LIMIT = (1 << 15) - 1

# Factors beyond this one place hardly any more filters.
_LARGEST_FACTOR = 64


@dataclass(frozen=True)
class Convolution:
    """A convolution of bytes, plus a constant for each filter.

    Attributes
    ----------
    source : str
        uint8 of shape (n, c, h, w).
    kernel : int8 array of shape (filters, c, kh, kw)
    highest : int64 array of shape (c,)
        Largest value that each channel can have.
    constants : int64 array of shape (filters,)
        Added to every sum.
    outside : int
        What a position outside the map reads.
    attributes : dict
        Strides, pads and groups of the node.
    """

    source: str
    kernel: npt.NDArray[np.int8]
    highest: Integers
    constants: Integers
    outside: int = 0
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def reach(self) -> Reach:
        """Smallest and largest sums, constants included."""
        low = self._weighted(np.minimum(self.kernel, 0)) + self.constants
        return Reach(low, self._weighted(np.maximum(self.kernel, 0)) + self.constants)

    @property
    def bounds(self) -> Integers:
        """Largest magnitude of any partial sum, in whatever order, shape (filters,)."""
        # Widths are symmetric, so that -128 never stands in a kernel.
        return self._weighted(np.abs(self.kernel)) + np.abs(self.constants)

    def _weighted(self, kernel: npt.NDArray[np.int8]) -> Integers:
        # einsum widens as it goes: an int64 copy of all weights would be the largest array.
        sums: Integers = np.einsum("fckl,c->f", kernel, self.highest)
        return sums

    @property
    def centred_constants(self) -> Integers:
        """Constants where `outside` is subtracted from all that is read."""
        sums = self.kernel.sum(axis=(1, 2, 3), dtype=np.int64)
        centred: Integers = self.constants + self.outside * sums
        return centred


class Sums(NamedTuple):
    """Potentials of shape (n, filters, h, w) in the graph, float32 or int32."""

    name: str
    dtype: type[np.generic]


def activated(
    graph: Graph, convolution: Convolution, thresholds: npt.NDArray[np.int32]
) -> tuple[str, bool] | None:
    """Add a convolution that ends in a staircase.

    Returns
    -------
    name, overshoots : str, bool
        uint8 of shape (n, filters, h, w), and whether levels above the highest occur.
        None where no constants are proved, and nothing was added.
    """
    largest = np.abs(convolution.kernel).max(axis=(1, 2, 3)).astype(np.int64).clip(1)
    pairs = _PAIR_LIMIT // 2 // max(1, int(convolution.highest.max()))
    attempts: list[tuple[Any, Any, Integers]] = [
        (quantized, MULTIPLYING, np.minimum(HIGHEST_INT8, pairs) // largest),
        (quantized, MULTIPLYING, HIGHEST_INT8 // largest),
        (divided, DIVIDING, FLOAT32_EXACT // convolution.bounds.clip(1)),
    ]
    for lowered, arithmetic, factors in attempts if graph.eight_bits else attempts[-1:]:
        factors = np.minimum(factors, _LARGEST_FACTOR)
        placement = constants_for(thresholds, convolution.reach, factors, arithmetic)
        if placement.placed.all():
            name = lowered(graph, convolution, placement)
            if name is not None:
                return name, placement.overshoots
    return None


def quantized(graph: Graph, convolution: Convolution, placement: Constants) -> str | None:
    """Add the convolution in 8 bits; None if a bias leaves 32 bits."""
    biases = _biases(convolution, placement)
    if np.abs(biases).max() > INT32_MAX:
        return None
    one = graph.constant(1, np.float32)
    weights, weights_zero = _weights(graph, convolution, placement.factors)
    return graph.add(
        "QLinearConv",
        convolution.source,
        one,
        graph.constant(convolution.outside, np.uint8),
        weights,
        graph.constant(placement.scales, np.float32),
        weights_zero,
        one,
        graph.constant(0, np.uint8),
        graph.constant(biases, np.int32),
        **convolution.attributes,
    )


def divided(graph: Graph, convolution: Convolution, placement: Constants) -> str | None:
    """Add the convolution in float32, then the rounding; None if a sum could round."""
    biases = _biases(convolution, placement)
    bounds = convolution.bounds * placement.factors + np.abs(biases)
    if bounds.max() > FLOAT32_EXACT:
        return None
    sums = _float_sums(graph, convolution, placement.factors, biases)
    zeros = graph.constant(np.zeros(len(biases)), np.uint8)
    scales = graph.constant(placement.scales, np.float32)
    return graph.add("QuantizeLinear", sums, scales, zeros, axis=1)


def potentials(graph: Graph, convolution: Convolution) -> Sums:
    """Add the convolution alone, exact."""
    constants = convolution.centred_constants
    factors = np.ones(len(constants), np.int64)
    # The bound itself is excluded: thresholds just beyond it must be representable as well.
    if (convolution.bounds + np.abs(constants)).max() < FLOAT32_EXACT:
        return Sums(_float_sums(graph, convolution, factors, constants), np.float32)
    weights, weights_zero = _weights(graph, convolution, factors)
    sums = graph.add(
        "ConvInteger",
        convolution.source,
        weights,
        graph.constant(convolution.outside, np.uint8),
        weights_zero,
        **convolution.attributes,
    )
    added = graph.constant(constants[:, np.newaxis, np.newaxis], np.int32)
    return Sums(graph.add("Add", sums, added), np.int32)


def _biases(convolution: Convolution, placement: Constants) -> Integers:
    # A filter without weights gives its level whatever enters.
    return placement.factors * convolution.centred_constants + placement.biases


def _float_sums(
    graph: Graph, convolution: Convolution, factors: Integers, biases: Integers
) -> str:
    kernel = convolution.kernel * factors.astype(np.float32)[:, None, None, None]
    read = graph.cast(convolution.source, np.float32)
    if convolution.outside:
        read = graph.add("Sub", read, graph.constant(convolution.outside, np.float32))
    constants = (graph.constant(kernel, np.float32), graph.constant(biases, np.float32))
    return graph.add("Conv", read, *constants, **convolution.attributes)


def _weights(graph: Graph, convolution: Convolution, factors: Integers) -> tuple[str, str]:
    """Add 8-bit weights and their zero point, such that no kernel saturates in between."""
    kernel = convolution.kernel * factors.astype(np.int8)[:, None, None, None]
    if 2 * int(convolution.highest.max()) * int(np.abs(kernel).max()) <= _PAIR_LIMIT:
        return graph.constant(kernel, np.int8), graph.constant(0, np.int8)
    # Unsigned weights are widened first, on every machine.
    unsigned = (kernel.astype(np.int16) + 128).astype(np.uint8)
    return graph.constant(unsigned, np.uint8), graph.constant(128, np.uint8)
