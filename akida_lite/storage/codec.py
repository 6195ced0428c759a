"""Layers to JSON and arrays, and back, as the fields of their dataclasses say.

Nothing here knows a layer type: a new one, or a new field, is stored without a change.
A field added later must have a default, which older files then mean.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin

import numpy as np
import numpy.typing as npt

from akida_lite.layers import Layer
from akida_lite.layers.fields import hints_of, is_array

Arrays = dict[str, npt.NDArray[Any]]


class Mismatch(ValueError):
    """The JSON does not describe what the fields ask for; the text says where and how."""


def encode_layers(layers: Sequence[Layer]) -> tuple[list[Any], Arrays]:
    """Return the JSON description of `layers` and the arrays it refers to."""
    arrays: Arrays = {}
    return _encode(layers, "layers", arrays), arrays


def decode_layers(description: Any, arrays: Arrays) -> tuple[Layer, ...]:
    """Return the layers that `encode_layers` was given, and take their arrays out of `arrays`.

    Raises
    ------
    Mismatch
        If the description names an unknown type or field, or a value has the wrong type.
    LayerError
        If the values contradict each other.
    """
    if not isinstance(description, list):
        raise Mismatch(f"layers is {description!r:.40}, not a list")
    kinds = get_args(Layer)
    return tuple(
        _instance(node, kinds, f"layers.{index}", arrays)
        for index, node in enumerate(description)
    )


def _encode(value: Any, where: str, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray):
        arrays[where] = value
        return {"array": where}
    if is_dataclass(value):
        parts = {
            field.name: _encode(getattr(value, field.name), f"{where}.{field.name}", arrays)
            for field in fields(value)
        }
        return {"type": type(value).__name__} | parts
    if isinstance(value, list | tuple):
        return [_encode(part, f"{where}.{i}", arrays) for i, part in enumerate(value)]
    return value


def _decode(node: Any, hint: Any, where: str, arrays: Arrays) -> Any:
    """Return the value at `node`; its layer checks numbers, text and tuples of them."""
    if is_array(hint):
        return _array(node, where, arrays)
    if get_origin(hint) is types.UnionType:
        if node is None and types.NoneType in get_args(hint):
            return None
        return _instance(node, get_args(hint), where, arrays)
    return node


def _array(node: Any, where: str, arrays: Arrays) -> npt.NDArray[Any]:
    name = node.get("array") if isinstance(node, dict) else None
    if not isinstance(name, str) or name not in arrays:
        problem = f"{where} is {node!r:.40}, not an array of the file"
        raise Mismatch(f"{problem} that is its own")
    return arrays.pop(name)  # the layer takes a copy, so that nothing is held twice for long


def _instance(node: Any, members: tuple[Any, ...], where: str, arrays: Arrays) -> Any:
    """Build the dataclass that `node` names, one of `members` or of their subclasses.

    Only subclasses from the member's own module count: a file never builds what other code
    happens to have defined.
    """
    admitted = {
        cls.__name__: cls
        for member in members
        if isinstance(member, type) and is_dataclass(member)
        for cls in (member, *member.__subclasses__())
        if cls.__module__ == member.__module__
    }
    name = node.get("type") if isinstance(node, dict) else None
    cls = admitted.get(name) if isinstance(name, str) else None
    if cls is None:
        raise Mismatch(f"{where} has type {name!r:.40}, not one of {', '.join(admitted)}")
    known = {field.name: field for field in fields(cls)}
    required = {
        key
        for key, field in known.items()
        if field.default is MISSING and field.default_factory is MISSING
    }
    given = node.keys() - {"type"}
    for what, odd in (("unknown", given - known.keys()), ("no", required - given)):
        if odd:
            raise Mismatch(f"{where} ({name}) has {what} field {', '.join(sorted(odd))}")
    hints = hints_of(cls)
    return cls(
        **{key: _decode(node[key], hints[key], f"{where}.{key}", arrays) for key in given}
    )
