"""How fast peers are beside each other, from the lines of the benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from akida_lite.errors import InputError, Problem
from akida_lite.report.plots.style import (
    COLOURS,
    HATCHES,
    LINES,
    MARKERS,
    as_written,
    bar_height,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIED = {
    "batch_size": "batch size (images)",
    "image_size": "height and width of the images (pixels)",
    "width": "filters of the first layer",
}
"""Size that growth is drawn over to the label of its axis."""


def speed_ratios(lines: Iterable[Mapping[str, Any]], *, ax: Axes | None = None) -> Axes:
    """Draw how many images a second every peer makes for one of Keras.

    Parameters
    ----------
    lines : iterable of mapping
        Of the benchmark, one object a line; those that have no ``peer`` and
        ``ratio_to_keras`` are left out.
    ax : Axes, optional

    Returns
    -------
    Axes
        With a logarithmic scale, on which twice and half as fast are equally far from
        Keras. One group of bars a peer, one bar a model.

    Raises
    ------
    InputError
        If no line has a ratio.
    """
    ratios: dict[str, dict[str, float]] = {}
    for line in lines:
        if "peer" in line and line.get("ratio_to_keras"):
            ratios.setdefault(line["peer"], {})[line["model"]] = line["ratio_to_keras"]
    _require(ratios, "none has the ratio of a peer to Keras", "keras_predict")
    models = list(dict.fromkeys(model for peer in ratios.values() for model in peer))
    ax = new_axes(ax, height=bar_height(len(ratios) * len(models)))
    thickness = 0.8 / len(models)
    for index, model in enumerate(models):
        rows = [row for row, of in enumerate(ratios.values()) if model in of]
        values = [of[model] for of in ratios.values() if model in of]
        bars = ax.barh(
            np.asarray(rows) + thickness * (index - (len(models) - 1) / 2),
            np.asarray(values) - 1,
            thickness,
            left=1,
            color=COLOURS[index % len(COLOURS)],
            hatch=HATCHES[index % len(HATCHES)],
            edgecolor="black",
            label=as_written(model),
        )
        ax.bar_label(bars, [f"{value:.3g}" for value in values], padding=3)
    ax.axvline(1, color="black")
    ax.set_xscale("log")
    ax.margins(x=0.15)
    ax.set_yticks(np.arange(len(ratios)), list(map(as_written, ratios)))
    ax.invert_yaxis()
    ax.set_xlabel("images per second over those of Keras predict (logarithmic)")
    ax.set_title("Speed beside Keras")
    ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return ax


def speed_growth(
    lines: Iterable[Mapping[str, Any]], *, varied: str = "batch_size", ax: Axes | None = None
) -> Axes:
    """Draw how the lead over Keras grows with one of three sizes.

    Parameters
    ----------
    lines : iterable of mapping
        Of the benchmark with ``--growth``; those that vary something else are left out.
    varied : {"batch_size", "image_size", "width"}
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If `varied` is none of these, or no line varies it.
    """
    if varied not in VARIED:
        problem = f"{varied!r} is none of {', '.join(map(repr, VARIED))}"
        raise InputError(Problem("option 'varied'", problem, "choose one of them"))
    points = sorted(
        (line[varied], line["ratio_to_keras"]) for line in lines if line.get("varied") == varied
    )
    _require(points, f"none varies {varied}", "--growth")
    ax = new_axes(ax)
    index = list(VARIED).index(varied)
    ax.plot(
        *zip(*points, strict=True),
        color=COLOURS[index],
        linestyle=LINES[index],
        marker=MARKERS[index],
    )
    ax.axhline(1, color="black", linewidth=0.8)
    ax.annotate("Keras predict", (points[0][0], 1), xytext=(0, 3), textcoords="offset points")
    ax.set_xscale("log", base=2)
    ax.set_xticks([value for value, _ in points], [str(value) for value, _ in points])
    # An invisible line at 0 extends the axis; fixed limits would cut off other panels that
    # share it.
    ax.axhline(0, color="none")
    ax.set_xlabel(VARIED[varied])
    ax.set_ylabel("images per second over Keras")
    ax.set_title("Growth of the lead")
    return ax


def _require(found: Any, problem: str, needed: str) -> None:
    if not found:
        remedy = f"take the lines of the benchmark with {needed}"
        raise InputError(Problem("lines", problem, remedy))
