"""Read Keras files that hold quantized layers."""

from __future__ import annotations

import json
import math
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import h5py
import keras

from akida_lite.errors import FileFormatError, Problem
from akida_lite.files import open_regular, user_path

_SMALL = 1 << 24  # bytes that arrays may take beyond a multiple of the file's size
KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
"""Endings of the files that Keras writes."""


def load_keras(path: str | os.PathLike[str]) -> Any:
    """Return the Keras model in a file, whether its layers are quantized or not.

    ``keras.saving.load_model`` does the same once the quantized layers are known to Keras,
    which they are after ``import akida_lite.nn``.

    Parameters
    ----------
    path : path
        A file of ``keras.Model.save()``: .keras, .h5 or .hdf5.

    Returns
    -------
    keras.Model
        Not compiled.

    Raises
    ------
    FileFormatError
        If there is no such file, or Keras cannot load it.
    """
    file = user_path(path)
    subject = f"file '{os.fspath(path)}'"
    if file.suffix.lower() not in KERAS_SUFFIXES:
        remedy = f"name a file of keras.Model.save(): {', '.join(KERAS_SUFFIXES)}"
        raise FileFormatError(Problem(subject, f"its ending is {file.suffix!r}", remedy))
    if not file.is_file():
        remedy = "name a file that keras.Model.save() has written"
        raise FileFormatError(Problem(subject, "there is no such file", remedy))
    try:
        _require_no_bomb(file)
        # Layers that hold code of their own are refused, which no configuration may change.
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    # What Keras raises depends on what is wrong, and on its version.
    except Exception as error:
        reason = f"{' '.join(str(error).split()) or type(error).__name__:.300}"
        remedy = "save it again with keras.Model.save(), from layers that Keras knows"
        if file.name.lower().endswith(".weights.h5") or "model config" in reason:
            remedy = "build the model that the weights are of and call its load_weights(path)"
        text = f"Keras cannot load it ({reason})"
        raise FileFormatError(Problem(subject, text, remedy)) from error


def _require_no_bomb(file: Path) -> None:
    """Refuse a file whose members, arrays or layers would take much more than it does."""
    with ExitStack() as stack:
        opened = stack.enter_context(open_regular(file))
        # Keras stores and does not compress; other writers may.
        most = 8 * os.fstat(opened.fileno()).st_size + _SMALL
        config: str | bytes = "{}"
        weights: IO[bytes] = opened
        if zipfile.is_zipfile(opened):
            archive = stack.enter_context(zipfile.ZipFile(opened))
            unpacked = sum(member.file_size for member in archive.infolist())
            _require_at_most(most, unpacked, "unpacks to")
            config = archive.read("config.json")
            weights = archive.open("model.weights.h5")
        arrays = stack.enter_context(h5py.File(weights, "r"))
        _require_at_most(most, _bytes_of(arrays), "declares arrays of")
        config = arrays.attrs.get("model_config", config)
    known = _known(config)
    # The scope is one of the thread, and so is what Keras keeps of variables without values:
    # where the thread ends, no layer of the file is left to take memory later.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(_rehearse, file, known, most).result()


def _require_at_most(most: int, taken: int, what: str) -> None:
    if taken > most:
        raise ValueError(f"it {what} {taken} bytes, a file of its size may have {most}")


def _bytes_of(arrays: h5py.File) -> int:
    """Return the bytes that the arrays of an HDF5 file take in memory."""
    sizes = [0]

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise ValueError(f"its array {name!r} lies in another file")
            sizes.append(item.nbytes)

    arrays.visititems(add)
    return sum(sizes)


class _Rehearsal(keras.StatelessScope):
    """Inside, no variable is made, and what one is given is counted and let go."""

    def __init__(self) -> None:
        super().__init__(initialize_variables=False)
        self.given = 0

    def add_update(self, update: tuple[Any, Any]) -> None:
        self.given += _bytes_of_weight(update[0])


def _rehearse(file: Path, known: dict[str, Any], most: int) -> None:
    """Load a model without making its weights; refuse those that take too much."""
    with _Rehearsal() as scope:
        model = keras.saving.load_model(file, known, compile=False, safe_mode=True)
    taken = max(scope.given, sum(map(_bytes_of_weight, model.weights)))
    _require_at_most(most, taken, "declares layers with weights of")


def _bytes_of_weight(variable: Any) -> int:
    values: int = math.prod(variable.shape)
    return 4 * values


def _known(config: str | bytes) -> dict[str, Any]:
    """Return what the names in a configuration mean here; another thread does not know."""
    names: set[str] = set()

    def look(part: dict[str, Any]) -> None:
        names.update(value for value in part.values() if isinstance(value, str))

    json.loads(config, object_hook=look)
    found = {name: keras.saving.get_registered_object(name) for name in names}
    return {name: meaning for name, meaning in found.items() if meaning is not None}
