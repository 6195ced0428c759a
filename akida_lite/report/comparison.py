"""How a Keras model and its integer model agree, layer by layer: numbers and their table."""

from __future__ import annotations

from dataclasses import dataclass

from akida_lite.errors import shown
from akida_lite.tables import Column, Table


@dataclass(frozen=True)
class Difference:
    """One value in which the two models differ.

    Attributes
    ----------
    image, y, x, channel : int
        Where: index of the image, row, column and channel of the layer's output.
    keras, integer : float
        The two values, in levels of the activation; in potential units where the layer
        has none.
    """

    image: int
    y: int
    x: int
    channel: int
    keras: float
    integer: float

    def __str__(self) -> str:
        return (
            f"image {self.image}, y {self.y}, x {self.x}, channel {self.channel}: "
            f"Keras {self.keras:g}, integer {self.integer:g}"
        )


@dataclass(frozen=True)
class LayerComparison:
    """Outputs of one layer in both models.

    Attributes
    ----------
    name : str
    values, equal : int
        Outputs compared, and how many of them are the same.
    first_difference : Difference or None
        The first in order of image, row, column, channel.
    largest_difference : float
        Largest magnitude, in the units of `Difference`; 0 where all are equal.
    born_here : int or None
        How many outputs differ when both models are fed the integer model's events, so
        that the difference cannot come from an earlier layer. None where not measured.
    """

    name: str
    values: int
    equal: int
    first_difference: Difference | None = None
    largest_difference: float = 0.0
    born_here: int | None = None


@dataclass(frozen=True, repr=False)
class Comparison:
    """Outcome of running the same images through a Keras model and its integer model.

    Attributes
    ----------
    layers : tuple of LayerComparison
        In order. Each layer is fed by the one before it in its own model, so differences
        carry on to the layers that follow.
    images : int
    labels_equal : int or None
        Images for which both models choose the same class; None where the output is one
        channel that is no choice between two, such as a regression.
    """

    layers: tuple[LayerComparison, ...]
    images: int
    labels_equal: int | None

    @property
    def all_equal(self) -> bool:
        """Whether every value of every layer is the same in both models."""
        return all(layer.equal == layer.values for layer in self.layers)

    @property
    def first_difference(self) -> LayerComparison | None:
        """The first layer that differs, where differences start; None where all agree."""
        return next((layer for layer in self.layers if layer.equal < layer.values), None)

    def __str__(self) -> str:
        return self._table().text()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self._table().html()

    def _table(self) -> Table:
        born = any(layer.born_here is not None for layer in self.layers)
        columns = [
            Column("Layer"),
            Column("values", "right"),
            Column("equal", "right"),
            Column("different", "right"),
            *([Column("born here", "right")] if born else []),
            Column("largest\ndifference", "right"),
            Column("first difference"),
        ]
        caption = f"Keras and integer model, {_images(self.images)}"
        if self.labels_equal is not None:
            caption += f": same label for {self.labels_equal:,} of {self.images:,}"
        return Table(caption, columns, [_row(layer, born) for layer in self.layers])


def _row(layer: LayerComparison, born: bool) -> list[str]:
    measured = "" if layer.born_here is None else f"{layer.born_here:,}"
    first = layer.first_difference
    return [
        shown(layer.name),
        f"{layer.values:,}",
        f"{layer.equal:,}",
        f"{layer.values - layer.equal:,}",
        *([measured] if born else []),
        f"{layer.largest_difference:g}",
        "none" if first is None else str(first).replace(": ", "\n"),
    ]


def _images(number: int) -> str:
    return f"{number:,} image{'' if number == 1 else 's'}"
