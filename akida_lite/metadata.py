"""What a model knows about itself beside its layers, checked where it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from akida_lite.errors import InputError, Problem


def checked_scaling(scaling: object) -> tuple[float, float]:
    """Return ``(a, b)`` of ``x_keras = (pixel - b) / a`` in plain numbers, as files hold them.

    Raises
    ------
    InputError
        If `scaling` is not two finite numbers, the first above 0.
    """
    values = list(scaling) if isinstance(scaling, list | tuple) else []
    numbers = [v for v in values if isinstance(v, int | float | np.number) and _fits(v)]
    if len(values) != 2 or len(numbers) != 2 or not numbers[0] > 0:
        problem = f"{scaling!r:.60} is not two numbers (a, b) with a above 0"
        remedy = "give (a, b) of x_keras = (pixel - b) / a, for instance (255, 0)"
        raise InputError(Problem("option 'input_scaling'", problem, remedy))
    a, b = (v.item() if isinstance(v, np.number) else v for v in numbers)
    return a, b


def _fits(number: int | float | np.number) -> bool:
    """Whether a finite float can hold the number; an int of 400 digits none can."""
    try:
        return isfinite(number)
    except OverflowError:
        return False


def checked_labels(labels: object, channels: int) -> tuple[str, ...] | None:
    """Return the names of the classes, or None where there are none.

    Raises
    ------
    InputError
        If `labels` is not one text for each of the `channels`.
    """
    if labels is None:
        return None
    if isinstance(labels, np.ndarray):
        labels = labels.tolist()
    given = [] if isinstance(labels, str) or not isinstance(labels, Sequence) else list(labels)
    if len(given) != channels or not all(map(_is_text, given)):
        problem = f"{labels!r:.60} is not one text for each of the {channels} output channels"
        raise InputError(
            Problem("option 'labels'", problem, f"give a list of {channels} names, or None")
        )
    # numpy's strings become plain ones, since files hold only those.
    return tuple(map(str, given))


def checked_head(head: object) -> str | None:
    """Return the function that stood behind one channel of scores, or None.

    Raises
    ------
    InputError
        If it is none whose middle is 0.
    """
    if head is not None and head not in ("sigmoid", "tanh"):
        problem = f"{head!r:.60} is not one of None, 'sigmoid', 'tanh'"
        raise InputError(Problem("option 'head'", problem, "choose one of them"))
    return head


def checked_name(name: object) -> str:
    """Return the name of a model.

    Raises
    ------
    InputError
        If `name` is not text.
    """
    if not _is_text(name):
        raise InputError(
            Problem(
                "option 'name'", f"{name!r:.60} is not text", "give a text, or leave it out"
            )
        )
    return str(name)


def _is_text(value: object) -> bool:
    """Whether a value is text that a file can hold, which lone surrogates cannot be in."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)
