"""Trained Keras weights in one small file: packed integers, and floats where floats are.

A kernel under a quantizer is stored as its integers and their scale factor; loading gives
the layer a `FixedScaleQuantizer`, so that it computes with exactly the weights it was
trained with. Kernels without a quantizer are rounded to half precision; the parameters of
batch normalization and activations, which need more, keep single precision.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from akida_lite.errors import FileFormatError, InputError, Problem, layer_problem
from akida_lite.fixed_point import weight_limit
from akida_lite.nn.kernels import fix_kernel, quantizer_of
from akida_lite.nn.quantizers import Quantizer
from akida_lite.storage.container import read_container, write_container

KIND = "keras weights"

_OTHER_NETWORK = "build the network that the weights were trained for"
_WIDTHS = "ask for the widths that the weights were trained with"


def save_weights(
    path: str | os.PathLike[str], keras_model: keras.Model, metadata: dict[str, Any]
) -> None:
    """Write the weights of a model of quantized layers to `path`, atomically.

    Parameters
    ----------
    path : path
    keras_model : keras.Model
        Every quantized kernel has one scale factor for the whole tensor.
    metadata : dict
        JSON-like facts that go with them.

    Raises
    ------
    FileFormatError
        If the file cannot be written.
    InputError
        If a quantizer has a scale factor for each filter.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, layer, variable in _variables(keras_model):
        value = np.asarray(variable, np.float32)
        quantizer = quantizer_of(layer, variable.name)
        if quantizer is None:
            arrays[name] = value
        elif quantizer.bitwidth == 0:
            # What is too small for half precision becomes 0, which is the nearest.
            with np.errstate(under="ignore"):
                arrays[name] = value.astype(np.float16)
        else:
            arrays[name], scale = quantizer.integers(value)
            if scale.ndim:
                problem = f"{type(quantizer).__name__} has a scale for each filter"
                remedy = "use a quantizer with one scale, such as StdWeightQuantizer"
                raise InputError(
                    layer_problem(layer.name, type(layer).__name__, problem, remedy)
                )
            arrays[f"{name}.scale"] = np.asarray(scale, np.float64)
    write_container(path, {"kind": KIND, **metadata}, arrays)


def load_weights(path: str | os.PathLike[str], keras_model: keras.Model) -> None:
    """Give a freshly built model the weights of a file.

    Parameters
    ----------
    path : path
    keras_model : keras.Model
        Same architecture and widths as the model that was saved.

    Raises
    ------
    FileFormatError
        If the file is damaged or belongs to another network; the model is then unchanged.
    """
    content, arrays = read_container(path)
    if content.get("kind") != KIND:
        raise _foreign(path, "it holds no Keras weights", "name a file of trained weights")
    plan: list[Any] = []
    for name, layer, variable in _variables(keras_model):
        quantizer = quantizer_of(layer, variable.name)
        stored, scale = arrays.pop(name, None), arrays.pop(f"{name}.scale", None)
        bits = 0 if quantizer is None else quantizer.bitwidth
        difference = _difference(name, stored, scale, tuple(variable.shape), bits)
        if difference is not None:
            raise _foreign(path, *difference)
        plan.append((layer, variable, quantizer, stored, scale))
    if arrays:
        known = ", ".join(map(repr, sorted(arrays)))
        raise _foreign(path, f"the model has no {known}", _OTHER_NETWORK)
    for layer, variable, quantizer, stored, scale in plan:
        _give(layer, variable, quantizer, stored, scale)


def _difference(
    name: str,
    stored: npt.NDArray[Any] | None,
    scale: npt.NDArray[Any] | None,
    shape: tuple[int, ...],
    bits: int,
) -> tuple[str, str] | None:
    """Return how a stored array differs from what the model needs, and the remedy."""
    if stored is None or stored.shape != shape:
        found = "missing" if stored is None else stored.shape
        return f"{name!r} is {found}, the model has {shape}", _OTHER_NETWORK
    quantized = stored.dtype == np.int8 and scale is not None
    if quantized != (bits > 0):
        kind = "quantized" if quantized else "float"
        return f"{name!r} is {kind}, the model quantizes it to {bits} bits (0: not)", _WIDTHS
    if quantized and np.abs(stored).max(initial=0) > weight_limit(bits):
        return f"{name!r} holds integers of more bits than the model's {bits}", _WIDTHS
    return None


def _give(
    layer: Any,
    variable: Any,
    quantizer: Quantizer | None,
    stored: npt.NDArray[Any],
    scale: npt.NDArray[Any] | None,
) -> None:
    if scale is None or quantizer is None:
        variable.assign(stored.astype(np.float32))
        return
    fix_kernel(layer, variable, stored, float(scale))


def _variables(keras_model: keras.Model) -> Iterator[tuple[str, Any, Any]]:
    """Yield the stored name, the layer and the variable of everything to keep."""
    for layer in keras_model.layers:
        for variable in layer.variables:
            if "seed_generator" not in variable.path:
                yield f"{layer.name}.{variable.name}", layer, variable


def _foreign(path: str | os.PathLike[str], problem: str, remedy: str) -> FileFormatError:
    return FileFormatError(Problem(f"file '{os.fspath(path)}'", problem, remedy))
