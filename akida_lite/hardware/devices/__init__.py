"""The profiles of devices, one file for each device: every `Device` in a file here counts.

Nothing lists the files: a new one is found by the package, the command line, the tests and
the pages.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from akida_lite.hardware.device import Device


def _found() -> dict[str, Device]:
    modules = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Device)
    }


BY_NAME = _found()
"""Every profile by the name of its constant, in the order of files and of their lines."""
