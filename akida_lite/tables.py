"""Tables as plain text for a terminal and as HTML for a page, from the same cells."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Number

from akida_lite.errors import InputError, Problem, shown

GAP = "  "
NOTE_WIDTH = 96
"""Columns at which the text form breaks the notes below a table."""

# The style sets lengths and alignment only: with the page's colours, its dark mode works too.
_SCROLL = "overflow-x: auto"
_CAPTION = "caption-side: top; text-align: left"
_CELL = "padding: 0.2em 0.6em; text-align: {align}; vertical-align: top; white-space: nowrap"
_BELOW = "font-size: 0.85em"

# What stands among numbers: a number that its caller has rounded, a percentage, or no value.
_NUMBER = re.compile(r"([+-]?\d[\d,]*(\.\d+)?( ?%)?)?")


@dataclass(frozen=True)
class Column:
    """Heading of a column and the side that its cells keep to.

    Attributes
    ----------
    heading : str
        May hold line breaks.
    align : {"left", "right"}
        Numbers go right.
    """

    heading: str
    align: str = "left"


@dataclass(frozen=True)
class Table:
    """Cells of text with headings, a caption and notes.

    Line breaks are the table's own: whoever puts a name into a cell passes it through
    :func:`akida_lite.errors.shown`. Any other control character is spelled out here.

    Attributes
    ----------
    caption : str
        What the table shows; the first line of the text form.
    columns : sequence of Column
        The first column names the rows.
    rows : sequence of sequence of str
        One cell a column; cells may hold line breaks.
    legend : str
        What the headings mean, below the table; may hold line breaks.
    notes : sequence of str
        Numbered from 1, below the legend.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    legend: str = ""
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def text(self) -> str:
        """Return the table for a terminal.

        Examples
        --------
        >>> columns = [Column("Layer"), Column("Events", "right")]
        >>> print(Table("One run", columns, [["conv", "12"], ["dense", "7"]]).text())
        One run
        Layer  Events
        -------------
        conv       12
        dense       7
        """
        cells = [[column.heading for column in self.columns], *self.rows]
        split = [[cell.split("\n") for cell in row] for row in cells]
        by_column = zip(*split, strict=True)
        widths = [max(len(line) for cell in column for line in cell) for column in by_column]
        lines = [line for row in split[:1] for line in self._lines(row, widths)]
        lines.append("-" * (sum(widths) + len(GAP) * (len(widths) - 1)))
        lines += [line for row in split[1:] for line in self._lines(row, widths)]
        for paragraph in self.legend.splitlines():
            lines += textwrap.wrap(paragraph, NOTE_WIDTH, break_on_hyphens=False)
        for number, note in enumerate(self.notes, start=1):
            mark = f"[{number}] "
            lines += textwrap.wrap(
                mark + note,
                NOTE_WIDTH,
                subsequent_indent=" " * len(mark),
                break_on_hyphens=False,
            )
        return "\n".join(map(shown, [self.caption, *lines]))

    def _lines(self, cells: list[list[str]], widths: list[int]) -> list[str]:
        """Return the lines of one row, its cells padded to equal height."""
        lines = []
        for index in range(max(map(len, cells))):
            parts = [
                f"{cell[index] if index < len(cell) else '':{'>' if right else '<'}{width}}"
                for cell, width, right in zip(cells, widths, self._right, strict=True)
            ]
            lines.append(GAP.join(parts).rstrip())
        return lines

    @property
    def _right(self) -> list[bool]:
        return [column.align == "right" for column in self.columns]

    def html(self) -> str:
        """Return the table as HTML that takes colours and fonts from the page.

        A keyboard can scroll it where it is wider than the screen.
        """
        headings = "".join(
            _cell("th", column.heading, column, ' scope="col"') for column in self.columns
        )
        body = "".join(self._html_row(row) for row in self.rows)
        legend = f'<p style="{_BELOW}">{escape(self.legend)}</p>' if self.legend else ""
        notes = "".join(f"<li>{escape(shown(note))}</li>" for note in self.notes)
        caption = escape(shown(self.caption))
        return (
            f'<div class="akida-lite-table" style="{_SCROLL}" tabindex="0" role="group" '
            f'aria-label="{caption}"><table class="table">'
            f'<caption style="{_CAPTION}">{caption}</caption>'
            f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table></div>"
            + legend
            + (f'<ol style="{_BELOW}">{notes}</ol>' if notes else "")
        )

    def _html_row(self, row: Sequence[str]) -> str:
        name = _cell("th", row[0], self.columns[0], ' scope="row"')
        rest = zip(row[1:], self.columns[1:], strict=True)
        return f"<tr>{name}{''.join(_cell('td', cell, column) for cell, column in rest)}</tr>"


def table(
    rows: Mapping[str, Sequence[object]], headings: Sequence[str], caption: str = ""
) -> Table:
    """Return a table that prints as text and shows as HTML in a notebook.

    Parameters
    ----------
    rows : mapping of str to sequence
        Name of a row to its cells. A column of numbers, written ones included, keeps to the
        right.
    headings : sequence of str
        One a column, that of the names first.
    caption : str

    Returns
    -------
    akida_lite.tables.Table

    Raises
    ------
    InputError
        If a row has more or fewer cells than there are headings behind the first.

    Examples
    --------
    >>> print(table({"conv": [1200], "dense": [7]}, ["Layer", "Events"], "One run"))
    One run
    Layer  Events
    -------------
    conv    1,200
    dense       7
    """
    for name, cells in rows.items():
        if len(cells) != len(headings) - 1:
            problem = f"it has {len(cells)} cells, and there are {len(headings)} headings"
            remedy = "give one heading for the names and one for each cell"
            raise InputError(Problem(f"row {name!r}", problem, remedy))
    by_column = zip(*rows.values(), strict=True) if rows else [()] * (len(headings) - 1)
    columns = [Column(headings[0]), *map(_side, headings[1:], by_column)]
    texts = [[name, *map(_text, cells)] for name, cells in rows.items()]
    return Table(caption, columns, texts)


def _side(heading: str, cells: Sequence[object]) -> Column:
    numbers = all(isinstance(cell, Number) or _NUMBER.fullmatch(str(cell)) for cell in cells)
    return Column(heading, "right" if numbers else "left")


def _text(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, Number) else str(cell)


def _cell(tag: str, text: str, column: Column, scope: str = "") -> str:
    style = _CELL.format(align=column.align)
    content = "<br>".join(escape(shown(line)) for line in text.split("\n"))
    return f'<{tag}{scope} style="{style}">{content}</{tag}>'
