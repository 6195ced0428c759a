"""Hold the ledger against this tree, and write what changed."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from akida_lite.claims.ledger import LEDGER, Ledger, dump_ledger, read_ledger
from akida_lite.claims.measuring import MEASURES, WEIGHTS_FOLDER, Bench, NotMeasured
from akida_lite.claims.places import uses
from akida_lite.claims.record import Claim, Past
from akida_lite.claims.seals import broken_seal, sealed
from akida_lite.errors import ClaimError, Problem
from akida_lite.files import atomic_write, sha256_of

_SUBSTITUTION = re.compile(r"^\.\. \|(?P<id>[\w.]+)\| replace:: .*$", re.MULTILINE)
_NUMBERS_CHANGED = "Numbers changed\n~~~~~~~~~~~~~~~\n"
_RELEASE = re.compile(r"^\S.*\n-{3,}\n", re.MULTILINE)
_MOVED = re.compile(r"^\* ``(?P<id>[^`]+)``: (?P<was>.*) became ")


@dataclass(frozen=True)
class Outcome:
    """What this tree gives for one claim.

    Attributes
    ----------
    claim : Claim
    got : int, float or None
        Correct images or value; None where it was not measured.
    reason : str
        Why it was not measured.
    problem : Problem or None
        What keeps it from being measured as claimed: other weights.
    """

    claim: Claim
    got: int | float | None = None
    reason: str = ""
    problem: Problem | None = None

    @property
    def differs(self) -> bool:
        """Whether a number was measured and is not the claimed one."""
        return self.got is not None and not self.claim.agrees(self.got)


def measure(full: bool = False, ledger: Ledger | None = None) -> list[Outcome]:
    """Measure every claim that can be measured.

    Parameters
    ----------
    full : bool
        Measure everything: fetch the full data set where it is missing, and run Keras
        over it. Otherwise the full data set is used where it is at hand, by the fast
        engine only.
    ledger : Ledger, optional
        The package's own by default.

    Returns
    -------
    list of Outcome
        One for each claim of kind "measured", sorted by model.
    """
    bench = Bench(full)
    claims = (ledger or read_ledger()).claims.values()
    measured = [claim for claim in claims if claim.kind == "measured"]
    return [
        _outcome(claim, bench)
        for claim in sorted(measured, key=lambda claim: (claim.model, claim.bits, claim.id))
    ]


def check(
    full: bool = False,
    *,
    root: Path | None = None,
    outcomes: Iterable[Outcome] | None = None,
    ledger: Ledger | None = None,
) -> list[Problem]:
    """Return every claim that this tree contradicts, or whose record was edited.

    Parameters
    ----------
    full : bool
        As for :func:`akida_lite.claims.measure`.
    root : path, optional
        Checkout whose pages are searched for the places that state a claim; the current
        folder by default.
    outcomes : iterable of Outcome, optional
        Measured already; nothing is measured then.
    ledger : Ledger, optional
        The package's own by default.

    Returns
    -------
    list of Problem
        Each with the pages and lines that state the number, the number expected, the
        number got, and the command that updates the ledger. Empty when all is well.
    """
    root = root or Path()
    ledger = ledger or read_ledger()
    found = problems_by_claim(measure(full, ledger) if outcomes is None else outcomes, ledger)
    return [_stated_in(uses(id, root), problem) for id, problem in found.items()]


def problems_by_claim(outcomes: Iterable[Outcome], ledger: Ledger) -> dict[str, Problem]:
    """Return by id what contradicts a claim: a run, its weights, or its own seal.

    Parameters
    ----------
    outcomes : iterable of Outcome
        What was measured; may be empty.
    ledger : Ledger
        All claims, the measured and the quoted.
    """
    found = {}
    for outcome in outcomes:
        claim, got = outcome.claim, outcome.got
        # Slack is for other processors, not for edits: those show however small they are.
        if got is not None and (
            outcome.differs or (broken_seal(claim) and got != claim.number)
        ):
            found[claim.id] = claim.mismatch(got)
        elif outcome.problem is not None:
            found[claim.id] = outcome.problem
    broken = {id: broken_seal(claim) for id, claim in ledger.claims.items()}
    return {id: problem for id, problem in broken.items() if problem is not None} | found


def _stated_in(places: list[str], problem: Problem) -> Problem:
    if not places:
        return problem
    return replace(problem, subject=f"{problem.subject} (stated in {', '.join(places)})")


def write(full: bool = False, *, root: Path | None = None) -> list[Claim]:
    """Bring the ledger, the README and the change log up to what this tree gives.

    Parameters
    ----------
    full : bool
        As for :func:`akida_lite.claims.measure`.
    root : path, optional
        Checkout whose README and change log are brought up to date; the current folder
        by default.

    Returns
    -------
    list of Claim
        The claims that changed, as they are now; a record without a date is a draft and
        gets its first number.

    Raises
    ------
    ClaimError
        If weights are missing, or the newest release in a checkout's change log has no
        section "Numbers changed".
    """
    root = root or Path()
    own = root / "akida_lite" / "zoo" / "claims.toml"
    path = own if own.is_file() else LEDGER
    ledger = read_ledger(path, drafts=True)
    shipped = {id: _with_shipped_weights(claim) for id, claim in ledger.claims.items()}
    outcomes = measure(full, Ledger(shipped, ledger.sources))
    problems = [outcome.problem for outcome in outcomes if outcome.problem is not None]
    if problems:
        raise ClaimError(problems)
    today = datetime.date.today().isoformat()
    claims = shipped | {outcome.claim.id: _taken_over(outcome, today) for outcome in outcomes}
    claims = {id: sealed(claim) for id, claim in claims.items()}
    changed = [claim for id, claim in claims.items() if claim != ledger.claims[id]]
    _log_changes(root / "CHANGES.rst", changed, ledger)
    _replace(path, dump_ledger(Ledger(claims, ledger.sources)))
    refill(root / "README.rst", claims)
    return changed


def _outcome(claim: Claim, bench: Bench) -> Outcome:
    if claim.weights:
        problem = _foreign_weights(claim)
        if problem is not None:
            return Outcome(claim, problem=problem)
    if claim.quantity not in MEASURES:
        return Outcome(claim, reason=f"only by hand: {claim.command}")
    try:
        return Outcome(claim, MEASURES[claim.quantity](claim, bench))
    except NotMeasured as reason:
        return Outcome(claim, reason=str(reason))


def _foreign_weights(claim: Claim) -> Problem | None:
    file = WEIGHTS_FOLDER / claim.weights
    digest = sha256_of(file) if file.is_file() else "no file"
    if digest == claim.sha256:
        return None
    return Problem(
        f"claim {claim.id!r}",
        f"it was measured with weights {claim.weights} of SHA-256 {claim.sha256}, shipped "
        f"are {digest}",
        "ship the weights it was measured with, or run 'akida-lite claims --write'",
    )


def _with_shipped_weights(claim: Claim) -> Claim:
    file = WEIGHTS_FOLDER / claim.weights
    if not file.is_file():
        return claim
    return replace(claim, sha256=sha256_of(file), seed=_seed(file, claim.seed))


def _seed(weights: Path, known: int | None) -> int | None:
    """Return the seed in the record of the run that made the weights, or the known one."""
    record = weights.with_suffix(".json")
    if not record.is_file():
        return known
    seed: int = json.loads(record.read_bytes())["recipe"]["seed"]
    return seed


def _taken_over(outcome: Outcome, today: str) -> Claim:
    """Return the claim with the number that was measured; a draft gets its first one."""
    claim = outcome.claim
    if outcome.got is None or (claim.date and outcome.got == claim.number):
        return claim
    past = (Past(date=claim.date, number=claim.number),) if claim.date else ()
    updated = replace(claim, date=today, history=claim.history + past)
    if claim.counts_images:
        return replace(updated, n_correct=int(outcome.got))
    return replace(updated, value=outcome.got)


def _log_changes(path: Path, changed: list[Claim], ledger: Ledger) -> None:
    was = ledger.claims
    moved = [c for c in changed if was[c.id].date and c.number != was[c.id].number]
    if not moved or not path.is_file():
        return
    text = path.read_text("utf-8")
    # What an older release says has moved stays as it was published.
    newest = "".join(_RELEASE.split(text, maxsplit=2)[:2])
    if _NUMBERS_CHANGED not in newest:
        raise ClaimError(
            Problem(
                f"file '{path.name}'",
                'its newest release has no section "Numbers changed"',
                "add the heading there, underlined with tildes",
            )
        )
    head, tail = text.split(_NUMBERS_CHANGED, 1)
    lines = tail.removeprefix("\n").splitlines(keepends=True)
    listed = list(takewhile(lambda line: line.startswith(("*", " ")), lines))
    rest = "".join(lines[len(listed) :]).removeprefix("\n")
    # One line a number: from what it was in the last release to what it is now.
    before = {claim.id: str(was[claim.id]) for claim in moved}
    kept = []
    for line in listed:
        entry = _MOVED.match(line)
        if entry and entry["id"] in before:
            before[entry["id"]] = entry["was"]
        else:
            kept.append(line)
    new = [
        f"* ``{claim.id}``: {before[claim.id]} became {claim} ({claim.date}).\n"
        for claim in moved
        if str(claim) != before[claim.id]
    ]
    section = "".join([*new, *kept]) + ("\n" if rest else "")
    _replace(path, f"{head}{_NUMBERS_CHANGED}\n{section}{rest}")


def refill(path: Path, claims: Mapping[str, Claim]) -> None:
    """Rewrite the README's substitutions, the one place where no role can print a claim.

    Parameters
    ----------
    path : path
        Left alone where there is no such file.
    claims : dict of str to Claim
    """
    if not path.is_file():
        return
    text = path.read_text("utf-8")
    filled = _SUBSTITUTION.sub(
        lambda match: (
            f".. |{match['id']}| replace:: {claims[match['id']]}"
            if match["id"] in claims
            else match[0]
        ),
        text,
    )
    if filled != text:
        _replace(path, filled)


def _replace(path: Path, text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))
