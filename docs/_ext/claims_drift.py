"""The drift of measured numbers from their originals, as an SVG that needs no script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TypeAlias

from akida_lite.claims import Claim, Outcome

_ROW = 26
_LABEL = 36
_LEFT = 380
_WIDTH = 840
_RIGHT = 60

# Percentage points to either side of the original that are drawn in any case.
_LEAST = 0.5

# Lowest and highest offset of the figure.
Reach: TypeAlias = tuple[float, float]


def drift_svg(claims: Mapping[str, Claim], outcomes: Mapping[str, Outcome]) -> str:
    """Return a figure with one row for each measured share that has an original.

    Parameters
    ----------
    claims : dict of str to Claim
    outcomes : dict of str to Outcome
        What this build measured; may be empty.

    Returns
    -------
    str
        HTML; empty where there is nothing to draw. Colours come from the page's theme,
        shapes tell the series apart.
    """
    drawn = [c for _, c in sorted(claims.items()) if c.counts_images and c.original in claims]
    if not drawn:
        return ""
    rows = [_points(c, claims[c.original], outcomes.get(c.id)) for c in drawn]
    offsets = [offset for row in rows for _, offset in row]
    reach = (min([*offsets, -_LEAST]), max([*offsets, _LEAST]))
    height = _ROW * (len(rows) + 2)
    parts = [
        '<div class="scrolls-sideways" tabindex="0">'
        f'<svg class="claims-drift" role="img" viewBox="0 0 {_WIDTH} {height}" '
        'aria-label="Distance of each measured accuracy from the original one">',
        _axis(reach, height),
    ]
    for index, (claim, row) in enumerate(zip(drawn, rows, strict=True)):
        parts.append(_row(index, claim, row, reach))
    return "\n".join([*parts, "</svg></div>", _LEGEND])


_LEGEND = (
    '<p class="claims-legend">Percentage points from the original: │ original, · earlier '
    "builds, ◇ published, ● this build.</p>"
)


def _points(claim: Claim, original: Claim, outcome: Outcome | None) -> list[tuple[str, float]]:
    def offset(number: int | float) -> float:
        return 100 * number / (claim.n_total or 1) - float(original)

    row = [("past", offset(past.number)) for past in claim.history]
    row.append(("published", offset(claim.number)))
    if outcome is not None and outcome.got is not None:
        row.append(("now", offset(outcome.got)))
    return row


def _x(offset: float, reach: Reach) -> float:
    low, high = reach
    return _LEFT + (offset - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _axis(reach: Reach, height: int) -> str:
    zero = _x(0, reach)
    bottom = height - 1.5 * _ROW
    labels = "".join(
        f'<text x="{_x(offset, reach):.1f}" y="{height - 0.8 * _ROW:.1f}" '
        f'text-anchor="middle">{label}</text>'
        for offset, label in ((0, "0"), *((end, f"{end:+.2f}") for end in reach))
        # The labels of an end close to the middle would lie over each other.
        if offset == 0 or abs(_x(offset, reach) - zero) > _LABEL
    )
    return (
        f'<line class="drift-zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="4" y2="{bottom}"/>'
        f"{labels}"
    )


def _row(index: int, claim: Claim, row: list[tuple[str, float]], reach: Reach) -> str:
    y = _ROW * (index + 0.7)
    places = [(kind, _x(offset, reach)) for kind, offset in row]
    path = " ".join(f"{x:.1f},{y:.1f}" for _, x in places)
    marks = f'<polyline class="drift-path" points="{path}"/>' if len(claim.history) else ""
    marks += "".join(_mark(kind, x, y) for kind, x in places)
    last = row[-1][1]
    return (
        f'<text x="{_LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(claim.what)}</text>'
        f"{marks}"
        f'<text x="{_WIDTH - _RIGHT + 14}" y="{y + 4:.1f}">{last:+.2f}</text>'
    )


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "now":
        return f'<circle class="drift-now" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    if kind == "past":
        return f'<circle class="drift-past" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
    corners = f"{x - 7:.1f},{y:.1f} {x:.1f},{y - 7:.1f} {x + 7:.1f},{y:.1f} {x:.1f},{y + 7:.1f}"
    return f'<polygon class="drift-published" points="{corners}"/>'
