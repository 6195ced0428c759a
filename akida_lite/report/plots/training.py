"""How training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from akida_lite.errors import InputError, Problem
from akida_lite.report.plots.style import COLOURS, LINES, MARKERS, as_written, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = {
    "validation_accuracy": "validation accuracy (fraction of images)",
    "train_loss": "training loss (cross-entropy, nats)",
}
"""What can be drawn to the label of its axis."""

PROGRESS = {"images": "training images seen", "epoch": "epoch", "step": "step"}
"""What the horizontal axis can be to its label, the most comparable first."""


def learning_curves(
    records: Sequence[Mapping[str, Any]],
    *,
    quantity: str = "validation_accuracy",
    ax: Axes | None = None,
) -> Axes:
    """Draw one line a training run.

    Parameters
    ----------
    records : sequence of mapping
        Run records: ``recipe``, a name or a mapping with a ``name``, and ``curve``, a list
        of points with ``images``, ``epoch`` or ``step``, and the quantity. Points in which
        the quantity is None are left out.
    quantity : {"validation_accuracy", "train_loss"}
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there is no such quantity, no record, or no axis that all points have.
    """
    if quantity not in QUANTITIES:
        problem = f"{quantity!r} is none of {', '.join(map(repr, QUANTITIES))}"
        raise InputError(Problem("option 'quantity'", problem, "choose one of them"))
    along = _shared_axis(records)
    ax = new_axes(ax)
    for index, record in enumerate(records):
        points = [point for point in record["curve"] if point.get(quantity) is not None]
        ax.plot(
            [point[along] for point in points],
            [point[quantity] for point in points],
            color=COLOURS[index % len(COLOURS)],
            linestyle=LINES[index % len(LINES)],
            marker=MARKERS[index % len(MARKERS)],
            markevery=max(1, len(points) // 10),
            label=_name(record),
        )
    ax.set_xlabel(PROGRESS[along])
    ax.set_ylabel(QUANTITIES[quantity])
    ax.set_title("Training")
    ax.legend()
    return ax


def _name(record: Mapping[str, Any]) -> str:
    recipe = record["recipe"]
    return as_written(str(recipe["name"] if isinstance(recipe, Mapping) else recipe))


def _shared_axis(records: Sequence[Mapping[str, Any]]) -> str:
    points = [point for record in records for point in record["curve"]]
    for key in PROGRESS:
        if points and all(key in point for point in points):
            return key
    problem = f"their points do not all have one of {', '.join(map(repr, PROGRESS))}"
    raise InputError(Problem("records", problem, "give the records of finished runs"))
