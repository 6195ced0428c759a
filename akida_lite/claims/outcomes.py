"""Measure what a ledger says, and report what differs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from numbers import Integral, Real
from typing import TypeAlias

from akida_lite.claims.claim import Claim, Measured
from akida_lite.claims.ledger import Ledger
from akida_lite.claims.places import uses
from akida_lite.errors import Problem
from akida_lite.files import sha256_of

Measure: TypeAlias = Callable[[Claim, bool], int | float]
"""Takes a claim, and whether minutes and downloads are granted; returns its number today."""


class NotMeasured(Exception):
    """Raised by a measure that cannot run here and now; the text says why."""


@dataclass(frozen=True)
class Outcome:
    """What was measured for one claim.

    Attributes
    ----------
    claim : Claim
    got : int, float or None
        Its number today; None where it was not measured.
    reason : str
        Why it was not measured.
    fault : Problem or None
        What keeps it from being measured as claimed: another file, a measure that fails.
    """

    claim: Claim
    got: int | float | None = None
    reason: str = ""
    fault: Problem | None = None

    @property
    def problem(self) -> Problem | None:
        """What contradicts the claim, if anything does."""
        if self.got is not None and not self.claim.agrees(self.got):
            return self.claim.mismatch(self.got)
        return self.fault


def measure(ledger: Ledger, full: bool = False) -> list[Outcome]:
    """Run the measure of every claim that has one. This runs code that the ledger names.

    Parameters
    ----------
    ledger : Ledger
    full : bool
        Whether measures may take minutes, and download what they need.

    Returns
    -------
    list of Outcome
        One for each measured claim; those of the same file follow each other.
    """
    measured = [c for c in ledger.claims.values() if isinstance(c.origin, Measured)]
    measured.sort(key=lambda claim: (_file_of(claim), claim.id))
    return [_outcome(claim, ledger, full) for claim in measured]


def check(outcomes: Iterable[Outcome], ledger: Ledger) -> list[Problem]:
    """Return every claim that an outcome contradicts.

    Parameters
    ----------
    outcomes : iterable of Outcome
        What :func:`measure` returned.
    ledger : Ledger

    Returns
    -------
    list of Problem
        Each with the pages and lines that state the number, the number expected and the
        number got. Empty when all is well.
    """
    problems = ((o.claim.id, o.problem) for o in outcomes)
    return [
        replace(p, subject=f"{p.subject} (stated in {', '.join(uses(id, ledger))})")
        for id, p in problems
        if p is not None
    ]


def _outcome(claim: Claim, ledger: Ledger, full: bool) -> Outcome:
    fault = _other_file(claim, ledger)
    if fault is not None:
        return Outcome(claim, fault=fault)
    assert isinstance(claim.origin, Measured)
    name = claim.origin.measure
    try:
        got = _plain(_function(name, ledger)(claim, full))
    except NotMeasured as reason:
        return Outcome(claim, reason=str(reason))
    # Anybody may write a measure, so any error of it is reported at the number's places.
    except Exception as error:
        what = f"its measure {name!r}, {ledger.measures[name]}, raised "
        what += f"{type(error).__name__}: {error}"
        remedy = "mend the function, or what the ledger says of it"
        return Outcome(claim, fault=Problem(f"claim {claim.id!r}", what, remedy))
    return Outcome(claim, got)


def _function(name: str, ledger: Ledger) -> Measure:
    """Import a measure; its module may lie beside the ledger."""
    module, _, function = ledger.measures[name].partition(":")
    folder = str(ledger.path.resolve().parent)
    # The folder goes to the end of the path, so that no file in it hides an installed module.
    sys.path.append(folder)
    try:
        found: Measure = getattr(import_module(module), function)
    finally:
        sys.path.remove(folder)
    return found


def _plain(number: object) -> int | float:
    """Return a number of numpy or another kind as Python's own."""
    if isinstance(number, Integral):
        return int(number)
    if isinstance(number, Real):
        return float(number)
    raise TypeError(f"it returned {number!r}, which is no number")


def _file_of(claim: Claim) -> str:
    return claim.origin.file if isinstance(claim.origin, Measured) else ""


def _other_file(claim: Claim, ledger: Ledger) -> Problem | None:
    """Return the problem that a claim's file is not the one that was measured."""
    name = _file_of(claim)
    if not name:
        return None
    path = ledger.path.parent / name
    digest = sha256_of(path) if path.is_file() else "no file"
    if digest == ledger.files[name]:
        return None
    return Problem(
        f"claim {claim.id!r}",
        f"it was measured on {name} of SHA-256 {ledger.files[name]}, here is {digest}",
        "bring back the file it was measured on, or run 'akida-lite claims --write'",
    )
