"""The machine that figures are about."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from akida_lite.engine.options import usable_cores

PACKAGES = ("akida_lite", "numpy", "keras", "tensorflow", "onnx", "onnxruntime", "openvino")

# Instructions that multiply bytes, as Linux names them among a processor's flags.
_INSTRUCTIONS = ("avx2", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm")


@dataclass(frozen=True)
class Machine:
    """The first line of a file of results.

    Attributes
    ----------
    processor : str
    cores : int
        That the process may use.
    instructions : tuple of str
        Those for products of bytes, where the system tells.
    system, python : str
    packages : dict of str to str
        Versions of what is installed.
    date : str
        ISO 8601.
    load : float or None
        Processes that wanted to run in the minute before, where the system tells. Near 0 on
        a quiet machine.
    note : str
    """

    processor: str
    cores: int
    instructions: tuple[str, ...]
    system: str
    python: str
    packages: dict[str, str]
    date: str
    load: float | None
    note: str = ""


def this_machine(note: str = "") -> Machine:
    """Return the facts of this machine, now.

    Parameters
    ----------
    note : str
        What else a reader should know about the run.
    """
    facts = _processor_facts()
    flags = facts.get("flags", facts.get("Features", "")).split()
    return Machine(
        processor=facts.get("model name") or platform.processor() or platform.machine(),
        cores=usable_cores(),
        instructions=tuple(name for name in _INSTRUCTIONS if name in flags),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages=_versions(),
        date=date.today().isoformat(),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        note=note,
    )


def _processor_facts() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
