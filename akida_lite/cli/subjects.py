"""The argument MODEL: a network of the zoo, a saved integer model, or a Keras file."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import akida_lite as al
from akida_lite.benchmark import QUANTIZATION
from akida_lite.errors import FileFormatError, InputError, Problem
from akida_lite.model import Model

# What the networks of the zoo read: pixels divided by 255.
_INPUT_SCALING = (255.0, 0.0)

_KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")


@dataclass(frozen=True)
class Subject:
    """A model that a command is about; one of the two forms may be missing.

    Attributes
    ----------
    name : str
        As the user wrote it.
    keras_model : keras.Model or None
        None for a saved integer model.
    saved : Model or None
        None for a Keras model.
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``.
    options : dict
        More arguments of the conversion.
    """

    name: str
    keras_model: Any
    saved: Model | None
    input_scaling: tuple[float, float]
    options: dict[str, Any]

    def integer_model(self) -> Model:
        """Return the integer model, converted if need be.

        Raises
        ------
        ConversionError
            Listing everything that keeps the Keras model from being converted.
        """
        if self.saved is not None:
            return self.saved
        return al.convert(self.keras_model, input_scaling=self.input_scaling, **self.options)


def add_model_arguments(parser: argparse.ArgumentParser, argument: str = "model") -> None:
    """Add MODEL, and the options that say how to make or read it."""
    zoo = ", ".join(QUANTIZATION)
    parser.add_argument(
        argument,
        metavar=argument.upper(),
        help=f"{zoo}, a file of Model.save(), or a .keras file",
    )
    parser.add_argument(
        "--bits",
        nargs=3,
        type=int,
        metavar=("W", "A", "IN"),
        help="widths of a network of the zoo: weights, activations, first weights; 0 for "
        "float (default: those that are deployed)",
    )
    parser.add_argument(
        "--input-scaling",
        nargs=2,
        type=float,
        metavar=("A", "B"),
        help="of a .keras file: its input is (pixel - B) / A (default: 255 0)",
    )
    parser.add_argument(
        "--input-is-sparse",
        action="store_true",
        help="of a .keras file: it reads events, not pixels",
    )


def subject_of(given: argparse.Namespace) -> Subject:
    """Return the model that :func:`add_model_arguments` has read.

    Raises
    ------
    InputError
        If it is neither in the zoo nor a file, or an option does not apply to it.
    FileFormatError
        If a file cannot be read.
    """
    text: str = given.model
    scaling = tuple(given.input_scaling) if given.input_scaling else _INPUT_SCALING
    if text in QUANTIZATION:
        _refuse(given, "input_scaling", "input_is_sparse", about="a network of the zoo")
        return Subject(text, _of_the_zoo(text, given.bits), None, _INPUT_SCALING, {})
    path = Path(text)
    if not path.is_file():
        known = ", ".join(map(repr, QUANTIZATION))
        problem = f"it is neither a file nor one of {known}"
        raise InputError(Problem(f"model {text!r}", problem, "name one of them, or a file"))
    if path.suffix.lower() in _KERAS_SUFFIXES:
        _refuse(given, "bits", about="a file")
        options = {"input_is_sparse": given.input_is_sparse}
        return Subject(text, _keras_file(path), None, scaling, options)
    _refuse(given, "bits", "input_scaling", "input_is_sparse", about="a saved integer model")
    saved = Model.load(path)
    return Subject(text, None, saved, saved.input_scaling, {})


def keras_inputs(subject: Subject, pixels: Any) -> Any:
    """Return uint8 images as the Keras model reads them, float32."""
    a, b = subject.input_scaling
    return (pixels.astype("float32") - b) / a


def _of_the_zoo(name: str, bits: list[int] | None) -> Any:
    deployed = QUANTIZATION[name]
    widths = deployed if bits is None else dict(zip(deployed, bits, strict=True))
    return getattr(al.zoo, name)((32, 32, 3), weights="cifar10", **widths)


def _keras_file(path: Path) -> Any:
    al.nn  # noqa: B018 (registers the quantized layers with Keras, and says so if it is missing)
    import keras

    try:
        return keras.saving.load_model(path, compile=False)
    # What Keras raises depends on what is wrong, and on its version.
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        remedy = "save it again with keras.Model.save(), from layers that Keras knows"
        raise FileFormatError(
            Problem(f"file '{os.fspath(path)}'", f"Keras cannot load it ({reason})", remedy)
        ) from error


def _refuse(given: argparse.Namespace, *options: str, about: str) -> None:
    problems = [
        Problem(
            f"option '--{option.replace('_', '-')}'",
            f"it does not apply to {about}, which {given.model!r} is",
            "leave it out",
        )
        for option in options
        if getattr(given, option)
    ]
    if problems:
        raise InputError(problems)
