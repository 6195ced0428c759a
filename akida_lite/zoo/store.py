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

from akida_lite.errors import FileFormatError, Problem
from akida_lite.nn.quantizers import FixedScaleQuantizer, Quantizer
from akida_lite.storage.container import read_container, write_container

KIND = "keras weights"

# Variable to the attribute that holds its quantizer.
_QUANTIZERS = {
    "kernel": "quantizer",
    "depthwise_kernel": "quantizer_dw",
    "pointwise_kernel": "quantizer",
}


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
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, layer, variable in _variables(keras_model):
        value = np.asarray(variable, np.float32)
        quantizer = _quantizer_of(layer, variable.name)
        if quantizer is None:
            arrays[name] = value
        elif quantizer.bitwidth == 0:
            arrays[name] = value.astype(np.float16)
        else:
            arrays[name], scale = quantizer.integers(value)
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
    plan = []
    for name, layer, variable in _variables(keras_model):
        stored = arrays.get(name)
        if stored is None or stored.shape != tuple(variable.shape):
            raise _foreign(
                path,
                f"{name!r} is {'missing' if stored is None else stored.shape}, the model "
                f"has {tuple(variable.shape)}",
                "build the network that the weights were trained for",
            )
        quantizer = _quantizer_of(layer, variable.name)
        if (quantizer is not None and quantizer.bitwidth > 0) != (stored.dtype == np.int8):
            raise _foreign(
                path,
                f"{name!r} is {stored.dtype}, the model quantizes it to "
                f"{0 if quantizer is None else quantizer.bitwidth} bits (0: not)",
                "ask for the widths that the weights were trained with",
            )
        plan.append((layer, variable, quantizer, stored, arrays.get(f"{name}.scale")))
    for layer, variable, quantizer, stored, scale in plan:
        _give(layer, variable, quantizer, stored, scale)


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
    variable.assign((stored / scale).astype(np.float32))
    fixed = FixedScaleQuantizer(float(scale), quantizer.bitwidth)
    setattr(layer, _QUANTIZERS[variable.name], fixed)


def _variables(keras_model: keras.Model) -> Iterator[tuple[str, Any, Any]]:
    """Yield the stored name, the layer and the variable of everything to keep."""
    for layer in keras_model.layers:
        for variable in layer.variables:
            if "seed_generator" not in variable.path:
                yield f"{layer.name}.{variable.name}", layer, variable


def _quantizer_of(layer: Any, variable: str) -> Quantizer | None:
    if variable not in _QUANTIZERS:
        return None
    quantizer: Quantizer | None = getattr(layer, _QUANTIZERS[variable], None)
    return quantizer


def _foreign(path: str | os.PathLike[str], problem: str, remedy: str) -> FileFormatError:
    return FileFormatError(Problem(f"file '{os.fspath(path)}'", problem, remedy))
