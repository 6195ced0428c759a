"""Tables of a placement, as text and as HTML, from the same cells."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from akida_lite.errors import shown

if TYPE_CHECKING:
    from akida_lite.hardware.placement import LayerPlacement, Placement

_TITLES = ("Layer (type)", "NPs", "Pass", "Weights", "Thresholds", "Input map")
_EVENT_TITLES = ("Events/image", "Operations", "Share")


def as_text(placement: Placement) -> str:
    """Return the table with aligned columns, the totals and the note below it."""
    titles, rows = _cells(placement)
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    lines = [_line(row, widths) for row in (titles, *rows)]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join([_title(placement), "", *lines, "", _totals(placement), placement.note])


def as_html(placement: Placement) -> str:
    """Return the same table for a notebook."""
    titles, rows = _cells(placement)
    head = "".join(
        _html_cell("th", title, column, ' scope="col"') for column, title in enumerate(titles)
    )
    body = "".join(
        "<tr>"
        + _html_cell("th", first, 0, ' scope="row"')
        + "".join(_html_cell("td", cell, 1) for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    caption = escape(_title(placement))
    return (
        # As the tables of reports: it scrolls by itself where the screen is narrow.
        '<div class="akida-lite-table" style="overflow-x: auto" tabindex="0" role="group" '
        f'aria-label="{caption}"><table class="table">'
        f'<caption style="caption-side: top; text-align: left">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        '<p style="font-size: 0.85em">'
        f"{escape(_totals(placement))}<br>{escape(placement.note)}</p>"
    )


def _html_cell(tag: str, text: str, column: int, scope: str = "") -> str:
    """Return a cell: names keep to the left, numbers to the right."""
    align = "right" if column else "left"
    style = f"padding: 0.2em 0.6em; text-align: {align}; white-space: nowrap"
    return f'<{tag}{scope} style="{style}">{escape(text)}</{tag}>'


def _title(placement: Placement) -> str:
    return f"Placement on {placement.device.name}; memory in bits"


def _totals(placement: Placement) -> str:
    passes = f"{placement.n_passes} pass" + "es" * (placement.n_passes != 1)
    return (
        f"{placement.n_nps} NPs of {placement.device.capacity.n_nps}, {passes}, "
        f"{placement.memory_bits:,} bits."
    )


def _cells(placement: Placement) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    counted = any(layer.events is not None for layer in placement.layers)
    titles = _TITLES + _EVENT_TITLES * counted
    return titles, [_row(layer)[: len(titles)] for layer in placement.layers]


def _row(layer: LayerPlacement) -> tuple[str, ...]:
    memory = layer.memory
    passes = [str(number) for number in layer.passes]
    return (
        f"{shown(layer.name)} ({layer.kind})",
        str(layer.n_nps),
        "-".join(dict.fromkeys([*passes[:1], *passes[-1:]])),
        f"{memory.weights:,}",
        f"{memory.thresholds:,}",
        f"{memory.input_map:,}",
        _number(layer.events, ",.0f"),
        _number(layer.operations, ",.0f"),
        _number(layer.relative_cost, ".3f"),
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
