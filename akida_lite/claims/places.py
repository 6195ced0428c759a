"""Where texts state a claim: the ledger's pages and the ledger itself, as ``path:line``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from akida_lite.claims.ledger import Ledger

# f"{shop}.visitors": a page that puts ids together states every claim that this fits.
_BUILT = re.compile(r"""\bf(["'])([\w.{}]*\}[\w.{}]*)\1""")
_FIELD = re.compile(r"\{\w+\}")
# Another directive may hold the table, as a fold does: then both are indented.
_TABLE = re.compile(r"^ *\.\. claims-table::\n(?P<options>(?: +:\w+:.*\n)*)", re.MULTILINE)
_OPTION = re.compile(r":(?P<name>\w+): *(?P<value>.*)")
_HEADER = re.compile(r"\s*\[(?P<name>[^\[\]]+)\]")
_KEY = re.compile(r"(?P<name>[^=#\[{]+)=")
_DECORATION = re.compile(r"[\s\"']")


def uses(id: str, ledger: Ledger) -> list[str]:
    """Return the places that state a claim, as ``path:line``.

    Parameters
    ----------
    id : str
    ledger : Ledger
        Its `pages` are searched.

    Returns
    -------
    list of str
        Where the id is named or put together, then the tables that list it, last its
        record in the ledger. Paths start from the current folder where they lie in it.
    """
    # A longer id or a sentence's full stop may follow; neither belongs to this one.
    word = re.compile(rf"(?<![\w.]){re.escape(id)}(?!\.?\w)")
    named, listed = [], []
    for path in pages(ledger):
        text, name = path.read_text("utf-8", errors="replace"), _shown(path)
        for number, line in enumerate(text.splitlines(), start=1):
            if word.search(line) or (path.suffix == ".py" and _built(id, line)):
                named.append(f"{name}:{number}")
        for table in _TABLE.finditer(text):
            if lists(ledger, id, dict(_OPTION.findall(table["options"]))):
                listed.append(f"{name}:{text.count(chr(10), 0, table.start()) + 1}")
    line_of = record_line(id, ledger.path.read_text("utf-8"))
    return [*named, *listed, f"{_shown(ledger.path)}:{line_of}"]


def pages(ledger: Ledger) -> Iterator[Path]:
    """Yield the files that a ledger's patterns name."""
    for pattern in ledger.pages:
        yield from sorted(path for path in ledger.path.parent.glob(pattern) if path.is_file())


def lists(ledger: Ledger, id: str, options: dict[str, str]) -> bool:
    """Return whether a ``claims-table`` with these options lists a claim."""
    kind = ledger.claims[id].kind
    if options.get("kind", kind) != kind:
        return False
    try:
        return bool(re.fullmatch(options.get("ids", ".*"), id))
    except re.error:
        return False  # Sphinx refuses the option at its place


def record_line(id: str, text: str) -> int:
    """Return the line of a ledger that a record stands in, counted from 1.

    It is the line with the longest part of the id: a number of its own, or the row that
    has it among others.
    """
    section, best, found = "", 0, 1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = name = _DECORATION.sub("", header["name"])
        elif key := _KEY.match(line):
            name = _DECORATION.sub("", f"{section}.{key['name']}").lstrip(".")
        else:
            continue
        if f"{id}.".startswith(f"{name}.") and len(name) > best:
            best, found = len(name), number
    return found


def _shown(path: Path) -> str:
    here, whole = Path.cwd(), path.resolve()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def _built(id: str, line: str) -> bool:
    """Whether a line has an f-string that can give the id, and says some of it."""
    for _, text in _BUILT.findall(line):
        literals = _FIELD.split(text)
        if any(part.strip(".") for part in literals) and re.fullmatch(
            r"\w*".join(map(re.escape, literals)), id
        ):
            return True
    return False
