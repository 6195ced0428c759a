"""``akida-lite claims``: the published numbers, listed, checked or written anew."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from akida_lite.claims import Ledger, check, measure, read_ledger, write
from akida_lite.errors import shown
from akida_lite.published import LEDGER, ledger


def add_commands(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    numbers = commands.add_parser(
        "claims",
        help="published numbers: list them, measure them again, or write what changed",
        description="List the published numbers and where they came from.",
    )
    action = numbers.add_mutually_exclusive_group()
    own: dict[str, Any] = {"nargs": "?", "const": LEDGER, "type": Path, "metavar": "FILE"}
    action.add_argument(
        "--check",
        help="measure, by the functions that the ledger names; exit status 1 if a number "
        "differs (default: the package's own ledger)",
        **own,
    )
    action.add_argument("--write", help="measure; write differences into the ledger", **own)
    numbers.add_argument(
        "--full",
        action="store_true",
        help="let measures take minutes, and fetch data that is missing",
    )
    numbers.add_argument("--json", action="store_true", help="print the list as JSON")
    numbers.set_defaults(run=run_claims)


def run_claims(given: argparse.Namespace) -> int:
    """List, check or write published numbers."""
    if given.check:
        return _check(read_ledger(given.check), given.full)
    if given.write:
        changed = write(given.write, given.full)
        for claim in changed:
            print(f"{claim.id}: {claim}")
        print(f"{len(changed)} claims changed")
        return 0
    known = ledger().claims
    if given.json:
        print(json.dumps([asdict(claim) for claim in known.values()]))
        return 0
    width = max(map(len, known), default=0)
    for id, claim in known.items():
        print(shown(f"{id:{width}}  {claim!s:>20}  {claim.kind}: {claim.origin}"))
    return 0


def _check(ledger: Ledger, full: bool) -> int:
    outcomes = measure(ledger, full)
    for outcome in outcomes:
        claim = outcome.claim
        if outcome.got is not None:
            got = claim.with_number(outcome.got).amount
            verdict = "as published" if claim.agrees(outcome.got) else "differs"
            if verdict == "as published" and got != claim.amount:
                verdict = f"within {claim.slack:,} of the published {claim.amount.exactly}"
            print(f"{claim.id}: {got.exactly}, {verdict}")
        elif outcome.fault is None:
            print(shown(f"{claim.id}: not measured, {outcome.reason}"))
    problems = check(outcomes, ledger)
    for problem in problems:
        print(problem)
    measured = sum(outcome.got is not None for outcome in outcomes)
    print(f"{measured} of {len(outcomes)} claims measured, {len(problems)} not as published")
    return int(bool(problems))
