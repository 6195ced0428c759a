"""``akida-lite claims``: the published numbers, listed, checked or written anew."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from akida_lite import claims
from akida_lite.claims import checking


def add_commands(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    ledger = commands.add_parser(
        "claims",
        help="published numbers: list them, measure them again, or write what changed",
        description="List the published numbers and where they came from.",
    )
    action = ledger.add_mutually_exclusive_group()
    action.add_argument(
        "--check", action="store_true", help="measure; exit status 1 if a number differs"
    )
    action.add_argument(
        "--write", action="store_true", help="measure; write differences into the ledger"
    )
    ledger.add_argument(
        "--full",
        action="store_true",
        help="measure on full data sets too, fetched where missing",
    )
    ledger.add_argument("--json", action="store_true", help="print the list as JSON")
    ledger.set_defaults(run=run_claims)


def run_claims(given: argparse.Namespace) -> int:
    """List, check or write the published numbers."""
    if given.check:
        return _check(given.full)
    if given.write:
        changed = checking.write(given.full)
        for claim in changed:
            print(f"{claim.id}: {claim}")
        print(f"{len(changed)} claims changed")
        return 0
    known = claims.all_claims()
    if given.json:
        print(json.dumps([asdict(claim) for claim in known.values()]))
        return 0
    width = max(map(len, known), default=0)
    for id, claim in known.items():
        origin = claim.date if claim.kind == "measured" else claim.source
        print(f"{id:{width}}  {claim!s:>20}  {claim.kind} ({origin})")
    return 0


def _check(full: bool) -> int:
    outcomes = checking.measure(full)
    for outcome in outcomes:
        if outcome.got is not None:
            verdict = "differs" if outcome.differs else "as published"
            print(f"{outcome.claim.id}: {outcome.claim.exactly(outcome.got)}, {verdict}")
        elif outcome.problem is None:
            print(f"{outcome.claim.id}: not measured, {outcome.reason}")
    problems = checking.check(full, outcomes=outcomes)
    for problem in problems:
        print(problem)
    measured = sum(outcome.got is not None for outcome in outcomes)
    print(f"{measured} of {len(outcomes)} claims measured, {len(problems)} not as published")
    return int(bool(problems))
