"""Tasks that run in a process of their own, seen from the process that starts them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from akida_lite.errors import InputError, Problem

TASK = "--task"
"""Option by which the command does one task in place of measuring."""


def run_task(
    model: str,
    task: str,
    folder: str,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run one of `tasks` in a new process and return what it prints last.

    Parameters
    ----------
    model : str
        Name of a workload.
    task : str
        As `benchmark.tasks.run` takes it.
    folder : str
        With the files of the preparations.
    seconds : float
        How long each figure is measured.
    environment : mapping, optional
        More variables for the process.

    Raises
    ------
    InputError
        If it fails, with its reason.
    """
    started = repr(time.time())
    command = [sys.executable, str(Path(__file__).parent)]
    command += [TASK, model, task, folder, str(seconds), started]
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})}
    done = subprocess.run(command, capture_output=True, env=variables)
    require_success(done, f"{model!r}, {task}", f"run it alone: {shlex.join(command)}")
    facts: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return facts


def require_success(
    done: subprocess.CompletedProcess[bytes], measured: str, remedy: str
) -> None:
    """Raise InputError with the last line that a process said, if it failed."""
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        reason = f"exit status {done.returncode}: {said[-1].rstrip('.')}"
        raise InputError(Problem(f"benchmark of {measured}", reason, remedy))
