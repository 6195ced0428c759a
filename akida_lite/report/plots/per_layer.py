"""One bar or two for each layer: sparsity, operations, agreement with Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from akida_lite.report.comparison import Comparison
from akida_lite.report.plots.style import (
    BLUE,
    GREEN,
    ORANGE,
    VERMILLION,
    bar_height,
    new_axes,
)
from akida_lite.report.statistics import ModelStatistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def sparsity(statistics: ModelStatistics, *, ax: Axes | None = None) -> Axes:
    """Draw the fraction of zeros that enter and leave every layer.

    Parameters
    ----------
    statistics : ModelStatistics
        Of ``Model.get_statistics``, after a run. The layer that reads the image has no
        bar for its input, which is pixels.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    layers = list(statistics.values())
    ax = new_axes(ax, height=bar_height(len(layers)))
    rows = [row for row, layer in enumerate(layers) if layer.counts_input]
    entering = [layers[row].input_sparsity for row in rows]
    leaving = [layer.output_sparsity for layer in layers]
    _bars(ax, rows, entering, -0.2, BLUE, "", "input")
    _bars(ax, range(len(layers)), leaving, 0.2, ORANGE, "///", "output")
    _name_rows(ax, list(statistics))
    ax.set_xlim(0, 1)
    ax.set_xlabel("sparsity (fraction of values that are zero)")
    ax.set_title(f"Sparsity over {_images(statistics.images)}")
    ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return ax


def ops(statistics: ModelStatistics, *, ax: Axes | None = None) -> Axes:
    """Draw what events cost in every layer beside what all values would cost.

    Parameters
    ----------
    statistics : ModelStatistics
        Of ``Model.get_statistics``, after a run. The layer that reads the image is left
        out: it works on every pixel.
    ax : Axes, optional

    Returns
    -------
    Axes
        With a logarithmic scale.

    See Also
    --------
    akida_lite.report.statistics : why operations of a separable layer can exceed its MACs.
    """
    layers = [layer for layer in statistics.values() if layer.counts_input]
    ax = new_axes(ax, height=bar_height(len(layers)))
    rows = range(len(layers))
    macs, events = [layer.macs for layer in layers], [layer.ops for layer in layers]
    _bars(ax, rows, macs, -0.2, BLUE, "", "all values (MACs)")
    _bars(ax, rows, events, 0.2, ORANGE, "///", "events only (ops)")
    _name_rows(ax, [layer.name for layer in layers])
    ax.set_xscale("log")
    # A bar on a logarithmic scale has no natural start: one decade below the shortest.
    ax.set_xlim(left=min([count for count in (*macs, *events) if count], default=10) / 10)
    ax.set_xlabel("operations for one image (logarithmic)")
    ax.set_title(f"Operations over {_images(statistics.images)}")
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
) -> None:
    places = np.asarray(rows) + shift
    ax.barh(places, values, 0.4, color=colour, hatch=hatch, edgecolor="black", label=label)


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(np.arange(len(names)), names)
    ax.invert_yaxis()


def _images(number: int) -> str:
    return f"{number:,} image{'' if number == 1 else 's'}"
