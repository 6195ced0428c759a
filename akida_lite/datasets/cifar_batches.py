"""Read the batches of the official CIFAR-10 archive, which are Python 2 pickles.

A pickle is a program. The unpickler below lets it call nothing but the three stand-ins
that spell out a numpy array, and these only keep what they are given.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from akida_lite.datasets.description import Pair, damaged


class _SpelledArray:
    """Stand-in for the array under reconstruction: keeps its raw bytes."""

    raw: bytes = b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.raw = state[4]


class _SpelledDtype:
    """Stand-in for the array's type; a batch holds bytes, whatever it claims."""

    def __init__(self, *spelling: object) -> None:
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        pass


def _reconstruct(*spelling: object) -> _SpelledArray:
    return _SpelledArray()


class _BatchUnpickler(pickle.Unpickler):
    ADMITTED: ClassVar[dict[tuple[str, str], Any]] = {
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy", "ndarray"): _SpelledArray,
        ("numpy", "dtype"): _SpelledDtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return self.ADMITTED[module, name]


def read_batch(data: bytes, origin: Path) -> Pair:
    """Return images and labels of one batch.

    Parameters
    ----------
    data : bytes
        Content of ``data_batch_1`` and its like.
    origin : Path
        File it comes from, for messages.

    Returns
    -------
    images : uint8 array of shape (10000, 32, 32, 3)
    labels : int64 array of shape (10000,)

    Raises
    ------
    DatasetError
        If it is not a CIFAR-10 batch, or holds anything besides arrays, lists and text.
    """
    try:
        batch = _BatchUnpickler(io.BytesIO(data), encoding="bytes").load()
        planes = np.frombuffer(batch[b"data"].raw, np.uint8).reshape(10000, 3, 32, 32)
        labels = np.array(batch[b"labels"], dtype=np.int64).reshape(10000)
    # A malformed pickle may fail in any of these ways, says the pickle module.
    except (
        pickle.UnpicklingError,
        AttributeError,
        EOFError,
        ImportError,
        IndexError,
        KeyError,
        MemoryError,
        OverflowError,
        TypeError,
        ValueError,
    ) as error:
        raise damaged(origin, f"it is no CIFAR-10 batch ({error})") from error
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
