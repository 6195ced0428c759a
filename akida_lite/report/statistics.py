"""Sparsity and operations of every layer, from the events counted in a run.

An *event* is a value that is not zero. The chip works for events only, so a layer's
operations are the events that enter times the neurons that each one reaches:

=======================  ==================================
layer                    operations an input event causes
=======================  ==================================
Convolutional            ``kh * kw * filters``
SeparableConvolutional   ``kh * kw * (filters + 1)``
FullyConnected           ``filters``
=======================  ==================================

An event at the border counts as any other; strides, pooling and zero weights change
nothing. These are the definitions behind the numbers of the original tutorial. A separable
layer pays for its pointwise step once for each position of the kernel, not once for each
output as a dense computation would: its operations can exceed its `macs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan, prod
from typing import Any

from akida_lite.engine import EventCount
from akida_lite.errors import InputError, LayerError, Problem, shown
from akida_lite.hardware.memory import operations_per_event
from akida_lite.layers import Layer, Shape, layer_shapes
from akida_lite.tables import Column, Table


@dataclass(frozen=True)
class LayerStatistics:
    """What happened around one layer during a run.

    Attributes
    ----------
    name, kind : str
        Name and type of the layer.
    images : int
    input_events, output_events : int
        Values other than zero that entered and left, summed over the images.
    input_size, output_size : int
        Values that enter and leave, zero or not, for one image.
    ops_per_event : int
        Operations that one input event causes; 0 for a first layer.
    macs : int
        Multiplications and additions for one image if zeros were not skipped; padded
        positions included.
    counts_input : bool
        Whether what enters are events. False for the layer that reads the image: it works
        on every pixel, so its input is no saving and its operations are `macs`.
    """

    name: str
    kind: str
    images: int
    input_events: int
    input_size: int
    output_events: int
    output_size: int
    ops_per_event: int
    macs: int
    counts_input: bool

    @property
    def input_sparsity(self) -> float:
        """Fraction of entering values that are zero, 0 to 1; NaN after no images."""
        return _sparsity(self.input_events, self.input_size * self.images)

    @property
    def output_sparsity(self) -> float:
        """Fraction of leaving values that are zero, 0 to 1; NaN after no images.

        For a layer without activation, the fraction of potentials that are zero.
        """
        return _sparsity(self.output_events, self.output_size * self.images)

    @property
    def ops(self) -> int:
        """Operations that events caused for one image: the mean, rounded half up.

        0 for a first layer, which reads no events.
        """
        if not self.counts_input or self.images == 0:
            return 0
        total = self.input_events * self.ops_per_event
        return (2 * total + self.images) // (2 * self.images)


class ModelStatistics(Mapping[str, LayerStatistics]):
    """Statistics of every layer by its name, in the order of the layers.

    Parameters
    ----------
    read : callable
        Returns the statistics. Called whenever they are looked at, so that an object that
        describes the last run of a model follows the runs.

    See Also
    --------
    akida_lite.Model.get_statistics
    """

    def __init__(self, read: Callable[[], Mapping[str, LayerStatistics]]) -> None:
        self._read = read

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy keeps the numbers of the moment, and not the model that it would follow.
        return _fixed_statistics, (dict(self._read()),)

    def __getitem__(self, name: str) -> LayerStatistics:
        layers = self._read()
        if name not in layers:
            # A KeyError is what makes `in` and get() of a Mapping work.
            known = ", ".join(map(repr, layers)) or "nothing, since there was no run yet"
            raise KeyError(f"{name!r} is no layer; there is {known}")
        return layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    @property
    def images(self) -> int:
        """Number of images of the run; 0 before any."""
        return next((layer.images for layer in self._read().values()), 0)

    @property
    def ops(self) -> int:
        """Operations that events caused for one image, all layers together."""
        return sum(layer.ops for layer in self._read().values())

    @property
    def macs(self) -> int:
        """Multiplications and additions of one image if zeros were not skipped.

        Of the layers that `ops` counts, so that the two compare.
        """
        return sum(layer.macs for layer in self._read().values() if layer.counts_input)

    def __str__(self) -> str:
        layers = self._read()
        return _table(layers).text() if layers else "Statistics: no run yet"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        layers = self._read()
        return _table(layers).html() if layers else "<p>Statistics: no run yet</p>"


def _fixed_statistics(layers: Mapping[str, LayerStatistics]) -> ModelStatistics:
    return ModelStatistics(lambda: layers)


def statistics_of(layers: Sequence[Layer], events: Sequence[EventCount]) -> ModelStatistics:
    """Return the statistics of a run that counted events.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts, with distinct names.
    events : sequence of EventCount
        One a layer, as ``engine.run(..., count_events=True)`` gives them.

    Returns
    -------
    ModelStatistics

    Raises
    ------
    InputError
        If there is not one count a layer.
    LayerError
        If two layers share a name, or the layers do not form a chain.
    """
    layers = tuple(layers)
    if [layer.name for layer in layers] != [count.layer for count in events]:
        problem = (
            f"{len(events)} counts are not one for each of the {len(layers)} layers, in order"
        )
        raise InputError(
            Problem("events", problem, "run the same layers with count_events=True")
        )
    rows = {
        layer.name: _layer_statistics(layer, shape, count)
        for layer, (shape, _), count in zip(layers, layer_shapes(layers), events, strict=True)
    }
    if len(rows) < len(layers):
        raise LayerError(
            Problem("layers", "two share a name", "give every layer a name of its own")
        )
    return _fixed_statistics(rows)


def dense_macs(layer: Layer, input_shape: Shape) -> int:
    """Return the multiplications and additions for one image when zeros are not skipped."""
    return prod(layer.convolved_shape(input_shape)[:2]) * layer.weight_count


def _layer_statistics(layer: Layer, shape: Shape, count: EventCount) -> LayerStatistics:
    return LayerStatistics(
        name=layer.name,
        kind=type(layer).__name__,
        images=count.images,
        input_events=count.input_events,
        input_size=count.input_size,
        output_events=count.output_events,
        output_size=count.output_size,
        ops_per_event=operations_per_event(layer) or 0,
        macs=dense_macs(layer, shape),
        counts_input=not layer.starts_models,
    )


def _sparsity(events: int, values: int) -> float:
    return 1 - events / values if values else nan


def _table(layers: Mapping[str, LayerStatistics]) -> Table:
    columns = [
        Column("Layer (type)"),
        Column("input sparsity", "right"),
        Column("output sparsity", "right"),
        Column("ops", "right"),
    ]
    images = next(iter(layers.values())).images
    rows = [
        [
            f"{shown(layer.name)} ({layer.kind})",
            _fraction(layer.input_sparsity) if layer.counts_input else "-",
            _fraction(layer.output_sparsity),
            f"{layer.ops:,}" if layer.counts_input else "-",
        ]
        for layer in layers.values()
    ]
    caption = f"Statistics of a run of {images:,} image{'' if images == 1 else 's'}"
    return Table(f"{caption}; ops for one image", columns, rows)


def _fraction(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
