"""Sphinx prints claims from a ledger, and fails where a measure contradicts one.

In ``conf.py``::

    extensions = ["akida_lite.claims.sphinx"]
    claims_ledger = "claims.toml"    # from the folder of conf.py; this is the default
    claims_measure = True            # the default; the builds of a quick look leave it out

* ``:claim:`id``` prints a number and its kind, linked to its row where a table lists it;
* ``.. claims-table::`` lists records, those of ``:kind:`` and with ``:ids:`` that match.

A build measures before it reads pages. Every difference is a warning at each place that
states the number, so that ``sphinx-build -W`` fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from akida_lite.claims.claim import Claim, Measured, Quoted
from akida_lite.claims.ledger import Ledger, read_ledger
from akida_lite.claims.outcomes import Outcome, measure
from akida_lite.claims.places import lists, uses
from akida_lite.errors import ClaimError

logger = logging.getLogger(__name__)

Cell: TypeAlias = str | nodes.Node
_HAS_TABLE = "claims-table"


class ClaimRole(SphinxRole):
    """Print a number and its kind."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number, its link and its kind."""
        ledger = ledger_of(self.env)
        self.env.note_dependency(str(ledger.path))
        try:
            claim = ledger.claim(self.text)
        except ClaimError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [_link(claim), _mark(claim)], []


def _pattern(argument: str | None) -> str:
    try:
        return re.compile(argument or "").pattern
    except re.error as error:
        raise ValueError(f"{argument!r} is no regular expression: {error}") from error


def _kind(argument: Any) -> str:
    kind: str = directives.choice(argument, ("measured", "quoted"))
    return kind


class ClaimsTable(SphinxDirective):
    """List records, one row a number."""

    option_spec: ClassVar[dict[str, Any]] = {
        "ids": _pattern,
        "kind": _kind,
    }

    def run(self) -> list[nodes.Node]:
        """Return the table, or a sentence where it would be empty."""
        ledger = ledger_of(self.env)
        self.env.note_dependency(str(ledger.path))
        self.env.metadata[self.env.docname][_HAS_TABLE] = "yes"
        claims = [c for id, c in ledger.claims.items() if lists(ledger, id, self.options)]
        if not claims:
            return [nodes.paragraph("", "None yet.")]
        if all(claim.kind == "quoted" for claim in claims):
            # Quoted numbers have nothing to put into two of the columns.
            columns = {"Number": 44, "Quoted": 18, "Source": 38}
            rows = [[self._name(c), str(c), _origin(c, ledger)] for c in claims]
        else:
            columns = {
                "Number": 34,
                "Original": 12,
                "Published": 12,
                "This build": 16,
                "How": 26,
            }
            rows = [self._row(claim, ledger) for claim in claims]
        return [table([*columns], [*columns.values()], rows, classes=["claims-table"])]

    def _row(self, claim: Claim, ledger: Ledger) -> list[Cell]:
        original: Claim | None = claim
        if isinstance(claim.origin, Measured):
            original = ledger.claims.get(claim.origin.original)
        return [
            self._name(claim),
            str(original or ""),
            str(claim) if claim.kind == "measured" else "",
            _this_build(claim, outcomes_of(self.env)),
            _origin(claim, ledger),
        ]

    def _name(self, claim: Claim) -> nodes.paragraph:
        """Return what the number says, as the target of its links."""
        anchor = _anchor(claim.id)
        standard = self.env.get_domain("std")
        assert isinstance(standard, StandardDomain)
        standard.note_hyperlink_target(anchor, self.env.docname, anchor, claim.id)
        return nodes.paragraph(
            "",
            "",
            nodes.inline("", "", ids=[anchor]),
            nodes.Text(f"{claim.what} "),
            nodes.literal(claim.id, claim.id),
        )


def ledger_of(env: BuildEnvironment) -> Ledger:
    """Return the ledger of the build."""
    ledger: Ledger = env.claims_ledger  # type: ignore[attr-defined]
    return ledger


def outcomes_of(env: BuildEnvironment) -> dict[str, Outcome]:
    """Return by id what the build measured, or the last one that measured."""
    return getattr(env, "claims_outcomes", {})


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
    group += nodes.thead("", _table_row(titles))
    group += nodes.tbody("", *map(_table_row, rows))
    # Without the class, browsers guess the widths, and squeeze names in literals.
    given = nodes.table("", group, classes=["colwidths-given", *classes])
    return nodes.container("", given, classes=["scrolls-sideways"])


