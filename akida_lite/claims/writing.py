"""Write into a ledger, and into the pages that repeat it, what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from akida_lite.claims.claim import Claim, Measured
from akida_lite.claims.ledger import Ledger, parse_ledger, read_ledger
from akida_lite.claims.outcomes import Outcome, measure
from akida_lite.claims.places import pages, record_line
from akida_lite.errors import ClaimError, Problem
from akida_lite.files import atomic_write, sha256_of

_SUBSTITUTION = re.compile(r"^(\.\. \|([\w.]+)\| replace:: )[^\r\n]*", re.MULTILINE)


def write(path: Path, full: bool = False) -> list[Claim]:
    """Bring a ledger up to what its measures and files give today.

    Numbers and checksums are replaced where they stand; all else in the file stays. Pages
    with lines ``.. |id| replace:: number``, where no role can print a claim, follow.

    Parameters
    ----------
    path : path
        The ledger.
    full : bool
        As for :func:`akida_lite.claims.measure`.

    Returns
    -------
    list of Claim
        Those with another number, as they are now.

    Raises
    ------
    ClaimError
        If a file is missing, a measure fails, a file has changed and a number of it was not
        measured, or the form of the ledger hides where a number stands. Nothing is written
        then.
    """
    given = read_ledger(path)
    text = path.read_bytes().decode("utf-8")
    for name, known in given.files.items():
        file = path.parent / name
        if file.is_file():
            text = text.replace(known, sha256_of(file))
    ledger = parse_ledger(path, text.encode())
    outcomes = measure(ledger, full)
    problems = [
        fault
        for outcome in outcomes
        if (fault := outcome.fault or _stale(outcome, given, ledger)) is not None
    ]
    if problems:
        raise ClaimError(problems)
    changed = [
        outcome.claim.with_number(outcome.got)
        for outcome in outcomes
        if outcome.got is not None and outcome.got != outcome.claim.amount.number
    ]
    for claim in changed:
        text = _with_number(text, claim, ledger)
    claims = {**ledger.claims, **{claim.id: claim for claim in changed}}
    _replace(path, text)
    for page in pages(ledger):
        refill(page, claims)
    return changed


def _stale(outcome: Outcome, given: Ledger, now: Ledger) -> Problem | None:
    """Return the problem that a number was not measured though its file has changed."""
    origin = outcome.claim.origin
    file = origin.file if isinstance(origin, Measured) else ""
    if not file or outcome.got is not None or given.files[file] == now.files[file]:
        return None
    return Problem(
        f"claim {outcome.claim.id!r}",
        f"its file {file} has changed, and it was not measured: {outcome.reason}",
        "run 'akida-lite claims --write --full', or mend the reason",
    )


def _with_number(text: str, claim: Claim, ledger: Ledger) -> str:
    """Return the ledger's text with the number of one claim replaced."""
    expected = {**parse_ledger(ledger.path, text.encode()).claims, claim.id: claim}
    line = record_line(claim.id, text) - 1
    start = sum(map(len, text.splitlines(keepends=True)[:line]))
    name = rf"\b(?:number|{claim.id.rpartition('.')[2]})"
    for match in re.finditer(rf"({name}\s*=\s*)[-+\w.]+", text[start:]):
        before, after = text[: start + match.start()], text[start + match.end() :]
        tried = f"{before}{match[1]}{claim.amount.number!r}{after}"
        # Another record's number may be written alike: only the ledger that results counts.
        try:
            if parse_ledger(ledger.path, tried.encode()).claims == expected:
                return tried
        except ClaimError:
            continue
    raise ClaimError(
        Problem(
            f"claim {claim.id!r}",
            f"{claim.amount.exactly} was measured and cannot be written: its record has no "
            "'number = ...', or takes no such number",
            "write it as a number of its own, or mend the measure",
        )
    )


def refill(path: Path, claims: Mapping[str, Claim]) -> None:
    """Rewrite a page's lines ``.. |id| replace:: number``.

    Parameters
    ----------
    path : path
    claims : dict of str to Claim
    """
    text = path.read_bytes().decode("utf-8", errors="surrogateescape")
    filled = _SUBSTITUTION.sub(
        lambda match: f"{match[1]}{claims[match[2]]}" if match[2] in claims else match[0],
        text,
    )
    if filled != text:
        _replace(path, filled)


def _replace(path: Path, text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode("utf-8", errors="surrogateescape"))
