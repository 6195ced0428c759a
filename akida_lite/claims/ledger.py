"""The ledger: ``claims.toml`` read, checked as a whole, and written in one canonical form."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from akida_lite.claims.record import FIELDS, Claim, Past, from_fields
from akida_lite.errors import ClaimError, Problem

LEDGER = Path(__file__).parents[1] / "zoo" / "claims.toml"

_HEADER = """\
# Every number that a page, the README or a docstring states, once.
# Measured numbers are written by 'akida-lite claims --write', never by hand;
# docs/user_guide/claims.rst says what the fields mean.
"""


@dataclass(frozen=True)
class Ledger:
    """All claims by id, and the works that quoted ones come from.

    Attributes
    ----------
    claims : dict of str to Claim
    sources : dict of str to str
        What a claim's `source` stands for: a full reference.
    """

    claims: Mapping[str, Claim]
    sources: Mapping[str, str]


def read_ledger(path: Path = LEDGER, *, drafts: bool = False) -> Ledger:
    """Read and check a ledger.

    Parameters
    ----------
    path : path
        The package's own by default.
    drafts : bool
        Whether measured records without a date, which nobody has measured yet, may be
        among them.

    Raises
    ------
    ClaimError
        Listing every record that breaks the schema, every source that is not listed
        and every original that is no quoted claim.
    OSError
        If the file cannot be read.
    """
    document = _document(path)
    sources: dict[str, str] = document.pop("sources", {})
    claims: dict[str, Claim] = {}
    problems: list[Problem] = []
    for id, given in _records(document):
        claim, found = from_fields(id, given, drafts)
        problems += found
        if claim is not None:
            claims[id] = claim
    problems += _dangling(claims, sources)
    if problems:
        raise ClaimError(problems)
    return Ledger(claims, sources)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClaimError(
            Problem(
                f"file '{path.name}'",
                f"it is no TOML ({error})",
                "mend the line, or take it back: git checkout -- akida_lite/zoo/claims.toml",
            )
        ) from error


def dump_ledger(ledger: Ledger) -> str:
    """Return the ledger as canonical TOML: sorted, one field a line, defaults left out.

    Parameters
    ----------
    ledger : Ledger
    """
    parts = [_HEADER, "[sources]"]
    parts += [f"{key} = {_toml(text)}" for key, text in sorted(ledger.sources.items())]
    for id, claim in sorted(ledger.claims.items()):
        parts.append(f"\n[{id}]")
        parts += [f"{name} = {_toml(value)}" for name, value in _given(claim)]
    return "\n".join(parts) + "\n"


@cache
def _own() -> Ledger:
    return read_ledger()


def all_claims() -> Mapping[str, Claim]:
    """Return every claim of the package's ledger by id.

    Returns
    -------
    dict of str to Claim

    Raises
    ------
    ClaimError
        If the ledger breaks its schema.
    """
    return _own().claims


def sources() -> Mapping[str, str]:
    """Return the references that quoted claims come from, by key.

    Returns
    -------
    dict of str to str
    """
    return _own().sources


def claim(id: str) -> Claim:
    """Return a published number and where it came from.

    Parameters
    ----------
    id : str
        Dotted name of the claim; the documentation's page "Claims" lists them.

    Returns
    -------
    Claim
        Prints as the number; its attributes say what was measured, on what, and how to
        measure it again.

    Raises
    ------
    ClaimError
        If there is no such claim; the message names the nearest ones.

    Examples
    --------
    >>> print(claim("seed.vgg_cifar10.akida.top1"))
    91.59 %
    """
    known = all_claims()
    if id not in known:
        near = difflib.get_close_matches(id, known, n=3, cutoff=0.5)
        raise ClaimError(
            Problem(
                f"claim {id!r}",
                "the ledger has no such number",
                f"use one of its {len(known)} ids"
                + (f", for instance {', '.join(near)}" if near else "")
                + "; 'akida-lite claims' lists them",
            )
        )
    return known[id]


def _records(
    table: Mapping[str, Any], prefix: str = ""
) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield dotted ids with their fields; a table that holds only tables is a level."""
    for key, value in table.items():
        id = f"{prefix}{key}"
        nested = isinstance(value, dict) and value
        if nested and all(isinstance(inner, dict) for inner in value.values()):
            yield from _records(value, f"{id}.")
        else:
            yield id, value if isinstance(value, dict) else {"": value}


def _dangling(claims: Mapping[str, Claim], sources: Mapping[str, str]) -> list[Problem]:
    problems = []
    for claim in claims.values():
        if claim.source and claim.source not in sources:
            problems.append(
                Problem(
                    f"claim {claim.id!r}",
                    f"source={claim.source!r} is not listed",
                    f"add it to [sources], or use one of {', '.join(sources) or 'none'}",
                )
            )
        original = claims.get(claim.original)
        if claim.original and (original is None or original.kind != "quoted"):
            problems.append(
                Problem(
                    f"claim {claim.id!r}",
                    f"original={claim.original!r} is no quoted claim",
                    "name a claim of kind 'quoted'",
                )
            )
    return problems


def _given(claim: Claim) -> Iterable[tuple[str, Any]]:
    """Yield the fields that differ from their defaults, in the order of the class."""
    for name in FIELDS:
        value = getattr(claim, name)
        if value != getattr(Claim, name, None):
            yield name, value


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, Past):
        return f"{{date = {_toml(value.date)}, number = {_toml(value.number)}}}"
    # A TOML basic string escapes as JSON does; numbers are written alike.
    return json.dumps(value, ensure_ascii=False)
