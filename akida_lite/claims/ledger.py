"""A ledger: a TOML file of numbers, read and checked as a whole.

Numbers stand in dotted tables. What a table says of ``what``, ``source`` and so on holds for
all numbers in it; ``columns`` says what a bare number under a name means::

    [measures]
    visitors = "counting:visitors"   # a module, beside this file or installed: its function
    area = "counting:area"

    [columns]
    visitors = {what = "visitors", measure = "visitors"}

    [shop]
    what = "The shop"
    visitors = 1234                  # shop.visitors: "The shop, visitors"
    area = {what = "area", number = 80, unit = "m²", measure = "area"}
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, cast

from akida_lite.claims.claim import Claim, Measured, Quoted
from akida_lite.claims.records import FIELDS, from_fields
from akida_lite.errors import ClaimError, Problem
from akida_lite.files import open_regular

_PAGES = ("**/*.rst", "**/*.md")
_LARGEST = 1 << 20  # bytes, which Python's reader of TOML takes seconds for

# These tables are about the ledger itself; each holds values of this form.
_SECTIONS = {
    "measures": (re.compile(r"[\w.]+:\w+"), "give it as 'module:function'"),
    "sources": (re.compile(r".+"), "give a full reference in one line"),
    "files": (re.compile(r"[0-9a-f]{64}"), "give its SHA-256 as 64 hexadecimal digits"),
}

Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What a TOML file publishes.

    Attributes
    ----------
    path : path
        The file; names of files in it start from its folder.
    claims : dict of str to Claim
        By id.
    measures : dict of str to str
        What a claim's `measure` stands for, as ``"module:function"``.
    sources : dict of str to str
        What a claim's `source` stands for: a full reference.
    files : dict of str to str
        Files that are measured, to their SHA-256 when the numbers were taken.
    pages : tuple of str
        Patterns of the texts that state claims.
    """

    path: Path
    claims: Mapping[str, Claim]
    measures: Mapping[str, str]
    sources: Mapping[str, str]
    files: Mapping[str, str]
    pages: tuple[str, ...] = _PAGES

    def claim(self, id: str) -> Claim:
        """Return the claim of that name.

        Parameters
        ----------
        id : str

        Raises
        ------
        ClaimError
            If there is none; the message names the nearest ones.
        """
        if id in self.claims:
            return self.claims[id]
        near = difflib.get_close_matches(id, self.claims, n=3, cutoff=0.5)
        raise ClaimError(
            Problem(
                f"claim {id!r}",
                "the ledger has no such number",
                f"use one of its {len(self.claims)} ids"
                + (f", for instance {', '.join(near)}" if near else "")
                + "; 'akida-lite claims' lists them",
            )
        )


def read_ledger(path: Path) -> Ledger:
    """Read and check a ledger. Nothing that it names is imported or run.

    Parameters
    ----------
    path : path

    Returns
    -------
    Ledger

    Raises
    ------
    ClaimError
        Listing every record that breaks the schema, and every measure, source, file or
        original that is not in the ledger.
    OSError
        If the file cannot be read.
    """
    with open_regular(path) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        problem = f"it has more than {_LARGEST} bytes"
        raise ClaimError(Problem(f"file '{path.name}'", problem, "keep several ledgers"))
    return parse_ledger(path, content)


def parse_ledger(path: Path, content: bytes) -> Ledger:
    """Return the ledger that a file with this content would be.

    Parameters
    ----------
    path : path
        Need not exist.
    content : bytes

    Raises
    ------
    ClaimError
        As :func:`read_ledger`.
    """
    problems: list[Problem] = []
    try:
        document = tomllib.loads(content.decode("utf-8"))
        sections = {name: document.pop(name, {}) for name in _SECTIONS}
        pages = document.pop("pages", list(_PAGES))
        records = list(_records(document, problems))
    # Python refuses integers of too many digits and text nested too deep in its own ways.
    except (ValueError, RecursionError) as error:
        problem = f"it is no TOML ({error})"
        raise ClaimError(Problem(f"file '{path.name}'", problem, "mend the line")) from error
    for name, section in sections.items():
        problems += _malformed(name, section)
    if not isinstance(pages, list) or not all(map(_is_pattern, pages)):
        remedy = "give patterns of files from the ledger's folder, such as 'docs/*.rst'"
        problems.append(_problem("pages", f"{pages!r} is no list of patterns", remedy))
    claims: dict[str, Claim] = {}
    for id, fields in records:
        claim, found = from_fields(id, fields)
        problems += found
        if id in claims:
            problems.append(Problem(f"claim {id!r}", "it stands twice", "remove one"))
        elif claim is not None:
            claims[id] = claim
    if not problems:
        problems = [p for claim in claims.values() for p in _dangling(claim, claims, sections)]
    if problems:
        raise ClaimError(problems)
    return Ledger(path=path, claims=claims, pages=tuple(pages), **sections)


