"""From an architecture to a model with the weights that a caller asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from akida_lite.errors import InputError, Problem
from akida_lite.nn.loading import KERAS_SUFFIXES
from akida_lite.nn.widths import requested_widths
from akida_lite.zoo.cards import intact, shipped_cards
from akida_lite.zoo.keras_files import same_network
from akida_lite.zoo.networks import Bits, Network
from akida_lite.zoo.store import load_weights


def built(
    network: Network,
    build: Callable[..., keras.Model],
    input_shape: tuple[int, int, int],
    classes: int,
    weights: str | os.PathLike[str] | None,
    widths: tuple[int, int, int | None],
    spellings: dict[str, int | None],
) -> keras.Model:
    """Do what a function of the zoo promises.

    Parameters
    ----------
    network : Network
    build : callable
        From input shape, classes and the three widths to the untrained model.
    input_shape : (height, width, channels)
    classes : int
    weights : {None, name of the data set} or path
    widths : (int, int, int or None)
        `weights_quantization`, `activ_quantization` and `input_weights_quantization`.
    spellings : dict
        The same without the plural s; they win.

    Raises
    ------
    InputError, FileFormatError
        See :func:`akida_lite.zoo.vgg_cifar10`.
    """
    shape = tuple(input_shape)
    bits = requested_widths(network.name, *widths, spellings)
    path: Any = weights
    if weights == network.dataset.name:
        path = _shipped(network, shape, classes, bits)
    keras_model = build(shape, classes, *bits)
    if path is not None and Path(path).suffix.lower() in KERAS_SUFFIXES:
        return same_network(path, keras_model)
    if path is not None:
        load_weights(path, keras_model)
    return keras_model


def _shipped(
    network: Network, input_shape: tuple[int, ...], classes: int, bits: Bits
) -> os.PathLike[str]:
    """Return the checked file of the shipped weights for this combination."""
    subject = f"{network.name}: weights={network.dataset.name!r}"
    known = shipped_cards()
    card = known.get((network.name, bits))
    if card is None:
        offered = ", ".join(str(b) for name, b in sorted(known) if name == network.name)
        raise InputError(
            Problem(
                subject,
                f"none are shipped for (weights, activations, input weights) = {bits} bits"
                + (f"; shipped are {offered}" if offered else ", nor for others"),
                ("ask for one of them, or " if offered else "") + "pass weights=None and train",
            )
        )
    expected = (network.input_shape, len(network.labels))
    if (input_shape, classes) != expected:
        raise InputError(
            Problem(
                subject,
                f"they are for input_shape={expected[0]} and classes={expected[1]}, not "
                f"{input_shape} and {classes}",
                "ask for these, or pass weights=None and train",
            )
        )
    return intact(card.path, card.sha256)
