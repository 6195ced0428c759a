"""The shipped parts of data sets: files of the package, checked before they are read."""

from __future__ import annotations

import hashlib
import io
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import DatasetError, Problem

SHA256 = {
    "cifar10_sample.npz": "960b788c94843c008cf47c7443a5f84e0a705fb4b5a700ed1244d32d9591f12c",
    "mnist_sample.npz": "a9d535828e4e7e051d812d0d2f3f2d65968172967391e61ae1efb5d5771dd24f",
}
"""File in the package's folder ``data`` to the SHA-256 of its bytes."""


def shipped_arrays(name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a shipped file.

    Parameters
    ----------
    name : str
        A key of `SHA256`.

    Raises
    ------
    DatasetError
        If the file is not the one that the package shipped with.
    """
    data = (resources.files("akida_lite") / "data" / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise DatasetError(
            Problem(
                f"file '{name}'",
                "it is not the one the package shipped with (SHA-256 mismatch)",
                "install akida-lite again",
            )
        )
    with np.load(io.BytesIO(data)) as arrays:
        return dict(arrays)