def _malformed(name: str, section: Any) -> list[Problem]:
    form, remedy = _SECTIONS[name]
    if not isinstance(section, dict):
        return [_problem(name, f"{section!r} is no table", f"write [{name}]")]
    return [
        _problem(f"{name}.{key}", f"{value!r} is not in its form", remedy)
        for key, value in cast(Fields, section).items()
        if not (
            isinstance(value, str) and form.fullmatch(value) and f"{key}{value}".isprintable()
        )
    ]


def _is_pattern(text: object) -> bool:
    """Whether `Path.glob` accepts a text."""
    if not isinstance(text, str) or not text.isprintable():
        return False
    path = PurePath(text)
    # Two asterisks are a path's part of their own or an error, before Python 3.13.
    whole = all(part == "**" or "**" not in part for part in path.parts)
    return whole and bool(path.parts) and not path.is_absolute()


def _records(
    table: Fields,
    problems: list[Problem],
    prefix: str = "",
    inherited: Fields | None = None,
    columns: Fields | None = None,
) -> Iterator[tuple[str, Fields]]:
    """Yield id and fields of every number; fields of the tables around it hold for it too."""
    if "columns" in table:
        columns = _columns(table["columns"], f"{prefix}columns", problems)
    own = {name: value for name, value in table.items() if name in FIELDS}
    inner = {key: table[key] for key in table if key not in FIELDS and key != "columns"}
    if "number" in own:
        column = _longest_suffix(prefix[:-1], columns or {})
        yield prefix[:-1], _joined(inherited or {}, column, own)
    elif not inner and prefix and "columns" not in table:
        problems.append(_problem(prefix[:-1], "it holds no number", "add its number"))
    if "number" in own and inner:
        what = f"beside its number it has {', '.join(map(repr, inner))}"
        remedy = f"use the fields {', '.join(FIELDS)}"
        problems.append(_problem(prefix[:-1], what, remedy))
        return
    around = _joined(inherited or {}, own)
    for key, value in inner.items():
        if isinstance(value, int | float):
            value = {"number": value}
        if isinstance(value, dict):
            yield from _records(value, problems, f"{prefix}{key}.", around, columns)
        else:
            what = f"{value!r} is neither a number nor a table"
            remedy = f"give a number, or one of the fields {', '.join(FIELDS)}"
            problems.append(_problem(f"{prefix}{key}", what, remedy))


def _columns(table: Any, name: str, problems: list[Problem], prefix: str = "") -> Fields:
    """Return the fields of each column by its dotted name."""
    found: Fields = {}
    for key, value in table.items() if isinstance(table, dict) else [(name, table)]:
        if not isinstance(value, dict):
            what = f"{value!r} is no table of fields"
            problems.append(_problem(f"{name}.{prefix}{key}", what, "give {what = ...}"))
        elif any(field in FIELDS for field in value):
            found[f"{prefix}{key}"] = value
        else:
            found |= _columns(value, name, problems, f"{prefix}{key}.")
    return found


def _longest_suffix(id: str, columns: Fields) -> Fields:
    parts = id.split(".")
    for start in range(len(parts)):
        column: Fields | None = columns.get(".".join(parts[start:]))
        if column is not None:
            return column
    return {}


def _joined(*levels: Fields) -> Fields:
    """Return the fields of all levels, later ones first; `what` says all of them."""
    subjects = [level["what"] for level in levels if isinstance(level.get("what"), str)]
    merged = {name: value for level in levels for name, value in level.items()}
    return merged | ({"what": ", ".join(subjects)} if subjects else {})


def _dangling(
    claim: Claim, claims: Mapping[str, Claim], sections: Mapping[str, Mapping[str, str]]
) -> list[Problem]:
    """Return every name in a record that stands for nothing in the ledger."""
    origin = claim.origin
    if isinstance(origin, Quoted):
        named = {"sources": origin.source}
    else:
        named = {"measures": origin.measure, "files": origin.file}
    problems = [
        _problem(
            claim.id,
            f"{section[:-1]}={name!r} is not listed",
            f"add it to [{section}], or use one of {', '.join(sections[section]) or 'none'}",
        )
        for section, name in named.items()
        if name and name not in sections[section]
    ]
    if isinstance(origin, Measured) and origin.original:
        original = claims.get(origin.original)
        if original is None or original.kind != "quoted":
            what = f"original={origin.original!r} is no quoted claim"
            problems.append(_problem(claim.id, what, "name a claim that has a source"))
    return problems


def _problem(id: str, what: str, remedy: str) -> Problem:
    return Problem(f"claim {id!r}", what, remedy)
