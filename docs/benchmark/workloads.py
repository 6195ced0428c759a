"""Models to measure, in the forms that the peers run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite import zoo
from akida_lite.datasets.lookup import load
from akida_lite.errors import InputError, Problem
from akida_lite.zoo.networks import NETWORKS

Images: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Workload:
    """A model to measure, in the forms that the peers run.

    Attributes
    ----------
    keras_model : callable
        Makes the quantized Keras model.
    layers : callable
        Makes the integer layers of the same model.
    float_model : callable
        Makes a Keras model of the same architecture without quantizers.
    images : callable
        Gives uint8 images of shape (n, h, w, c).
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``.
    """

    keras_model: Callable[[], Any]
    layers: Callable[[], Sequence[Any]]
    float_model: Callable[[], Any]
    images: Callable[[], Images]
    input_scaling: tuple[float, float]


def zoo_workload(name: str) -> Workload:
    """Return a model of the zoo as a workload.

    Raises
    ------
    InputError
        If `name` is none of `NETWORKS`.
    """
    if name not in NETWORKS:
        known = ", ".join(map(repr, NETWORKS))
        problem = Problem(
            "option 'model'", f"{name!r} is none of {known}", "choose one of them"
        )
        raise InputError(problem)
    network = NETWORKS[name]

    def keras_model() -> Any:
        return zoo.keras_model(network, network.deployed)

    def layers() -> Sequence[Any]:
        from akida_lite.conversion import convert

        return convert(keras_model(), input_scaling=network.input_scaling).layers

    def float_model() -> Any:
        return zoo.keras_model(network, (0, 0, 0), trained=False)

    def images() -> Images:
        dataset = network.dataset
        sample = dataset.sample() if dataset.sample else dataset.split(load(dataset))[1]
        return sample[0]

    return Workload(keras_model, layers, float_model, images, network.input_scaling)


def workload(name: str) -> Workload:
    """Return the workload called `name`: of the zoo, or ``module:function`` that makes one."""
    module, _, function = name.partition(":")
    if function:
        made: Workload = getattr(import_module(module), function)()
        return made
    return zoo_workload(name)
