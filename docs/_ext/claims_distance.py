"""``.. claims-distance::`` draws how far each measured number is from the original one.

Shares are drawn in percentage points; with the option ``quantities``, quantities in percent
of the original. The figure is an SVG that needs no script.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, ClassVar, TypeAlias

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from akida_lite.claims import Claim, Measured, Outcome, Quantity, Share
from akida_lite.claims.sphinx import ledger_of, outcomes_of

# A row is a line of text above a line of marks: narrow enough to be read on a phone.
_ROW = 40
_TEXT = 12
_MARKS = 25
_LABEL = 36
_LEFT = 24
_WIDTH = 400
_RIGHT = 60

# Percentage points to either side of the original that are drawn in any case.
_LEAST = 0.5

# Lowest and highest offset of the figure.
Reach: TypeAlias = tuple[float, float]


class ClaimsDistance(SphinxDirective):
    """Draw original, published and this build's numbers."""

    option_spec: ClassVar = {"quantities": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the figure, or a sentence where there is nothing to draw."""
        ledger = ledger_of(self.env)
        self.env.note_dependency(str(ledger.path))
        kind = Quantity if "quantities" in self.options else Share
        svg = distance_svg(ledger.claims, outcomes_of(self.env), kind)
        if not svg:
            return [nodes.paragraph("", "No measured number stands beside an original yet.")]
        return [nodes.raw("", svg, format="html")]


def distance_svg(
    claims: Mapping[str, Claim], outcomes: Mapping[str, Outcome], kind: type = Share
) -> str:
    """Return a figure with one row for each measured number that has an original.

    Parameters
    ----------
    claims : dict of str to Claim
    outcomes : dict of str to Outcome
        What this build measured; may be empty.
    kind : type
        Of the numbers that are drawn: `Share` or `Quantity`.

    Returns
    -------
    str
        HTML; empty where there is nothing to draw. Colours come from the page's theme,
        shapes tell the series apart.
    """
    pairs = {
        claim.id: (claim, claims[claim.origin.original])
        for claim in claims.values()
        if isinstance(claim.amount, kind)
        and isinstance(claim.origin, Measured)
        and claim.origin.original
    }
    if not pairs:
        return ""
    rows = [_points(*pair, outcomes.get(id)) for id, pair in pairs.items()]
    offsets = [offset for row in rows for _, offset in row]
    reach = (min([*offsets, -_LEAST]), max([*offsets, _LEAST]))
    height = _ROW * (len(rows) + 1)
    parts = [
        f'<svg class="claims-distance" role="img" viewBox="0 0 {_WIDTH} {height}" '
        'aria-label="Distance of each measured number from the original one">',
        _axis(reach, height),
    ]
    for index, ((claim, _), row) in enumerate(zip(pairs.values(), rows, strict=True)):
        parts.append(_row(index, claim, row, reach))
    return "\n".join([*parts, "</svg>", _legend(kind)])


def _legend(kind: type) -> str:
    unit = "Percentage points" if kind is Share else "Percent"
    return (
        f'<p class="claims-legend">{unit} from the original: │ original, ◇ published, '
        "● this build.</p>"
    )


def _points(claim: Claim, original: Claim, outcome: Outcome | None) -> list[tuple[str, float]]:
    row = [("published", _distance(claim, original))]
    if outcome is not None and outcome.got is not None:
        row.append(("now", _distance(claim.with_number(outcome.got), original)))
    return row


def _distance(claim: Claim, original: Claim) -> float:
    if isinstance(claim.amount, Share):
        return float(claim) - float(original)
    return 100 * (float(claim) / float(original) - 1)


def _x(offset: float, reach: Reach) -> float:
    low, high = reach
    return _LEFT + (offset - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _axis(reach: Reach, height: int) -> str:
    zero = _x(0, reach)
    bottom = height - 0.9 * _ROW
    labels = "".join(
        f'<text x="{_x(offset, reach):.1f}" y="{height - 0.4 * _ROW:.1f}" '
        f'text-anchor="middle">{label}</text>'
        for offset, label in ((0, "0"), *((end, f"{end:+.2f}") for end in reach))
        # The labels of an end close to the middle would lie over each other.
        if offset == 0 or abs(_x(offset, reach) - zero) > _LABEL
    )
    return (
        f'<line class="distance-zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="4" y2="{bottom}"/>'
        f"{labels}"
    )


def _row(index: int, claim: Claim, row: list[tuple[str, float]], reach: Reach) -> str:
    top = _ROW * index
    y = top + _MARKS
    marks = "".join(_mark(kind, _x(offset, reach), y) for kind, offset in row)
    last = row[-1][1]
    return (
        f'<text x="4" y="{top + _TEXT}">{escape(claim.what)}</text>'
        f"{marks}"
        f'<text x="{_WIDTH - _RIGHT + 14}" y="{y + 4:.1f}">{last:+.2f}</text>'
    )


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "now":
        return f'<circle class="distance-now" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    corners = f"{x - 7:.1f},{y:.1f} {x:.1f},{y - 7:.1f} {x + 7:.1f},{y:.1f} {x:.1f},{y + 7:.1f}"
    return f'<polygon class="distance-published" points="{corners}"/>'


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive with Sphinx."""
    app.setup_extension("akida_lite.claims.sphinx")
    app.add_directive("claims-distance", ClaimsDistance)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
