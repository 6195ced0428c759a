"""Trained Keras weights in one small file: packed integers, and floats where floats are.

A kernel under a quantizer is stored as its integers and their scale factor; loading gives
the layer a `FixedScaleQuantizer`, so that it computes with exactly the weights it was
trained with. Kernels without a quantizer are rounded to half precision; the parameters of
batch normalization and activations, which need more, keep single precision.

A deployed network ships as integer model as well. Its kernels then stand in that file
alone, and the weights file only says which filters conversion has negated.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from akida_lite.errors import FileFormatError, InputError, Problem, layer_problem
from akida_lite.files import sha256_of
from akida_lite.fixed_point import weight_limit
from akida_lite.nn.kernels import fix_kernel, quantizer_of
from akida_lite.nn.quantizer import Quantizer
from akida_lite.storage.archive import NAME_A_MODEL
from akida_lite.storage.container import read_container, write_container
from akida_lite.zoo.sharing import shared_kernels, signed, signs_between

FilePath = str | os.PathLike[str]

KIND = "keras weights"

_NAME_WEIGHTS = "name a file of akida_lite.zoo.save_weights()"
_OTHER_NETWORK = "build the network that the weights were trained for"
_GET_AGAIN = "get the file again from where it came from"
_WIDTHS = "ask for the widths that the weights were trained with"


def save_weights(
    path: FilePath,
    keras_model: keras.Model,
    metadata: dict[str, Any],
    *,
    integers: FilePath | None = None,
) -> None:
    """Write the weights of a model of quantized layers to `path`, atomically.

    Parameters
    ----------
    path : path
    keras_model : keras.Model
        Every quantized kernel has one scale factor for the whole tensor.
    metadata : dict
        JSON-like facts that go with them.
    integers : path, optional
        File of the integer model that `keras_model` was converted to, in the same folder.
        Kernels that it holds are left out: loading takes them from there.

    Raises
    ------
    FileFormatError
        If the file cannot be written, or `integers` cannot be read.
    InputError
        If a quantizer has a scale factor for each filter.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    shared: dict[str, npt.NDArray[Any]] = {}
    if integers is not None:
        shared, name = shared_kernels(integers), Path(integers).name
        metadata = {**metadata, "integers": {"file": name, "sha256": sha256_of(integers)}}
    for name, layer, variable in _variables(keras_model):
        value = np.asarray(variable, np.float32)
        quantizer = quantizer_of(layer, variable.name)
        if quantizer is None:
            arrays[name] = value
        elif quantizer.bitwidth == 0:
            # Kernel values too small for half precision round to 0, without a warning.
            with np.errstate(under="ignore"):
                arrays[name] = value.astype(np.float16)
        else:
            kernel, scale = quantizer.integers(value)
            if scale.ndim:
                problem = f"{type(quantizer).__name__} has a scale for each filter"
                remedy = "use a quantizer with one scale, such as StdWeightQuantizer"
                raise InputError(
                    layer_problem(layer.name, type(layer).__name__, problem, remedy)
                )
            arrays[f"{name}.scale"] = np.asarray(scale, np.float64)
            signs = signs_between(shared.get(name), kernel)
            if signs is None:
                arrays[name] = kernel
            else:
                arrays[f"{name}.signs"] = signs
    write_container(path, {"kind": KIND, **metadata}, arrays)


def load_weights(path: FilePath, keras_model: keras.Model) -> None:
    """Give a freshly built model the weights of a file.

    Parameters
    ----------
    path : path
    keras_model : keras.Model
        Same architecture and widths as the model that was saved.

    Raises
    ------
    FileFormatError
        If the file, or the file of integers that it names, is missing, damaged or belongs
        to another network; the model is then unchanged.
    """
    try:
        content, arrays = read_container(path)
    except FileFormatError as error:
        (problem,) = error.problems
        if problem.remedy != NAME_A_MODEL:
            raise
        raise _foreign(path, problem.problem, _NAME_WEIGHTS) from error
    if content.get("kind") != KIND:
        raise _foreign(path, "it holds no Keras weights", _NAME_WEIGHTS)
    shared = {}
    if "integers" in content:
        shared = shared_kernels(_beside(path, content["integers"]))
    plan: list[Any] = []
    for name, layer, variable in _variables(keras_model):
        quantizer = quantizer_of(layer, variable.name)
        stored, scale = arrays.pop(name, None), None
        if stored is None and f"{name}.signs" in arrays:
            stored = signed(
                shared.get(name), arrays.pop(f"{name}.signs"), tuple(variable.shape)
            )
        if stored is not None and stored.dtype == np.int8:
            scale = arrays.pop(f"{name}.scale", None)
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


def _beside(path: FilePath, integers: Any) -> Path:
    """Return the file of integers that a file of weights names, if it is the right one."""
    name = integers.get("file") if isinstance(integers, dict) else None
    if not isinstance(name, str) or Path(name).name != name:
        raise _foreign(path, f"it names {name!r:.60} as its integers", _GET_AGAIN)
    file = Path(path).with_name(name)
    if not file.is_file():
        problem = f"its integers are in '{name}', which is not beside it"
        raise _foreign(path, problem, "keep both files in one folder")
    found = sha256_of(file)
    if found != integers.get("sha256"):
        problem = f"its integers are in '{name}', which has SHA-256 {found}"
        problem += f"; {integers.get('sha256')!s:.64} is expected"
        raise _foreign(path, problem, "take both files from the same place")
    return file


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
    if quantized:
        return _unusable_integers(name, stored, scale, bits)
    # Float weights are used in single precision, so they must be finite there.
    if not (stored.dtype.kind == "f" and _is_finite(stored)):
        return f"{name!r} holds what is no number", _GET_AGAIN
    if name.endswith("variance") and stored.min(initial=0) < 0:
        return f"{name!r} is negative, down to {stored.min():.3g}", _GET_AGAIN
    return None


def _is_finite(stored: npt.NDArray[Any]) -> bool:
    # A number beyond single precision becomes infinite, which `isfinite` then finds.
    with np.errstate(over="ignore", under="ignore"):
        return bool(np.isfinite(stored.astype(np.float32)).all())


def _unusable_integers(
    name: str, stored: npt.NDArray[np.int8], scale: Any, bits: int
) -> tuple[str, str] | None:
    limit = weight_limit(bits)
    # Python's integers hold the magnitude of -128, which int8 does not.
    if max(int(stored.max(initial=0)), -int(stored.min(initial=0))) > limit:
        return f"{name!r} holds integers of more bits than the model's {bits}", _WIDTHS
    single = np.finfo(np.float32)
    smallest, largest = limit / float(single.max), 1 / float(single.tiny)
    if scale.ndim or not smallest <= scale <= largest:
        problem = f"the scale of {name!r} is {scale!s:.40}, one number above 0 is expected"
        return f"{problem}, which single precision holds", _GET_AGAIN
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


def _foreign(path: FilePath, problem: str, remedy: str) -> FileFormatError:
    return FileFormatError(Problem(f"file '{os.fspath(path)}'", problem, remedy))
