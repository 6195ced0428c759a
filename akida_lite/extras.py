"""Packages that only some pictures, tables and figures need, and what installs them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from akida_lite.errors import InputError, Problem

_EXTRAS = {"PIL": "images", "pyarrow": "images", "matplotlib": "plots"}
"""Top module to the extra of akida_lite that brings it."""


def needed(module: str, what: str) -> Any:
    """Return a module of an optional package.

    Parameters
    ----------
    module : str
        Dotted name.
    what : str
        What needs it, for the message.

    Raises
    ------
    InputError
        If it is not installed; the message has the command that installs it.
    """
    top = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        name = {"PIL": "Pillow"}.get(top, top)
        missing = isinstance(error, ModuleNotFoundError) and error.name == top
        problem = f"it needs {name}, which {'is not installed' if missing else 'cannot start'}"
        remedy = f"python -m pip install 'akida_lite[{_EXTRAS[top]}]'"
        raise InputError(Problem(what, problem, remedy)) from error
