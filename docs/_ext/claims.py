"""Sphinx prints claims from the ledger, and fails where this tree contradicts one.

* ``:claim:`id``` prints a number with a mark, measured or quoted, linked to its record;
* ``.. claims-table::`` lists records: original, published, this build;
* ``.. claims-drift::`` draws how far each measured number is from the original one.

Before reading pages, the build measures what it can (``claims_measure = False`` leaves it
out); every difference is a warning at each place that states the number, so that
``sphinx-build -W`` fails.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

from claims_drift import drift_svg
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from tables import Cell, table

from akida_lite.claims import (
    Claim,
    Ledger,
    Outcome,
    all_claims,
    claim,
    measure,
    problems_by_claim,
    sources,
    uses,
)
from akida_lite.claims.ledger import LEDGER
from akida_lite.errors import ClaimError

logger = logging.getLogger(__name__)

Outcomes = dict[str, Outcome]


class ClaimRole(SphinxRole):
    """Print a number with its mark; the link leads to its record."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number, its link and its mark."""
        self.env.note_dependency(str(LEDGER))
        try:
            found = claim(self.text)
        except ClaimError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [_link(found, str(found)), _mark(found)], []


class ClaimsTable(SphinxDirective):
    """List records whose id matches a pattern; one row a number."""

    option_spec: ClassVar[dict[str, Any]] = {
        "ids": directives.unchanged,
        "kind": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the table, or a sentence where it would be empty."""
        self.env.note_dependency(str(LEDGER))
        pattern = re.compile(self.options.get("ids", ".*"))
        wanted = [
            found
            for id, found in sorted(all_claims().items())
            if pattern.fullmatch(id) and found.kind == self.options.get("kind", found.kind)
        ]
        if not wanted:
            return [nodes.paragraph("", "None yet.")]
        if self.options.get("kind") == "quoted":
            # Nothing here is measured: two columns would be empty.
            titles, widths = ("Number", "Quoted", "Source"), (44, 18, 38)
            rows = [(self._name(c), str(c), _how(c)) for c in wanted]
        else:
            titles = ("Number", "Original", "Published", "This build", "How")
            widths = (34, 12, 12, 16, 26)
            rows = [self._row(found) for found in wanted]
        return [table(titles, widths, rows, classes=["claims-table"])]

    def _row(self, found: Claim) -> tuple[Cell, ...]:
        original = found if found.kind == "quoted" else all_claims().get(found.original)
        return (
            self._name(found),
            str(original or ""),
            str(found) if found.kind == "measured" else "",
            _this_build(found, _outcomes(self.env)),
            _how(found),
        )

    def _name(self, found: Claim) -> nodes.paragraph:
        """Return what the number says, as the target of its links."""
        target = nodes.inline("", "", ids=[_anchor(found.id)])
        _note_label(self.env, found.id)
        name = nodes.paragraph("", "", target, nodes.Text(f"{found.what} "))
        name += nodes.literal(found.id, found.id)
        return name


class ClaimsDrift(SphinxDirective):
    """Draw original, earlier, published and this build's numbers, and list what changed."""

    def run(self) -> list[nodes.Node]:
        """Return figure and table, or a sentence where there is nothing to show."""
        self.env.note_dependency(str(LEDGER))
        svg = drift_svg(all_claims(), _outcomes(self.env))
        if not svg:
            return [nodes.paragraph("", "No measured number stands beside an original yet.")]
        figure = nodes.raw("", svg, format="html")
        rows = [_history(c) for _, c in sorted(all_claims().items()) if c.history]
        if not rows:
            return [figure, nodes.paragraph("", "No published number has changed yet.")]
        titles = ("Number that changed", "Earlier", "Published", "Change")
        return [figure, table(titles, (40, 26, 22, 12), rows, classes=["claims-table"])]


def _link(found: Claim, text: str) -> nodes.Node:
    reference = addnodes.pending_xref(
        "",
        nodes.inline(text, text, classes=["claim-number"]),
        refdomain="std",
        reftype="ref",
        reftarget=_anchor(found.id),
        refexplicit=True,
        refwarn=True,
    )
    return nodes.inline("", "", reference, classes=["claim"])


def _mark(found: Claim) -> nodes.Node:
    # A word, not a colour or a symbol: it is read out, and printed, as what it says.
    return nodes.superscript("", found.kind, classes=["claim-mark", f"claim-{found.kind}"])


def _anchor(id: str) -> str:
    return "claim-" + re.sub(r"[^a-z0-9]+", "-", id)


def _note_label(env: BuildEnvironment, id: str) -> None:
    standard = env.get_domain("std")
    place = (env.docname, _anchor(id))
    standard.data["labels"][_anchor(id)] = (*place, id)
    standard.data["anonlabels"][_anchor(id)] = place


def _this_build(found: Claim, outcomes: Outcomes) -> str:
    outcome = outcomes.get(found.id)
    if found.kind == "quoted":
        return ""
    if outcome is None:
        return "not measured in this build"
    if outcome.got is None:
        return outcome.reason or "other weights"
    return found.printed(outcome.got)


def _how(found: Claim) -> nodes.paragraph:
    if found.kind == "quoted":
        return nodes.paragraph("", f"quoted: {sources()[found.source]}")
    noun = "image" if found.n_total == 1 else "images"
    images = f"{found.dataset} {found.split}, {found.n_total:,} {noun}" if found.n_total else ""
    facts = (images, found.backend, found.recipe, found.date)
    how = nodes.paragraph("", "".join(f"{fact}; " for fact in facts if fact))
    # Literal, or its two dashes would become one long one.
    how += nodes.literal(found.command, found.command)
    return how


def _history(found: Claim) -> tuple[Cell, ...]:
    """Return a row with all earlier numbers of a claim, the newest first."""
    last = found.history[-1].number
    change = found.number - last
    moved = f"{change:+,.{found.decimals}f}"
    if found.counts_images:
        moved = f"{100 * change / (found.n_total or 1):+.2f} points"
    name = nodes.paragraph("", f"{found.what} ")
    name += nodes.literal(found.id, found.id)
    earlier = nodes.line_block(
        "",
        *(
            nodes.line("", f"{found.printed(past.number)} ({past.date})")
            for past in reversed(found.history)
        ),
    )
    return (name, earlier, f"{found} ({found.date})", moved)


def _outcomes(env: BuildEnvironment) -> Outcomes:
    return getattr(env, "claims_outcomes", {})


def _read(app: Sphinx, config: Config) -> None:
    """Refuse a ledger that nothing can be printed from, before anything is built."""
    try:
        all_claims()
    except ClaimError as error:
        # Of any other exception Sphinx prints versions, log and traceback.
        raise SystemExit(str(error)) from None


def _measure(app: Sphinx) -> None:
    """Measure after the gallery has run and before any page is read."""
    if app.config.claims_measure:
        app.env.claims_outcomes = {outcome.claim.id: outcome for outcome in measure()}


def _pages_to_read_again(app: Sphinx, env: BuildEnvironment, *changed: Any) -> list[str]:
    """Return the page of tables: its last column is new in each build that measures."""
    return [app.config.claims_page] if app.config.claims_measure else []


def _report(app: Sphinx, env: BuildEnvironment) -> None:
    root = Path(app.srcdir).parent
    ledger = Ledger(all_claims(), sources())
    for id, problem in problems_by_claim(_outcomes(env).values(), ledger).items():
        for place in uses(id, root) or ["the ledger only"]:
            logger.warning("%s", problem, location=place, type="claims")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role, the directives and the check with Sphinx."""
    app.add_config_value("claims_measure", True, "", types=(bool, int, str))
    app.add_config_value("claims_page", "user_guide/claims", "env", types=(str,))
    app.add_role("claim", ClaimRole())
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("claims-drift", ClaimsDrift)
    app.connect("config-inited", _read)
    app.connect("builder-inited", _measure, priority=900)
    app.connect("env-get-outdated", _pages_to_read_again)
    app.connect("env-check-consistency", _report)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
