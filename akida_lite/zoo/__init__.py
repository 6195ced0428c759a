"""Networks with trained weights: what the gallery converts and runs.

Widths are given as the original tutorial does: ``weights_quantization``,
``activ_quantization`` and ``input_weights_quantization`` in bits, 0 for float. The
spellings without the plural s are accepted too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import keras

from akida_lite.errors import FileFormatError, InputError, Problem
from akida_lite.files import sha256_of
from akida_lite.nn.widths import requested_widths
from akida_lite.zoo.cards import Card, shipped_cards
from akida_lite.zoo.mobilenet import build_mobilenet
from akida_lite.zoo.store import load_weights, save_weights
from akida_lite.zoo.vgg import build_vgg

__all__ = [
    "Card",
    "load_weights",
    "mobilenet_cifar10",
    "save_weights",
    "shipped_cards",
    "vgg_cifar10",
]

_SHIPPED = "cifar10"
_INPUT_SHAPE = (32, 32, 3)
_CLASSES = 10


def vgg_cifar10(
    input_shape: tuple[int, int, int] = _INPUT_SHAPE,
    classes: int = _CLASSES,
    weights: str | os.PathLike[str] | None = None,
    weights_quantization: int = 0,
    activ_quantization: int = 0,
    input_weights_quantization: int | None = None,
    **spellings: int | None,
) -> keras.Model:
    """Return the VGG of the CIFAR-10 tutorial: six convolutions, three dense layers.

    Its input is the pixel divided by 255; its output are ten scores without softmax.

    Parameters
    ----------
    input_shape : (height, width, channels)
    classes : int
        Length of the output.
    weights : {None, "cifar10"} or path
        None for an untrained network, "cifar10" for the shipped weights, or a file of
        :func:`akida_lite.zoo.save_weights`.
    weights_quantization : int
        Bits of the weights: 0 for float, else 2 to 8.
    activ_quantization : int
        Bits of the activations: 0 for float, else 1 to 8.
    input_weights_quantization : int, optional
        Bits of the first layer's weights; as the others if left out.
    **spellings
        `weight_quantization` and `input_weight_quantization`, as in older releases of
        the original.

    Returns
    -------
    keras.Model
        Maps (n, height, width, channels) to (n, classes), float32.

    Raises
    ------
    InputError
        If a width is not accepted, or no weights are shipped for the combination asked
        for; the message lists those that are.
    FileFormatError
        If the weights are damaged or belong to another network.
    """
    bits = requested_widths(
        "vgg_cifar10",
        weights_quantization,
        activ_quantization,
        input_weights_quantization,
        spellings,
    )
    return _loaded("vgg_cifar10", build_vgg, input_shape, classes, weights, bits)


def mobilenet_cifar10(
    input_shape: tuple[int, int, int] = _INPUT_SHAPE,
    classes: int = _CLASSES,
    weights: str | os.PathLike[str] | None = None,
    weights_quantization: int = 0,
    activ_quantization: int = 0,
    input_weights_quantization: int | None = None,
    **spellings: int | None,
) -> keras.Model:
    """Return the MobileNet of the CIFAR-10 tutorial: ten separable convolutions.

    Parameters, result and errors are those of :func:`vgg_cifar10`.

    Parameters
    ----------
    input_shape : (height, width, channels)
    classes : int
    weights : {None, "cifar10"} or path
    weights_quantization, activ_quantization, input_weights_quantization : int
    **spellings
        See :func:`vgg_cifar10`.

    Returns
    -------
    keras.Model
        Maps (n, height, width, channels) to (n, classes), float32.

    Raises
    ------
    InputError, FileFormatError
        See :func:`vgg_cifar10`.
    """
    bits = requested_widths(
        "mobilenet_cifar10",
        weights_quantization,
        activ_quantization,
        input_weights_quantization,
        spellings,
    )
    return _loaded("mobilenet_cifar10", build_mobilenet, input_shape, classes, weights, bits)


def _loaded(
    model: str,
    build: Callable[..., keras.Model],
    input_shape: tuple[int, int, int],
    classes: int,
    weights: str | os.PathLike[str] | None,
    bits: tuple[int, int, int],
) -> keras.Model:
    path: Any = weights
    if weights == _SHIPPED:
        path = _shipped(model, tuple(input_shape), classes, bits)
    keras_model = build(tuple(input_shape), classes, *bits)
    if path is not None:
        load_weights(path, keras_model)
    return keras_model


def _shipped(
    model: str, input_shape: tuple[int, ...], classes: int, bits: tuple[int, int, int]
) -> os.PathLike[str]:
    """Return the checked file of the shipped weights for this combination."""
    known = shipped_cards()
    card = known.get((model, bits))
    if card is None:
        offered = ", ".join(str(b) for name, b in sorted(known) if name == model)
        raise InputError(
            Problem(
                f"{model}: weights='cifar10'",
                f"none are shipped for (weights, activations, input weights) = {bits} bits; "
                f"shipped are {offered}",
                "ask for one of them, or pass weights=None and train",
            )
        )
    if (input_shape, classes) != (_INPUT_SHAPE, _CLASSES):
        raise InputError(
            Problem(
                f"{model}: weights='cifar10'",
                f"they are for input_shape={_INPUT_SHAPE} and classes={_CLASSES}, not "
                f"{input_shape} and {classes}",
                "ask for these, or pass weights=None and train",
            )
        )
    _require_intact(card)
    return card.path


def _require_intact(card: Card) -> None:
    if not card.path.exists():
        raise FileFormatError(
            Problem(
                f"file '{card.path.name}'",
                f"it is not in '{card.path.parent}': an installed package holds the weights "
                "of the deployed networks only",
                "take it from akida_lite/zoo/weights in the source repository and pass its "
                "path as weights=, or install the repository itself: pip install -e",
            )
        )
    found = sha256_of(card.path)
    if found != card.sha256:
        raise FileFormatError(
            Problem(
                f"file '{card.path.name}'",
                f"SHA-256 {card.sha256} is expected, found {found}",
                "install the package again",
            )
        )
