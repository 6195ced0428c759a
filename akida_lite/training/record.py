"""The run record: what a shipped weights file came from, as JSON beside it."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from akida_lite.errors import FileFormatError, Problem
from akida_lite.files import atomic_write, open_regular
from akida_lite.training.recipes import Recipe


def facts_of_this_machine() -> dict[str, Any]:
    """Return what may change the result in the last digits: versions, processor, day."""
    import tensorflow as tf

    return {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": version("keras"),
        "numpy": version("numpy"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "accelerators": [device.name for device in tf.config.list_physical_devices("GPU")],
    }


def write_record(path: Path, recipe: Recipe, state: dict[str, Any], start: str | None) -> None:
    """Write the record of a finished run.

    Parameters
    ----------
    path : Path
    recipe : Recipe
    state : dict
        ``seconds`` of training, ``curve`` and ``machines``; ``note`` where there is more
        to say of the run, ``trials`` where others were made before it.
    start : str or None
        File name of the weights it started from, where not the recipe's own start.
    """
    record = {
        "recipe": asdict(recipe),
        "start": Path(start).name if start else recipe.start,
        "seconds": round(state["seconds"]),
        "curve": state["curve"],
        "machines": state["machines"],
        "note": state.get("note", ""),
        "trials": state.get("trials", []),
    }
    with atomic_write(path) as file:
        file.write((json.dumps(record, indent=1) + "\n").encode())


def read_record(path: Path) -> dict[str, Any]:
    """Return what :func:`write_record` wrote.

    Raises
    ------
    FileFormatError
        If it is something else.
    """
    try:
        with open_regular(path) as file:
            record = json.loads(file.read())
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refused(path, f"it cannot be read ({reason})") from error
    recipe = record.get("recipe") if isinstance(record, dict) else None
    if not isinstance(recipe, dict) or not isinstance(recipe.get("cycles", []), list):
        raise _refused(path, "it holds no recipe")
    found: dict[str, Any] = record
    return found


def _refused(path: Path, problem: str) -> FileFormatError:
    remedy = "remove it to train again, or get it again from where it came from"
    return FileFormatError(Problem(f"run record '{path}'", problem, remedy))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()
