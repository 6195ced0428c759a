"""How many bits a layer occupies, and how many operations an event costs it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from akida_lite.fixed_point import activation_levels
from akida_lite.layers import Layer, Shape, Staircase


@dataclass(frozen=True)
class LayerMemory:
    """What a layer keeps, in bits.

    Attributes
    ----------
    weights : int
        Every weight at its declared width, zero or not.
    thresholds : int
        One a filter and level of the staircase; none where the output is the potential.
    input_map : int
        Every value of the map that the layer reads, at the width of its events.
    """

    weights: int
    thresholds: int
    input_map: int

    @property
    def total(self) -> int:
        """Sum of the three."""
        return self.weights + self.thresholds + self.input_map


def memory_of(layer: Layer, input_shape: Shape, threshold_bits: int) -> LayerMemory:
    """Return what `layer` keeps when it reads a map of `input_shape`."""
    input_map = prod(input_shape) * layer.input_bits
    weights = layer.weight_count * layer.weight_bits
    levels = 0
    if isinstance(layer.output, Staircase):
        levels = activation_levels(layer.output.bits)
    return LayerMemory(weights, layer.filters * levels * threshold_bits, input_map)


def operations_per_event(layer: Layer) -> int | None:
    """Return how many weights one incoming event meets, at most.

    Events at the border meet fewer; that is left out, as in the original's statistics.

    Returns
    -------
    int or None
        None for an input layer: it reads pixels, or only hands events on.
    """
    return None if layer.starts_models else layer.weights_per_event
