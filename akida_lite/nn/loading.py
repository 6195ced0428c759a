"""Read Keras files that hold quantized layers."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import keras

from akida_lite.errors import FileFormatError, Problem
from akida_lite.files import open_regular, user_path

_SMALL = 1 << 24  # bytes, whatever the file takes
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
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        remedy = "save it again with keras.Model.save(), from layers that Keras knows"
        if file.name.lower().endswith(".weights.h5") or "model config" in reason:
            remedy = "build the model that the weights are of and call its load_weights(path)"
        text = f"Keras cannot load it ({reason})"
        raise FileFormatError(Problem(subject, text, remedy)) from error


def _require_no_bomb(file: Path) -> None:
    """Refuse an archive that would unpack to much more than it takes."""
    with open_regular(file) as opened:
        if not zipfile.is_zipfile(opened):
            return
        with zipfile.ZipFile(opened) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    packed = file.stat().st_size
    # Keras stores and does not compress; other writers may.
    if unpacked > 8 * packed + _SMALL:
        raise ValueError(f"it unpacks to {unpacked} bytes, the file has {packed}")
