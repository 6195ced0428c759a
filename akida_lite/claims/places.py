"""Where a checkout states a claim: pages, README, docstrings and tables, as ``path:line``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_PAGES = ("README.rst", "docs/**/*.rst", "examples/**/*.py", "akida_lite/**/*.py")
_GENERATED = ("docs/_build/", "docs/examples/", "docs/gen/")
_LEDGER = "akida_lite/zoo/claims.toml"

# f"{model}.keras.top1": a page that puts ids together states every claim that this fits.
_BUILT = re.compile(r"""\bf(["'])([\w.{}]*\}[\w.{}]*)\1""")
_FIELD = re.compile(r"\{\w+\}")
_TABLE = re.compile(r"^\.\. claims-table::\n(?P<options>(?:   :\w+:.*\n)*)", re.MULTILINE)
_OPTION = re.compile(r":(?P<name>\w+): *(?P<value>.*)")


def uses(id: str, root: Path) -> list[str]:
    """Return the places that state a claim, as ``path:line``.

    Parameters
    ----------
    id : str
    root : path
        Checkout to search: README, documentation, examples and docstrings.

    Returns
    -------
    list of str
        Where the id is named or put together, then the tables that list it, last its
        record in the ledger.
    """
    # A longer id or a sentence's full stop may follow; neither belongs to this one.
    word = re.compile(rf"(?<![\w.]){re.escape(id)}(?!\.?\w)")
    record, kind = _record(id, root)
    named, listed = [], []
    for name, text in _pages(root):
        for number, line in enumerate(text.splitlines(), start=1):
            if word.search(line) or (name.startswith("examples/") and _built(id, line)):
                named.append(f"{name}:{number}")
        for table in _TABLE.finditer(text):
            options = dict(_OPTION.findall(table["options"]))
            same_kind = options.get("kind", kind) == kind
            if kind and same_kind and re.fullmatch(options.get("ids", ".*"), id):
                listed.append(f"{name}:{text.count(chr(10), 0, table.start()) + 1}")
    return [*named, *listed, *record]


def _pages(root: Path) -> Iterator[tuple[str, str]]:
    for pattern in _PAGES:
        for page in sorted(root.glob(pattern)):
            name = page.relative_to(root).as_posix()
            if not name.startswith(_GENERATED):
                yield name, page.read_text("utf-8")


def _built(id: str, line: str) -> bool:
    """Whether a line has an f-string that can give the id."""
    for _, text in _BUILT.findall(line):
        literals = map(re.escape, _FIELD.split(text))
        if re.fullmatch(r"\w*".join(literals), id):
            return True
    return False


def _record(id: str, root: Path) -> tuple[list[str], str]:
    """Return the place of a claim's own record, and its kind; empty where there is none."""
    ledger = root / _LEDGER
    text = ledger.read_text("utf-8") if ledger.is_file() else ""
    # Ids are bare keys in TOML; a record ends where the next begins.
    record = re.search(
        rf"^\[{re.escape(id)}\]\n(?P<fields>(?:(?!\[).*\n?)*)", text, re.MULTILINE
    )
    if record is None:
        return [], ""
    kind = re.search(r'^kind = "(\w+)"', record["fields"], re.MULTILINE)
    place = f"{_LEDGER}:{text.count(chr(10), 0, record.start()) + 1}"
    return [place], kind[1] if kind else ""