def _table_row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", _block(cell)) for cell in cells))


def _block(cell: Cell) -> nodes.Node:
    inline = nodes.Text(cell) if isinstance(cell, str) else cell
    if isinstance(inline, nodes.Text | nodes.Inline):
        return nodes.paragraph("", "", inline)
    return inline


def _link(claim: Claim) -> nodes.Node:
    text = str(claim)
    reference = addnodes.pending_xref(
        "",
        nodes.inline(text, text, classes=["claim-number"]),
        refdomain="std",
        reftype="ref",
        reftarget=_anchor(claim.id),
        refexplicit=True,
        claim=claim.id,
    )
    return nodes.inline("", "", reference, classes=["claim"])


def _mark(claim: Claim) -> nodes.Node:
    # A word is read out and printed as it is; a colour or a symbol is not.
    return nodes.superscript("", claim.kind, classes=["claim-mark", f"claim-{claim.kind}"])


def _anchor(id: str) -> str:
    # An id has no hyphen, so no two of them get the same anchor.
    return "claim-" + id.replace(".", "-")


def _this_build(claim: Claim, outcomes: dict[str, Outcome]) -> str:
    outcome = outcomes.get(claim.id)
    if claim.kind == "quoted":
        return ""
    if outcome is None:
        return "not measured in this build"
    if outcome.got is None:
        return outcome.reason or "failed"
    return str(claim.with_number(outcome.got))


def _origin(claim: Claim, ledger: Ledger) -> nodes.Node:
    if isinstance(claim.origin, Quoted):
        return nodes.paragraph("", f"quoted: {ledger.sources[claim.origin.source]}")
    return nodes.line_block("", *(nodes.line("", fact) for fact in claim.origin.facts))


def _require_ledger(app: Sphinx, config: Config) -> None:
    """Refuse a ledger that nothing can be printed from, before anything is built."""
    _read(app)


def _read(app: Sphinx) -> Ledger:
    try:
        return read_ledger(Path(app.confdir, app.config.claims_ledger))
    except (ClaimError, OSError) as error:
        # Of any exception of its own, Sphinx prints versions, log and traceback as well.
        raise SystemExit(str(error)) from None


def _measure(app: Sphinx) -> None:
    app.env.claims_ledger = ledger = _read(app)  # type: ignore[attr-defined]
    if app.config.claims_measure:
        found = {outcome.claim.id: outcome for outcome in measure(ledger)}
        app.env.claims_outcomes = found  # type: ignore[attr-defined]


def _pages_to_read_again(app: Sphinx, env: BuildEnvironment, *changed: Any) -> list[str]:
    """Return the pages with tables: their last column is new in each build that measures."""
    if not app.config.claims_measure:
        return []
    return [page for page, metadata in env.metadata.items() if _HAS_TABLE in metadata]


def _unlisted(
    app: Sphinx, env: BuildEnvironment, node: nodes.Element, text: nodes.Node
) -> nodes.Node | None:
    """Leave a number without link where no table lists it."""
    return text if "claim" in node else None


def _report(app: Sphinx, env: BuildEnvironment) -> None:
    ledger = ledger_of(env)
    for id, outcome in outcomes_of(env).items():
        if outcome.problem is not None and id in ledger.claims:
            for place in uses(id, ledger):
                logger.warning("%s", outcome.problem, location=place, type="claims")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role, the directive and the check with Sphinx."""
    app.add_config_value("claims_ledger", "claims.toml", "env", types=(str,))
    app.add_config_value("claims_measure", True, "", types=(bool, int, str))
    app.add_role("claim", ClaimRole())
    app.add_directive("claims-table", ClaimsTable)
    app.connect("config-inited", _require_ledger)
    # After a gallery has run, at 500, whose scripts may make what is measured.
    app.connect("builder-inited", _measure, priority=900)
    app.connect("env-get-outdated", _pages_to_read_again)
    app.connect("missing-reference", _unlisted)
    app.connect("env-check-consistency", _report)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
