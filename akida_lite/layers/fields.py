"""The one door for the fields of layers: a value gets its declared type, or is refused.

A layer that exists therefore holds plain ints, printable text, tuples, and arrays that
nobody can change: neither whoever built the layer, nor a copy of it, nor a pickle.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from numbers import Integral
from types import NoneType
from typing import Any, NoReturn, cast, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

from akida_lite.errors import LayerError, layer_problem
from akida_lite.fixed_point import INT32_MAX

LONGEST_TEXT = 1000
"""Characters that a name may have."""


def admit(layer: Any) -> None:
    """Replace every field of a new layer by its own, checked value.

    Parameters
    ----------
    layer : Layer
        Its parts, such as a pool, are built anew from checked values as well.

    Raises
    ------
    LayerError
        If a value is not of the type that its field declares.
    """
    kind = cast(Any, type(layer))
    for field, hint in hints_of(kind).items():
        value = _admitted(layer, field, getattr(layer, field), hint)
        object.__setattr__(layer, field, value)


def refuse(layer: Any, problem: str, remedy: str) -> NoReturn:
    """Raise the LayerError that names `layer`, what is wrong and what to do."""
    name = layer.name if isinstance(layer.name, str) else f"{layer.name!r:.60}"
    raise LayerError(layer_problem(name[:LONGEST_TEXT], type(layer).__name__, problem, remedy))


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """Return the type that each field of a dataclass declares, by the field's name."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def is_array(hint: Any) -> bool:
    """Return whether a declared type is a numpy array."""
    # From numpy 2.5 on, `NDArray` is an alias with a name of its own, not `np.ndarray`.
    return get_origin(hint) in (np.ndarray, npt.NDArray)


def _admitted(layer: Any, where: str, value: Any, hint: Any) -> Any:
    if hint is int:
        return _integer(layer, where, value)
    if hint is str:
        return _text(layer, where, value)
    if is_array(hint):
        return _own_array(layer, where, value)
    if get_origin(hint) is tuple:
        return _integers(layer, where, value, len(get_args(hint)))
    return _part(layer, where, value, get_args(hint))


def _integer(layer: Any, where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        refuse(layer, f"{where} is {value!r:.60}, an integer is expected", "give an int")
    number = int(value)
    if abs(number) > INT32_MAX:
        # The number is not printed: Python refuses to print more than 4,300 digits.
        problem = f"{where} has {number.bit_length()} bits, an integer of 32 is expected"
        refuse(layer, problem, "give a smaller one")
    return number


def _kind_of(value: object) -> str:
    return type(value).__name__


def _integers(layer: Any, where: str, value: Any, count: int) -> tuple[int, ...]:
    if not isinstance(value, tuple | list) or len(cast(Any, value)) != count:
        kind = _kind_of(cast(Any, value))
        problem = f"{where} is a {kind}, a tuple of {count} integers is expected"
        if isinstance(value, tuple | list):
            problem = (
                f"{where} has {len(cast(Any, value))} values, {count} integers are expected"
            )
        refuse(layer, problem, f"give {count} integers in a tuple")
    parts = enumerate(cast(tuple[Any, ...], value))
    return tuple(_integer(layer, f"{where}[{index}]", part) for index, part in parts)


def _text(layer: Any, where: str, value: Any) -> str:
    if not isinstance(value, str):
        refuse(layer, f"{where} is {value!r:.60}, text is expected", "give a str")
    if len(value) > LONGEST_TEXT:
        problem = f"{where} has {len(value)} characters, at most {LONGEST_TEXT} are accepted"
        refuse(layer, problem, "shorten it")
    if not value.isprintable():
        # A line break would forge a row of a table; no file can hold a lone surrogate.
        problem = f"{where}={value!r:.60} is not printable"
        refuse(layer, problem, "leave out line breaks, control characters and surrogates")
    return str(value)


def _own_array(layer: Any, where: str, value: Any) -> npt.NDArray[Any]:
    """Return a C-contiguous copy that rests on immutable bytes: no flag can unfreeze it."""
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        problem = f"{where} is a {_kind_of(cast(Any, value))}, a numpy array is expected"
        refuse(layer, problem, "convert it with np.asarray(...)")
    array = cast(npt.NDArray[Any], value)
    if array.dtype.hasobject or array.size == 0:
        problem = f"{where} is {array.dtype} of shape {array.shape}, numbers are expected"
        refuse(layer, problem, "build the layer through convert()")
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)


def _part(layer: Any, where: str, value: Any, kinds: tuple[Any, ...]) -> Any:
    """Return a part of the layer, such as its pool, with its own fields admitted."""
    if type(value) not in kinds:
        names = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
        given = "None" if value is None else f"a {_kind_of(value)}"
        refuse(layer, f"{where} is {given}, {names} is expected", f"give {names}")
    if value is None:
        return None
    kind = cast(Any, type(value))
    admitted = {
        field: _admitted(layer, f"{where}.{field}", getattr(value, field), hint)
        for field, hint in hints_of(kind).items()
    }
    return kind(**admitted)
