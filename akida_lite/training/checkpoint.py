"""The state of a run, written whole every few minutes, so that nothing else is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from akida_lite.errors import FileFormatError, Problem
from akida_lite.files import atomic_write
from akida_lite.training.loop import variables_of

_STATE = "state"


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
        If the file does not belong to this model and optimizer.
    """
    with np.load(path, allow_pickle=False) as stored:
        expected = {f"model/{name}": v for name, v in variables_of(model).items()}
        if optimizer is not None:
            expected |= {f"optimizer/{i}": v for i, v in enumerate(optimizer.variables)}
        for name, variable in expected.items():
            if name not in stored or stored[name].shape != tuple(variable.shape):
                raise FileFormatError(
                    Problem(
                        f"checkpoint '{path}'",
                        f"it has no {name!r} of shape {tuple(variable.shape)}: it belongs to "
                        "another recipe, or to an older version of this one",
                        "remove it and train again",
                    )
                )
        for name, variable in expected.items():
            variable.assign(stored[name])


def read_state(path: Path) -> dict[str, Any]:
    """Return the `state` that :func:`save_checkpoint` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        state: dict[str, Any] = json.loads(stored[_STATE].tobytes())
    return state


def load_latent_weights(path: Path, model: keras.Model) -> None:
    """Start `model` from the latent weights of another rung of the same network.

    Only the optimizer's state and the progress of the other run are left behind.
    """
    load_checkpoint(path, model)
