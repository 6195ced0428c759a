"""The argument MODEL: a network of the zoo, a saved integer model, or a Keras file."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import akida_lite as al
from akida_lite.datasets.cifar10 import CIFAR10
from akida_lite.datasets.description import DataSet
from akida_lite.errors import InputError, Problem
from akida_lite.model import Model
from akida_lite.zoo.networks import NETWORKS

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
    input_scaling : (float, float) or None
        ``(a, b)`` of ``x_keras = (pixel - b) / a``; None where it was not said.
    options : dict
        More arguments of the conversion.
    labels : tuple of str or None
        Names of the classes, where they are known.
    """

    name: str
    keras_model: Any
    saved: Model | None
    input_scaling: tuple[float, float] | None
    options: dict[str, Any]
    labels: tuple[str, ...] | None = None

    def keras_scaling(self) -> tuple[float, float]:
        """Return how pixels are scaled before the Keras model is fed.

        Raises
        ------
        InputError
            If it was not said, and the model does not scale them itself.
        """
        problems = al.check_compatibility(
            self.keras_model, input_scaling=self.input_scaling, **self.options
        )
        asked = [each for each in problems if each.subject == "option 'input_scaling'"]
        if asked:
            raise InputError(asked)
        return self.input_scaling or (1.0, 0.0)

    def integer_model(self) -> Model:
        """Return the integer model, converted if need be.

        Raises
        ------
        ConversionError
            Listing everything that keeps the Keras model from being converted.
        """
        if self.saved is not None:
            return self.saved
        return al.convert(
            self.keras_model,
            input_scaling=self.input_scaling,
            labels=self.labels,
            **self.options,
        )


def add_model_arguments(parser: argparse.ArgumentParser, argument: str = "model") -> None:
    """Add MODEL, and the options that say how to make or read it."""
    zoo = ", ".join(NETWORKS)
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
        help="of a .keras file: its input is (pixel - B) / A; needed unless the model scales "
        "its input itself or reads events",
    )
    parser.add_argument(
        "--input-is-sparse",
        action="store_true",
        help="of a .keras file: it reads events, not pixels",
    )
    parser.add_argument(
        "--input-bits",
        type=int,
        metavar="BITS",
        help="with --input-is-sparse: width of the events (default: 4)",
    )


def add_threads_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that limits the cores of a process."""
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="processor cores that each process uses (default: all, shared out equally)",
    )


def subject_of(given: argparse.Namespace, *, in_keras: bool = False) -> Subject:
    """Return the model that :func:`add_model_arguments` has read.

    Parameters
    ----------
    given : Namespace
    in_keras : bool
        Whether a network of the zoo is wanted as Keras model. Otherwise its integer model
        is taken where it ships, and Keras stays out.

    Raises
    ------
    InputError
        If it is neither in the zoo nor a file, or an option does not apply to it.
    FileFormatError
        If a file cannot be read.
    """
    text: str = given.model
    scaling = tuple(given.input_scaling) if given.input_scaling else None
    of_events = ("input_scaling", "input_is_sparse", "input_bits")
    if text in NETWORKS:
        _refuse(given, *of_events, about="a network of the zoo")
        network = NETWORKS[text]
        bits: Any = tuple(given.bits or network.deployed)
        if bits == network.deployed and not in_keras:
            model = al.pretrained(text)
            return Subject(text, None, model, model.input_scaling, {}, model.labels)
        keras_model = al.zoo.keras_model(network, bits)
        return Subject(text, keras_model, None, network.input_scaling, {}, network.labels)
    path = Path(text)
    if not path.is_file():
        known = ", ".join(map(repr, NETWORKS))
        problem = f"it is neither a file nor one of {known}"
        raise InputError(Problem(f"model {text!r}", problem, "name one of them, or a file"))
    if path.suffix.lower() in _KERAS_SUFFIXES:
        _refuse(given, "bits", about="a file")
        options = {"input_is_sparse": given.input_is_sparse}
        if given.input_bits is not None:
            options["input_bits"] = given.input_bits
        return Subject(text, al.load_keras(path), None, scaling, options)
    _refuse(given, "bits", *of_events, about="a saved integer model")
    saved = Model.load(path)
    return Subject(text, None, saved, saved.input_scaling, {}, saved.labels)


def dataset_of(given: argparse.Namespace) -> DataSet:
    """Return what the model is measured on: CIFAR-10, if it is no network of the zoo."""
    return NETWORKS[given.model].dataset if given.model in NETWORKS else CIFAR10


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
