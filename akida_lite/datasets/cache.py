"""Arrays kept on disk between runs, checked by SHA-256 each time they are opened.

They are plain ``.npy`` files, mapped into memory rather than read. The mapping is
copy-on-write: changing an array in place never reaches the file.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from akida_lite.datasets.description import Arrays, ArraySpec, DataSet
from akida_lite.errors import DatasetError, Problem
from akida_lite.files import NO_SPACE, atomic_write, exclusive_lock, open_regular


def cache_folder() -> Path:
    """Return ``AKIDA_LITE_CACHE``, or the platform's cache folder for the package.

    Raises
    ------
    RuntimeError
        If the user has no home folder, and one is needed.
    """
    chosen = os.environ.get("AKIDA_LITE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "akida_lite"


def read_cached(dataset: DataSet) -> Arrays | None:
    """Return the arrays, or None when one is missing or damaged on disk."""
    arrays = {}
    for spec in dataset.arrays:
        header = _header(spec)
        try:
            with open_regular(_array_path(dataset, spec.name)) as file:
                if file.read(len(header)) != header:
                    return None
                if file.seek(0, os.SEEK_END) != len(header) + spec.size:
                    return None
                mapped = np.memmap(file, np.uint8, "c", len(header), spec.shape)
        except (OSError, RuntimeError):
            return None
        if not spec.matches(mapped):
            return None
        arrays[spec.name] = mapped.view(np.ndarray)
    return arrays


def store(dataset: DataSet, arrays: Arrays) -> None:
    """Write checked arrays to the cache.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written.
    """
    for spec in dataset.arrays:
        with atomic_write(_array_path(dataset, spec.name)) as file:
            np.save(file, arrays[spec.name], allow_pickle=False)


@contextmanager
def locked_folder(dataset: DataSet) -> Iterator[Path]:
    """Give this process alone the right to fill the data set's cache folder.

    Yields
    ------
    Path
        The folder.

    Raises
    ------
    DatasetError
        If the cache cannot be created or written, or the disk fills up inside the block.
    """
    try:
        folder = cache_folder() / dataset.name
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(folder / "lock"):
            yield folder
    except (OSError, RuntimeError) as error:
        if isinstance(error, DatasetError):
            raise
        raise _refused(dataset, error) from error


def _header(spec: ArraySpec) -> bytes:
    """Return what the array's file begins with: nothing in it has to be read, or believed."""
    file = io.BytesIO()
    facts = {"descr": "|u1", "fortran_order": False, "shape": spec.shape}
    np.lib.format.write_array_header_1_0(file, facts)
    return file.getvalue()


def _array_path(dataset: DataSet, array: str) -> Path:
    return cache_folder() / dataset.name / f"{array}.npy"


def _refused(dataset: DataSet, error: OSError | RuntimeError) -> DatasetError:
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return DatasetError(
            Problem(
                f"data set {dataset.name!r}",
                f"no space left in '{cache_folder()}' ({error.strerror}); its arrays take "
                f"{dataset.size >> 20} MiB, a download up to 170 MB more",
                "free some space, or set AKIDA_LITE_CACHE to a folder on a larger disk",
            )
        )
    where, why = (
        (f"cache folder '{cache_folder()}'", error.strerror)
        if isinstance(error, OSError)
        else ("cache folder", error)
    )
    return DatasetError(
        Problem(
            f"data set {dataset.name!r}",
            f"the {where} cannot be written ({why})",
            "set AKIDA_LITE_CACHE to a folder that you may write",
        )
    )
