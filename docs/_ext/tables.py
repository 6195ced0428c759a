"""Tables that the extensions write from data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docutils import nodes

Cell = str | nodes.Node


def table(
    titles: Sequence[str],
    widths: Sequence[int],
    rows: Iterable[Sequence[Cell]],
    *,
    classes: Sequence[str] = (),
) -> nodes.Node:
    """Return a table that scrolls sideways where the page is narrow.

    Parameters
    ----------
    titles : sequence of str
    widths : sequence of int
        Of the columns, as shares of their sum.
    rows : iterable of sequence of str or Node
        Text and inline nodes are set as a paragraph, other nodes as they are.
    classes : sequence of str, optional
        For the style sheet.
    """
    group = nodes.tgroup("", cols=len(titles))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", _row(titles))
    group += nodes.tbody("", *map(_row, rows))
    # Without the class, browsers guess the widths, and squeeze names in literals.
    given = nodes.table("", group, classes=["colwidths-given", *classes])
    return nodes.container("", given, classes=["scrolls-sideways"])


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", _block(cell)) for cell in cells))


def _block(cell: Cell) -> nodes.Node:
    inline = nodes.Text(cell) if isinstance(cell, str) else cell
    if isinstance(inline, nodes.Text | nodes.Inline):
        return nodes.paragraph("", "", inline)
    return cell
