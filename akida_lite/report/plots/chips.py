"""Which layer lies on which processor of a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from akida_lite.errors import InputError, Problem
from akida_lite.hardware import Placement
from akida_lite.report.plots.style import COLOURS, HATCHES, as_written, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle


def mesh(placement: Placement, *, pass_number: int = 1, ax: Axes | None = None) -> Axes:
    """Draw the mesh of neural processors (NPs), each with the number of its layer.

    Parameters
    ----------
    placement : Placement
        Of ``Model.map``.
    pass_number : int
        Which load of the device, counted from 1 as in the placement's table; most models
        need one.
    ax : Axes, optional

    Returns
    -------
    Axes
        Its legend names the layers by their numbers; processors without number are free.

    Raises
    ------
    InputError
        If there is no such pass.
    """
    if not 1 <= pass_number <= placement.n_passes:
        problem = f"{pass_number} is not one of the {placement.n_passes} passes"
        remedy = f"choose 1 to {placement.n_passes}"
        raise InputError(Problem("option 'pass_number'", problem, remedy))
    owners = placement.mesh[pass_number - 1]
    rows, columns = owners.shape
    ax = new_axes(ax, 8, 1.5 + 0.5 * rows)
    first_of: dict[int, Rectangle] = {}
    for row in range(rows):
        for column in range(columns):
            owner = int(owners[row, column])
            cell = _cell(row, column, owner)
            ax.add_patch(cell)
            if owner >= 0:
                first_of.setdefault(owner, cell)
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
                ax.text(column, row, str(owner), ha="center", va="center", bbox=box)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    ax.set_xticks(range(columns))
    ax.set_yticks(range(rows))
    ax.set_xlabel("column of the mesh")
    ax.set_ylabel("row of the mesh")
    load = f", pass {pass_number} of {placement.n_passes}" if placement.n_passes > 1 else ""
    status, device = placement.device.capacity.status, as_written(placement.device.name)
    ax.set_title(f"{placement.n_nps} NPs on {device}{load} ({status} capacity)")
    if first_of:
        names = [f"{owner} {as_written(placement.layers[owner].name)}" for owner in first_of]
        ax.legend(first_of.values(), names, loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def _cell(row: int, column: int, owner: int) -> Rectangle:
    from matplotlib.patches import Rectangle

    taken = owner >= 0
    return Rectangle(
        (column - 0.5, row - 0.5),
        1,
        1,
        facecolor=COLOURS[owner % len(COLOURS)] if taken else "none",
        # Seven colours and six hatches repeat together only after 42 layers.
        hatch=HATCHES[owner % (len(HATCHES) - 1)] if taken else "",
        edgecolor="black",
        alpha=0.8,
    )
