"""``akida-lite claims`` and ``benchmark``: published numbers, and speeds of this machine."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from akida_lite import claims
from akida_lite.benchmark import (
    PEERS,
    as_line,
    benchmark,
    growth,
    require_known,
    statistics_cost,
    this_machine,
)
from akida_lite.benchmark.results import Result
from akida_lite.claims import checking
from akida_lite.files import atomic_write
from akida_lite.zoo.networks import NETWORKS


def add_commands(commands: Any) -> None:
    """Add both commands to the parser's subcommands."""
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
    speed = commands.add_parser(
        "benchmark",
        help="images per second here, of this package and of others",
        description="Measure every peer in a process of its own, and print a JSON object a "
        "line, the machine first. Ratios above 1 are faster than Keras.",
    )
    speed.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help=f"{', '.join(NETWORKS)} (default: all), or module:function that returns an "
        "akida_lite.benchmark.Subject",
    )
    speed.add_argument(
        "--peers", nargs="+", default=list(PEERS), help=f"among {', '.join(PEERS)}"
    )
    speed.add_argument(
        "--seconds", type=float, default=3.0, help="time for each figure (default: 3)"
    )
    speed.add_argument(
        "--growth",
        action="store_true",
        help="measure a small network with growing batches, images and widths instead",
    )
    speed.add_argument(
        "-o", "--output", metavar="FILE", help="write the lines to a file as well, when done"
    )
    speed.add_argument(
        "--note", default="", help="what a reader of the figures should know about the run"
    )
    speed.set_defaults(run=run_benchmark)


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


def run_benchmark(given: argparse.Namespace) -> int:
    """Measure, and print a line as soon as it is known."""
    lines = []
    for result in _results(given):
        lines.append(as_line(result))
        print(lines[-1], flush=True)
    if given.output:
        with atomic_write(given.output) as file:
            file.write("".join(f"{line}\n" for line in lines).encode())
    return 0


def _results(given: argparse.Namespace) -> Iterator[Result]:
    models = given.models or list(NETWORKS)
    require_known(models, given.peers)
    yield this_machine(given.note)
    if given.growth:
        yield from growth(seconds=given.seconds)
        return
    for model in models:
        yield from benchmark(model, peers=given.peers, seconds=given.seconds)
        if "akida_lite" in given.peers:
            yield statistics_cost(model, seconds=given.seconds)


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
