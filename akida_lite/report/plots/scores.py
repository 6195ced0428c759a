"""The scores of one image as bars, beside the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, Problem
from akida_lite.report.plots.style import GREEN, SKY, VERMILLION, as_written, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def potentials(
    scores: npt.ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    true: int | None = None,
    image: npt.NDArray[Any] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the scores of one image, the winner marked as right or wrong.

    Parameters
    ----------
    scores : array of shape (classes,)
        One row of ``Model.evaluate``; other shapes of one image are flattened.
    labels : sequence of str, optional
        Names of the classes; left out, their numbers.
    true : int, optional
        The right class.
    image : array of shape (height, width) or (height, width, 1 or 3), optional
        Drawn on the left.
    ax : Axes, optional
        Where there is an image, it takes the left third of it.

    Returns
    -------
    Axes
        That of the bars.

    Raises
    ------
    InputError
        If scores, `labels` and `true` do not fit each other.
    """
    values = np.asarray(scores, np.float64).ravel()
    names = [str(index) for index in range(len(values))] if labels is None else list(labels)
    _check(values, names, true)
    ax = new_axes(ax)
    if image is not None:
        ax = _beside(ax, image)
    names = list(map(as_written, names))
    winner = int(values.argmax())
    right = true is None or winner == true
    bars = ax.barh(np.arange(len(values)), values, color=SKY, edgecolor="black")
    bars[winner].set_facecolor(GREEN if right else VERMILLION)
    bars[winner].set_hatch("" if right else "///")
    ax.set_yticks(np.arange(len(values)), names)
    ax.invert_yaxis()
    ax.axvline(0, color="black", linewidth=0.8)
    ax.margins(x=0.25)
    ax.annotate(
        "◀ highest",
        (max(values[winner], 0), winner),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
    )
    ax.set_xlabel("score (units of the Keras output)")
    ax.set_title(_title(names, winner, true))
    return ax


def _title(names: list[str], winner: int, true: int | None) -> str:
    if true is None:
        return f"Predicted: {names[winner]}"
    if winner == true:
        return f"Predicted: {names[winner]} (right)"
    return f"Predicted: {names[winner]} (wrong: it is {names[true]})"


def _beside(ax: Axes, image: npt.NDArray[Any]) -> Axes:
    """Replace `ax` by two, show the image in the left and return the right one."""
    from matplotlib.figure import Figure

    figure, place = ax.get_figure(), ax.get_subplotspec()
    if place is None or not isinstance(figure, Figure):
        problem = "there is no room for the image beside it: it is not part of a grid"
        raise InputError(Problem("option 'ax'", problem, "leave out `ax`, or the image"))
    grid = place.subgridspec(1, 2, width_ratios=(1, 2))
    left, right = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    ax.remove()
    picture = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    left.imshow(picture, cmap="gray" if picture.ndim == 2 else None)
    left.set_axis_off()
    left.set_title("Image")
    return right


def _check(values: npt.NDArray[np.float64], names: list[str], true: int | None) -> None:
    if len(names) != len(values) or not names:
        problem = f"{len(values)} values and {len(names)} labels do not belong together"
        remedy = "give the scores of one image, and as many labels"
        raise InputError(Problem("scores", problem, remedy))
    if true is not None and not 0 <= true < len(names):
        problem = f"{true} is not the index of one of the {len(names)} classes"
        raise InputError(Problem("option 'true'", problem, f"choose 0 to {len(names) - 1}"))
