"""What the header of a file can hold: values that JSON gives back, small enough to handle."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from akida_lite.errors import InputError, Problem

_DEPTH_LIMIT = 32
_TEXT_LIMIT = 1 << 16  # characters
_DIGIT_LIMIT = 20


def plain(value: Any, where: str, depth: int = 0) -> Any:
    """Return a value in the types JSON gives back.

    Parameters
    ----------
    value : object
        Text, numbers, booleans, None, and lists, tuples and mappings of them.
    where : str
        What it is, for the message.
    depth : int
        Number of mappings and lists around it in the header.

    Returns
    -------
    object
        Mappings as dict, tuples as list.

    Raises
    ------
    InputError
        If it is something else, or larger than a header needs: nested too deep, a text or a
        number too long.
    """
    if isinstance(value, Mapping | list | tuple):
        if depth == _DEPTH_LIMIT:
            raise _not_plain(where, f"it is nested more than {_DEPTH_LIMIT} deep", "flatten it")
        if isinstance(value, Mapping):
            return {
                _key(key, where): plain(part, f"{where}[{key!r:.40}]", depth + 1)
                for key, part in value.items()
            }
        return [plain(part, f"{where}[{i}]", depth + 1) for i, part in enumerate(value)]
    if type(value) is str:
        return _text(value, where)
    if type(value) is float and not math.isfinite(value):
        raise _not_plain(where, f"it is {value}, which JSON cannot hold")
    if type(value) is int and abs(value) >= 10**_DIGIT_LIMIT:
        problem = f"it is a number of more than {_DIGIT_LIMIT} digits"
        raise _not_plain(where, problem, "store it as text")
    if value is not None and type(value) not in (int, float, bool):
        raise _not_plain(
            where,
            f"it is {type(value).__name__}; text, numbers, booleans, None, and lists and "
            "mappings of them are accepted",
        )
    return value


def read_plain(text: bytes) -> Any:
    """Return the value of a JSON text from a stranger.

    Raises
    ------
    ValueError
        If it is no JSON, or holds what `plain` refuses.
    """
    try:
        return plain(json.loads(text, parse_int=_int), "it")
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except InputError as error:
        refused = error.problems[0]
        raise ValueError(f"{refused.subject}: {refused.problem}") from error


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise _not_plain(where, f"it has the key {key!r:.40}, keys are text")
    return _text(str(key), f"a key of {where}")


def _text(text: str, where: str) -> str:
    if len(text) > _TEXT_LIMIT:
        problem = f"it has {len(text)} characters, at most {_TEXT_LIMIT} are kept"
        raise _not_plain(where, problem, "shorten it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        problem = f"it holds {text[error.start]!r}, half of a character"
        raise _not_plain(where, problem, "decode the text anew") from error
    return text


def _int(digits: str) -> int:
    # Python's own limit lets 4,300 digits through, and works on them for long.
    if len(digits) > _DIGIT_LIMIT + 1:
        raise ValueError(f"a number has {len(digits)} digits, at most {_DIGIT_LIMIT} are read")
    return int(digits)


def _not_plain(
    where: str, problem: str, remedy: str = "convert it, for instance with int() or str()"
) -> InputError:
    return InputError(Problem(where, problem, remedy))
