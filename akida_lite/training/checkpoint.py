"""The state of a run, written whole every few minutes, so that nothing else is lost."""

from __future__ import annotations

import io
import json
import math
import os
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from akida_lite.errors import FileFormatError, Problem
from akida_lite.files import atomic_write, open_regular
from akida_lite.training.loop import variables_of

_STATE = "state"
# Each key of the state has its type, and a value that replaces it where it may be missing.
_STATE_OF: dict[str, tuple[Any, Any]] = {
    "step": (int, None),
    "seconds": (int | float, None),
    "curve": (list, None),
    "machines": (list, None),
    "losses": (list, []),
    "recipe": (dict, {}),
}


def save_checkpoint(
    path: Path,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer | None,
    state: dict[str, Any],
) -> None:
    """Write model, optimizer and the JSON-like `state` to one file, atomically."""
    arrays = {f"model/{name}": np.asarray(v) for name, v in variables_of(model).items()}
    if optimizer is not None:
        for index, variable in enumerate(optimizer.variables):
            arrays[f"optimizer/{index}"] = np.asarray(variable)
    arrays[_STATE] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    with atomic_write(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_checkpoint(
    path: Path, model: keras.Model, optimizer: keras.optimizers.Optimizer | None = None
) -> None:
    """Restore the model and optimizer that :func:`save_checkpoint` wrote.

    Raises
    ------
    FileFormatError
        If the file is damaged, or does not belong to this model and optimizer, which are
        then unchanged.
    """
    expected = {f"model/{name}": v for name, v in variables_of(model).items()}
    if optimizer is not None:
        expected |= {f"optimizer/{i}": v for i, v in enumerate(optimizer.variables)}
    stored = _read(path)
    for name, variable in expected.items():
        if name not in stored or stored[name].shape != tuple(variable.shape):
            raise _refused(
                path,
                f"it has no {name!r} of shape {tuple(variable.shape)}: it belongs to another "
                "recipe, or to an older version of this one",
            )
        numbers = _numbers(stored[name], variable.dtype)
        if numbers is None:
            raise _refused(path, f"its {name!r} holds what is no number")
        stored[name] = numbers
    for name, variable in expected.items():
        variable.assign(stored[name])


def _numbers(values: npt.NDArray[Any], dtype: str) -> npt.NDArray[Any] | None:
    """Return the values as this type, None where it cannot hold them as finite numbers."""
    if values.dtype.kind not in "iuf" or not np.can_cast(values.dtype, dtype, "same_kind"):
        return None
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    return cast if np.isfinite(cast).all() else None


def read_state(path: Path) -> dict[str, Any]:
    """Return the `state` that :func:`save_checkpoint` wrote.

    Raises
    ------
    FileFormatError
        If the file is damaged, or holds no state of a run.
    """
    text = _read(path).get(_STATE)
    try:
        state = None if text is None else json.loads(text.tobytes())
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"its state is no JSON ({error})") from error
    if (
        not isinstance(state, dict)
        or not all(
            isinstance(state.get(key, default), kind)
            for key, (kind, default) in _STATE_OF.items()
        )
        or not isinstance(state.get("recipe", {}).get("cycles", []), list)
    ):
        raise _refused(path, "its state is not that of a run")
    found: dict[str, Any] = state
    if not (0 <= found["step"] <= sys.maxsize and 0 <= found["seconds"] < math.inf):
        raise _refused(path, f"it is at step {state['step']:.3g}")
    return found


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a file that `numpy.savez` wrote, no larger than the file is."""
    arrays = {}
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > os.fstat(file.fileno()).st_size:
                raise ValueError("its members are larger than it is")
            for member in members:
                if member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError("its members are compressed")
                arrays[member.filename.removesuffix(".npy")] = _array(archive.read(member))
    # numpy and zipfile raise different errors depending on where the damage is.
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _refused(path, f"it cannot be read ({reason})") from error
    return arrays


def _array(data: bytes) -> npt.NDArray[Any]:
    file = io.BytesIO(data)
    np.lib.format.read_magic(file)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject or not dtype.itemsize:
        raise ValueError(f"an array is of type {dtype}")
    values = np.frombuffer(data, dtype, offset=file.tell())
    return values.reshape(shape, order="F" if fortran else "C")


def _refused(path: Path, problem: str) -> FileFormatError:
    return FileFormatError(
        Problem(f"checkpoint '{path}'", problem, "remove it and train again")
    )


def load_latent_weights(path: Path, model: keras.Model) -> None:
    """Start `model` from the latent weights of another rung of the same network.

    Only the optimizer's state and the progress of the other run are left behind.

    Raises
    ------
    FileFormatError
        If the file is damaged, or does not belong to this model.
    """
    try:
        load_checkpoint(path, model)
    except FileFormatError as error:
        # The file may be anything that a user has named: nobody should remove it.
        remedy = "name latent weights of this network that akida-lite train has written"
        subject = f"weights '{path}'"
        raise FileFormatError(
            [replace(problem, subject=subject, remedy=remedy) for problem in error.problems]
        ) from error
