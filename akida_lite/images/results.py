"""Rows of results as CSV, JSON lines or Parquet: written in parts, joined at the end."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from akida_lite.errors import InputError, Problem, shown
from akida_lite.extras import needed

Row = dict[str, Any]

FORMATS = (".csv", ".jsonl", ".parquet")

# A spreadsheet runs what begins with one of these; names and labels come from strangers.
_FORMULA = ("=", "+", "-", "@")


def columns_of(labels: bool, statistics: bool) -> tuple[str, ...]:
    """Return the names of the columns, in order."""
    best = ("class", "label", "score") if labels else ("class", "score")
    second = tuple("runner_up" if name == "class" else f"runner_up_{name}" for name in best)
    return ("name", *best, *second, *(("events", "operations") if statistics else ()), "model")


def format_of(path: Path) -> str:
    """Return the ending that says how to write, and look whether that is possible.

    Raises
    ------
    InputError
        If the ending is none that is known, or a package is missing.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        problem = f"its ending {ending!r} is none of {', '.join(FORMATS)}"
        raise InputError(Problem(f"file '{path}'", problem, "give it one of them"))
    if ending == ".parquet":
        needed("pyarrow.parquet", f"file '{path}'")
    return ending


def encoded(rows: Sequence[Row], columns: Sequence[str], ending: str) -> bytes:
    """Return rows as one part of a table.

    Parameters
    ----------
    rows : sequence of dict
        A key that is missing counts as None, which is an empty field.
    columns : sequence of str
    ending : str
        One of `FORMATS`.
    """
    rows = [{key: _plain(row.get(key)) for key in columns} for row in rows]
    if ending == ".parquet":
        return _parquet(rows, columns)
    text = io.StringIO()
    if ending == ".csv":
        cells = ({key: _cell(value) for key, value in row.items()} for row in rows)
        csv.DictWriter(text, columns, lineterminator="\n").writerows(cells)
    else:
        text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return text.getvalue().encode()


def join(parts: Iterable[Path], columns: Sequence[str], ending: str, file: IO[bytes]) -> None:
    """Write a table that was encoded in parts."""
    if ending == ".parquet":
        parquet = needed("pyarrow.parquet", "a Parquet file")
        with parquet.ParquetWriter(file, _schema(columns)) as writer:
            for part in parts:
                writer.write_table(parquet.read_table(part, schema=_schema(columns)))
        return
    if ending == ".csv":
        file.write(",".join(columns).encode() + b"\n")
    for part in parts:
        with open(part, "rb") as content:
            shutil.copyfileobj(content, file)


def _plain(value: Any) -> Any:
    """Return text that UTF-8 can hold; names of files may be any bytes."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return value


def _cell(value: Any) -> Any:
    """Return a value that stays in its line, and that a spreadsheet never computes."""
    if not isinstance(value, str):
        return value
    return shown(f"'{value}" if value.startswith(_FORMULA) else value)


def _schema(columns: Sequence[str]) -> Any:
    pyarrow = needed("pyarrow", "a Parquet file")
    kinds = {"score": "float32", "runner_up_score": "float32"}
    kinds |= dict.fromkeys(("class", "runner_up", "events", "operations"), "int64")
    return pyarrow.schema(
        [(name, pyarrow.type_for_alias(kinds.get(name, "string"))) for name in columns]
    )


def _parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    pyarrow, file = needed("pyarrow", "a Parquet file"), io.BytesIO()
    table = pyarrow.Table.from_pylist(list(rows), schema=_schema(columns))
    needed("pyarrow.parquet", "a Parquet file").write_table(table, file)
    return file.getvalue()
