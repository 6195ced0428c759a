"""Options of a run, made plain at one door, and the cores that a run may use."""

from __future__ import annotations

import os
from numbers import Integral
from typing import Any

from akida_lite.errors import InputError, Problem


def whole(value: Any) -> int | None:
    """Return an integer of any type as an int; None for anything else, bools included."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    return int(value)


def positive(option: str, value: Any) -> int | None:
    """Return an option that counts something as an int; None where it was left out.

    Raises
    ------
    InputError
        If `value` is neither None nor an integer above 0.
    """
    if value is None:
        return None
    number = whole(value)
    if number is None:
        problem = f"{value!r:.60} is no integer"
    elif number < 1:
        problem = f"{number} is below 1"
    else:
        return number
    raise InputError(Problem(f"option {option!r}", problem, "choose 1 or more, or None"))


def usable_cores() -> int:
    """Return how many cores the process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cores_each(processes: int) -> int:
    """Return how many threads each of several processes may have: the cores are shared out."""
    return max(1, usable_cores() // processes)
