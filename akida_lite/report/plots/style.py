"""Colours, hatches, markers and new figures, the same in every plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from akida_lite.errors import shown
from akida_lite.extras import needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# These colours are told apart by the colour-blind too (M. Okabe and K. Ito, "Color universal
# design", 2008).
BLUE = "#0072B2"
SKY = "#56B4E9"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
BLACK = "#000000"
PALE = "#EEEEEE"

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)
HATCHES = ("", "///", "...", "xxx", "---", "+++", "\\\\\\")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":")


def new_axes(ax: Axes | None, width: float = 8, height: float = 4) -> Axes:
    """Return `ax`, or the Axes of a new figure of `width` by `height` inches."""
    if ax is not None:
        return ax
    plt = needed("matplotlib.pyplot", "a figure")
    axes: Axes = plt.subplots(figsize=(width, height), layout="constrained")[1]
    return axes


def bar_height(rows: int) -> float:
    """Return the inches that a figure of `rows` horizontal bars needs."""
    return 1.5 + 0.35 * rows


def as_written(name: str) -> str:
    """Return a name as matplotlib shows it, not as the formula that a dollar begins."""
    return shown(name).replace("$", r"\$")
