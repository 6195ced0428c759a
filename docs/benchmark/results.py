"""Results as lines of JSON, each of which says what it is."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from akida_lite.errors import FileFormatError, Problem
from benchmark.counting import StatisticsCost
from benchmark.growing import GrowthPoint
from benchmark.machine import Machine
from benchmark.measuring import Measurement
from benchmark.spreading import Spread

Result = Machine | Measurement | StatisticsCost | GrowthPoint | Spread

KINDS: dict[type, str] = {
    Machine: "machine",
    Measurement: "peer",
    StatisticsCost: "statistics",
    GrowthPoint: "growth",
    Spread: "spread",
}
"""Type of a result to what its line says under ``kind``."""


def as_line(result: Result) -> str:
    """Return a result as one line of JSON, its ``kind`` first."""
    return json.dumps({"kind": KINDS[type(result)], **asdict(result)})


def lines_of(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the lines of a file that the benchmark wrote with ``--output``.

    Parameters
    ----------
    path : path

    Raises
    ------
    FileFormatError
        If a line is not a JSON object with a ``kind``.
    OSError
        If the file cannot be read.
    """
    with open(path, encoding="utf-8") as file:
        texts = file.read().splitlines()
    lines = []
    for number, text in enumerate(texts, start=1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict) or "kind" not in line:
            problem = f"line {number} is {text[:40]!r}, no JSON object with a 'kind'"
            remedy = "write it again: tox run -e benchmark -- --output FILE"
            raise FileFormatError(Problem(f"file '{os.fspath(path)}'", problem, remedy))
        lines.append(line)
    return lines
