"""What accuracy costs: in bits, and in operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from akida_lite.errors import InputError, Problem
from akida_lite.report.plots.style import COLOURS, LINES, MARKERS, as_written, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def accuracy_by_bits(
    series: Mapping[str, Mapping[str, float]], *, ax: Axes | None = None
) -> Axes:
    """Draw accuracy over fewer and fewer bits.

    Parameters
    ----------
    series : mapping of str to mapping of str to float
        Name of a line to its points, each a name such as "4/4" and the percentage of images
        classified correctly. All lines have their points in one order.
    ax : Axes, optional

    Returns
    -------
    Axes
        The title says how far the first line falls from its first to its last point.

    Raises
    ------
    InputError
        If there is no line, or a line without a point.
    """
    _require_points(series)
    ax = new_axes(ax)
    for index, (name, points) in enumerate(series.items()):
        ax.plot(
            list(map(as_written, points)),
            list(points.values()),
            marker=MARKERS[index % len(MARKERS)],
            linestyle=LINES[index % len(LINES)],
            color=COLOURS[index % len(COLOURS)],
            label=as_written(name),
        )
    first = list(next(iter(series.values())).items())
    (start, before), (end, after) = first[0], first[-1]
    name, start, end = map(as_written, (next(iter(series)), start, end))
    ax.set_title(f"{name}: {before:.2f} % at {start}, {after:.2f} % at {end}")
    ax.set_xlabel("bits of weights / activations")
    ax.set_ylabel("images classified correctly (percent)")
    ax.grid(axis="y", alpha=0.4)
    ax.legend()
    return ax


def accuracy_by_operations(
    series: Mapping[str, Sequence[tuple[float, float]]], *, ax: Axes | None = None
) -> Axes:
    """Draw accuracy against the work of an image: best is the upper left corner.

    Parameters
    ----------
    series : mapping of str to sequence of (float, float)
        Name to points (operations for one image, percentage of images classified correctly).
        Points of one name are joined by a line.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there is no name, or a name without a point.
    """
    _require_points(series)
    ax = new_axes(ax)
    for index, (name, points) in enumerate(series.items()):
        operations, accuracies = zip(*sorted(points), strict=True)
        ax.plot(
            [count / 1e6 for count in operations],
            accuracies,
            marker=MARKERS[index % len(MARKERS)],
            linestyle=LINES[index % len(LINES)] if len(points) > 1 else "none",
            color=COLOURS[index % len(COLOURS)],
            markersize=8,
            label=as_written(name),
        )
    every = [(accuracy, -count, name) for name in series for count, accuracy in series[name]]
    accuracy, count, name = max(every)
    ax.set_title(
        f"Most accurate: {as_written(name)}, {accuracy:.2f} % at {-count / 1e6:,.1f} million"
    )
    ax.set_xlabel("million operations for one image (less work on the left)")
    ax.set_ylabel("images classified correctly (percent)")
    ax.grid(alpha=0.4)
    ax.legend()
    return ax


def _require_points(series: Mapping[str, object]) -> None:
    if not series or not all(series.values()):
        problem = f"{dict(series)!r:.60} holds a name without points, or no name"
        raise InputError(Problem("series", problem, "give at least one point a name"))
