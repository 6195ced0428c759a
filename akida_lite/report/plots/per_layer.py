"""One bar or two for each layer: sparsity, operations, agreement with Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from akida_lite.report.comparison import Comparison
from akida_lite.report.plots.style import (
    BLUE,
    GREEN,
    ORANGE,
    PALE,
    VERMILLION,
    as_written,
    bar_height,
    new_axes,
)
from akida_lite.report.statistics import ModelStatistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def sparsity(
    statistics: ModelStatistics,
    *,
    beside: Mapping[str, float] | None = None,
    beside_label: str = "original",
    ax: Axes | None = None,
) -> Axes:
    """Draw the fraction of zeros that enter every layer.

    Parameters
    ----------
    statistics : ModelStatistics
        Of ``Model.get_statistics``, after a run. The layer that reads the image is left
        out: its input is pixels.
    beside : mapping of str to float, optional
        Layer to the fraction of zeros that enter it elsewhere, drawn below each bar; left out,
        the fraction that leaves the layer here.
    beside_label : str
        What the legend calls it.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    layers = [layer for layer in statistics.values() if layer.counts_input]
    ax = new_axes(ax, height=bar_height(len(layers)))
    rows = range(len(layers))
    entering = [layer.input_sparsity for layer in layers]
    _bars(ax, rows, entering, -0.2, BLUE, "", "here" if beside else "input")
    if beside is None:
        leaving = [layer.output_sparsity for layer in layers]
        _bars(ax, rows, leaving, 0.2, ORANGE, "///", "output")
    else:
        known = [row for row in rows if layers[row].name in beside]
        values = [beside[layers[row].name] for row in known]
        _bars(ax, known, values, 0.2, ORANGE, "///", as_written(beside_label))
    _name_rows(ax, [layer.name for layer in layers])
    ax.set_xlim(0, 1)
    ax.set_xlabel("sparsity (fraction of values that are zero)")
    ax.set_title(f"{np.mean(entering):.0%} of what enters a layer is zero, on average")
    ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return ax


def ops(
    statistics: ModelStatistics,
    *,
    beside: Mapping[str, float] | None = None,
    beside_label: str = "original",
    ax: Axes | None = None,
) -> Axes:
    """Draw what events cost in every layer, inside what all values would cost.

    Parameters
    ----------
    statistics : ModelStatistics
        Of ``Model.get_statistics``, after a run. The layer that reads the image is left
        out: it works on every pixel.
    beside : mapping of str to float, optional
        Layer to its operations an image elsewhere, drawn below each bar; they count in the
        title where every layer has one.
    beside_label : str
        What the legend and the title call it.
    ax : Axes, optional

    Returns
    -------
    Axes
        Each bar says which percentage of the layer's MACs its events cost.

    See Also
    --------
    akida_lite.report.statistics : why operations of a separable layer can exceed its MACs.
    """
    layers = [layer for layer in statistics.values() if layer.counts_input]
    ax = new_axes(ax, height=bar_height(len(layers)))
    rows = range(len(layers))
    macs = [layer.macs / 1e6 for layer in layers]
    events = [layer.ops / 1e6 for layer in layers]
    ax.barh(rows, macs, 0.84, color=PALE, edgecolor="0.6", label="all values (MACs)")
    shift = 0.0 if beside is None else -0.2
    width = 0.6 if beside is None else 0.4
    _bars(ax, rows, events, shift, BLUE, "", "events only (operations)", width)
    title = f"Zeros leave {sum(events):,.1f} of {sum(macs):,.1f} million operations an image"
    # Events of separable layers may cost more than all their MACs.
    if sum(events) > sum(macs):
        title = (
            f"Events cause {sum(events):,.1f} million operations, for {sum(macs):,.1f} of MACs"
        )
    if beside is not None:
        known = [row for row in rows if layers[row].name in beside]
        values = [beside[layers[row].name] / 1e6 for row in known]
        _bars(ax, known, values, 0.2, ORANGE, "///", as_written(beside_label))
        if len(known) == len(layers):
            title += f"; {as_written(beside_label)}: {sum(values):,.1f}"
    elsewhere = beside or {}
    for row, layer, all_of_them, some in zip(rows, layers, macs, events, strict=True):
        share = some / all_of_them if all_of_them else 0.0
        longest = max(all_of_them, some, elsewhere.get(layer.name, 0.0) / 1e6)
        ax.text(longest, row, f" {share:.0%}", va="center", fontsize=9)
    _name_rows(ax, [layer.name for layer in layers])
    ax.margins(x=0.1)
    ax.set_xlabel("million operations for one image")
    ax.set_title(title)
    ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return ax


def comparison(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw which fraction of every layer's values is the same in Keras and in integers.

    Parameters
    ----------
    comparison : Comparison
        Of ``compare``.
    ax : Axes, optional

    Returns
    -------
    Axes
        Each bar says in words how many values differ.
    """
    layers = comparison.layers
    ax = new_axes(ax, height=bar_height(len(layers)))
    fractions = [layer.equal / layer.values if layer.values else 1.0 for layer in layers]
    bars = ax.barh(np.arange(len(layers)), fractions, height=0.6, edgecolor="black")
    for bar, layer in zip(bars, layers, strict=True):
        different = layer.values - layer.equal
        bar.set_facecolor(VERMILLION if different else GREEN)
        bar.set_hatch("///" if different else "")
        text = f"{different:,} of {layer.values:,} differ" if different else "all equal"
        place = (0.02, bar.get_y() + bar.get_height() / 2)
        ax.text(*place, text, va="center", bbox={"facecolor": "white", "pad": 1.5})
    _name_rows(ax, [layer.name for layer in layers])
    ax.set_xlim(0, 1)
    ax.set_xlabel("fraction of values that are equal")
    ax.set_title(f"Keras and integer model over {_images(comparison.images)}")
    return ax


def _bars(
    ax: Axes,
    rows: Sequence[int],
    values: Sequence[float],
    shift: float,
    colour: str,
    hatch: str,
    label: str,
    width: float = 0.4,
) -> None:
    places = np.asarray(rows) + shift
    ax.barh(places, values, width, color=colour, hatch=hatch, edgecolor="black", label=label)


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(np.arange(len(names)), list(map(as_written, names)))
    ax.invert_yaxis()


def _images(number: int) -> str:
    return f"{number:,} image{'' if number == 1 else 's'}"
