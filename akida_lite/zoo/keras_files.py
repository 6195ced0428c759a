"""A network of the zoo in a file that Keras wrote."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import keras

from akida_lite.errors import FileFormatError, Problem
from akida_lite.nn.loading import load_keras


class _Facts(NamedTuple):
    """What a layer is, whatever training has found for it."""

    name: str
    shapes: list[tuple[int, ...]]
    bits: list[int]


def same_network(path: str | os.PathLike[str], expected: keras.Model) -> Any:
    """Return the Keras model in a file, which must be `expected` but for what is trained.

    The model itself and not its weights alone: how they are rounded is trained as well.

    Parameters
    ----------
    path : path
        A file of ``keras.Model.save()``.
    expected : keras.Model
        The network of the zoo at the widths that are asked for.

    Raises
    ------
    FileFormatError
        If Keras cannot load the file, or it holds another network or other widths.
    """
    found = load_keras(path)
    theirs, ours = _facts(found), _facts(expected)
    subject = f"file '{os.fspath(path)}'"
    if [each[:2] for each in theirs] != [each[:2] for each in ours]:
        text = f"its model {found.name!r} is no {expected.name!r} of these shapes"
        remedy = "name a file of this network, or load this one with akida_lite.load_keras()"
        raise FileFormatError(Problem(subject, text, remedy))
    for facts, wanted in zip(theirs, ours, strict=True):
        if facts != wanted:
            text = (
                f"its layer {facts.name!r} has widths {facts.bits}, {wanted.bits} are asked for"
            )
            remedy = "ask for its widths, and change them with akida_lite.quantize()"
            raise FileFormatError(Problem(subject, text, remedy))
    return found


def _facts(model: Any) -> list[_Facts]:
    facts = []
    for layer in model.layers:
        held: list[Any] = [getattr(layer, name, None) for name in ("quantizer", "quantizer_dw")]
        bits = [each.bitwidth for each in (layer, *held) if hasattr(each, "bitwidth")]
        # A quantizer of another kind may have, or lack, a threshold to train.
        shapes = [tuple(each.shape) for each in layer.weights if each.shape]
        facts.append(_Facts(layer.name, shapes, bits))
    return facts
