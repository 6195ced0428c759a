"""Where layers lie on the neural processors (NPs) of a device, as numbers and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from akida_lite.errors import shown
from akida_lite.hardware.device import Device
from akida_lite.hardware.memory import LayerMemory
from akida_lite.tables import Column, Table

_TITLES = ("Layer (type)", "NPs", "Pass", "Weights", "Thresholds", "Input map")
_EVENT_TITLES = ("Events/image", "Operations", "Share")


class Processor(NamedTuple):
    """One NP during one pass.

    Attributes
    ----------
    pass_index, row, column : int
        Counted from 0: where it stands in `Placement.mesh`.
    """

    pass_index: int
    row: int
    column: int


@dataclass(frozen=True)
class LayerPlacement:
    """Where one layer lies, and what it keeps there.

    Attributes
    ----------
    name, kind : str
        Of the layer and of its type.
    memory : LayerMemory
        In bits.
    processors : tuple of Processor
        Empty for a layer that runs on the device's converters.
    events : float or None
        Events that reach the layer, a mean per image; None if not given.
    operations : float or None
        Weights met by these events, per image; None for an input layer.
    relative_cost : float or None
        Share of the model's operations, 0 to 1. A ratio of counts, not of energy or time.
    """

    name: str
    kind: str
    memory: LayerMemory
    processors: tuple[Processor, ...]
    events: float | None = None
    operations: float | None = None
    relative_cost: float | None = None

    @property
    def n_nps(self) -> int:
        """Number of NPs the layer takes."""
        return len(self.processors)

    @property
    def passes(self) -> tuple[int, ...]:
        """The passes it runs in, counted from 1, as people count them."""
        return tuple(sorted({processor.pass_index + 1 for processor in self.processors}))


@dataclass(frozen=True)
class Placement:
    """A model on a device; prints as a table.

    Attributes
    ----------
    device : Device
    layers : tuple of LayerPlacement
        In the order of the model.
    """

    device: Device
    layers: tuple[LayerPlacement, ...]

    @property
    def n_nps(self) -> int:
        """NPs that all layers take together, over all passes."""
        return sum(layer.n_nps for layer in self.layers)

    @property
    def n_passes(self) -> int:
        """How often the device is loaded for one image; 1 if the model fits at once."""
        return max((layer.passes[-1] for layer in self.layers if layer.passes), default=1)

    @property
    def memory_bits(self) -> int:
        """Weights, thresholds and input maps of all layers, in bits."""
        return sum(layer.memory.total for layer in self.layers)

    @property
    def mesh(self) -> npt.NDArray[np.int64]:
        """Index of the layer on each NP, -1 where none: shape (passes, rows, columns)."""
        mesh = np.full((self.n_passes, *self.device.capacity.mesh), -1, np.int64)
        for index, layer in enumerate(self.layers):
            for processor in layer.processors:
                mesh[processor] = index
        return mesh

    @property
    def note(self) -> str:
        """Sentence that says which numbers rest on what."""
        capacity = self.device.capacity
        rows, columns = capacity.mesh
        stated, text = capacity.documented or (0, "")
        counted = f" (documented: {text})" if stated == capacity.n_nps else ""
        return (
            f"NPs and passes are {capacity.status}, not measured: they follow from "
            f"{capacity.n_nps} NPs{counted} in a mesh of {rows} x {columns} with "
            f"{capacity.np_memory_bits:,} bits each ({capacity.source})."
        )

    def __getitem__(self, name: str) -> LayerPlacement:
        return {layer.name: layer for layer in self.layers}[name]

    def __str__(self) -> str:
        return self._table().text()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self._table().html()

    def _table(self) -> Table:
        counted = any(layer.events is not None for layer in self.layers)
        columns = [Column(_TITLES[0]), *(Column(title, "right") for title in _TITLES[1:])]
        columns += [Column(title, "right") for title in _EVENT_TITLES * counted]
        rows = [_row(layer)[: len(columns)] for layer in self.layers]
        passes = f"{self.n_passes} pass" + "es" * (self.n_passes != 1)
        totals = (
            f"{self.n_nps} NPs of {self.device.capacity.n_nps}, {passes}, "
            f"{self.memory_bits:,} bits."
        )
        caption = f"Placement on {self.device.name}; memory in bits"
        return Table(caption, columns, rows, f"{totals}\n{self.note}")


def _row(layer: LayerPlacement) -> tuple[str, ...]:
    memory = layer.memory
    passes = [str(number) for number in layer.passes]
    return (
        f"{shown(layer.name)} ({layer.kind})",
        str(layer.n_nps),
        "-".join(dict.fromkeys([*passes[:1], *passes[-1:]])),
        f"{memory.weights:,}",
        f"{memory.thresholds:,}",
        f"{memory.input_map:,}",
        _number(layer.events, ",.0f"),
        _number(layer.operations, ",.0f"),
        _number(layer.relative_cost, ".3f"),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
