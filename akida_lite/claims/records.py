"""What a record of the ledger may say, and the claim that it describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from akida_lite.claims.claim import Claim, Measured, Quantity, Quoted, Share
from akida_lite.errors import Problem

# Percentages are computed in float64, which holds every integer up to this one exactly.
_LARGEST = 2**53
_MOST_DECIMALS = 9
_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")

# Each field of a record in the ledger has the types that its value may have.
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("what", "unit", "measure", "file", "original", "source"), (str,)),
    **dict.fromkeys(("total", "decimals"), (int,)),
    **dict.fromkeys(("number", "slack"), (int, float)),
    "given": (dict,),
}

FIELDS = tuple(_TYPES)
"""Every field that a record may have."""


def from_fields(id: str, given: Mapping[str, Any]) -> tuple[Claim | None, list[Problem]]:
    """Return the claim that a record describes, and everything wrong with the record.

    Parameters
    ----------
    id : str
    given : dict
        Fields as TOML delivers them.

    Returns
    -------
    Claim or None
        None if anything is wrong.
    list of Problem
    """
    broken = _mistyped(given) or _rules_broken(id, given)
    if broken:
        return None, [Problem(f"claim {id!r}", what, remedy) for what, remedy in broken]

    def build(kind: type) -> Any:
        return kind(**{f.name: given[f.name] for f in fields(kind) if f.name in given})

    return (
        Claim(
            id=id,
            what=given["what"],
            amount=build(Share if "total" in given else Quantity),
            origin=build(Measured if "measure" in given else Quoted),
        ),
        [],
    )


def _mistyped(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong and its remedy, for every value that its field cannot have."""
    broken = []
    for name, value in given.items():
        kinds = _TYPES.get(name)
        if kinds is None:
            broken.append((f"unknown field {name!r}", f"use one of {', '.join(FIELDS)}"))
        elif not isinstance(value, kinds) or isinstance(value, bool):
            what = " or ".join(kind.__name__ for kind in kinds)
            broken.append((f"{name}={value!r} is of the wrong type", f"give it as {what}"))
        elif isinstance(value, str) and not value.isprintable():
            broken.append((f"{name}={value!r} has characters that do not print", "remove them"))
        elif isinstance(value, int | float) and not abs(value) <= _LARGEST:
            # The negation catches NaN, which compares as false.
            shown = repr(value) if isinstance(value, float) else "an integer"
            broken.append((f"{name} is {shown} beyond 2**53", "give it in a larger unit"))
    for key, value in given.get("given", {}).items() if not broken else ():
        if not isinstance(value, str | int | float) or not f"{key}{value}".isprintable():
            what = f"given has {key!r}={value!r}, which is no plain value"
            broken.append((what, "give a printable text, a number or a bool"))
    return broken


def _rules_broken(id: str, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    number, total = given.get("number"), given.get("total")
    decimals, slack = given.get("decimals", 0), given.get("slack", 0)
    measured, quoted = bool(given.get("measure")), bool(given.get("source"))
    of_runs = [name for name in ("given", "file", "slack", "original") if given.get(name)]
    rules = (
        (
            _ID.fullmatch(id),
            "its id is not dotted lower case",
            "name it with letters, digits, _ and dots, such as 'shop.visitors'",
        ),
        (bool(given.get("what")), "field 'what' is missing", "say what the number says"),
        (number is not None, "field 'number' is missing", "add it"),
        (
            measured != quoted,
            "it has both measure and source" if measured else "it has no measure, no source",
            "give the measure that repeats it, or the source that it is quoted from",
        ),
        (
            measured or not of_runs,
            f"a quoted number with {', '.join(of_runs)}",
            "remove it: nothing here measures the number",
        ),
        (
            number is None
            or total is None
            or (isinstance(number, int) and 0 < total and 0 <= number <= total),
            f"number={number} is no count of total={total}",
            "give both as integers, 0 <= number <= total",
        ),
        (
            total is None or not (given.get("unit") or decimals),
            "a share with unit or decimals",
            "remove them: a share prints in percent",
        ),
        (
            0 <= decimals <= _MOST_DECIMALS,
            f"decimals={decimals}",
            f"use 0 to {_MOST_DECIMALS}",
        ),
        (slack >= 0, f"slack={slack} is negative", "use 0 or more"),
    )
    return [(what, remedy) for holds, what, remedy in rules if not holds]
