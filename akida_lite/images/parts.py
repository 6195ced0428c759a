"""Parts of a set of images: small descriptions that another process can read the images by.

A part names files and places in them, not images, so that it travels cheaply and any number of
images may stand behind it. Only what comes out of a compressed archive, which cannot be entered
in its middle, is held.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np

from akida_lite.extras import needed
from akida_lite.files import sha256_of
from akida_lite.images.decoding import Unreadable

WRITE_AGAIN = "copy or write the file again"

Item: TypeAlias = tuple[str, Any]
"""Name of an image, and what `image_of` takes, or why there is nothing, as `Unreadable`."""


@dataclass(frozen=True)
class Files:
    """Picture files."""

    paths: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def items(self) -> Iterator[Item]:
        """Yield the images."""
        for path in self.paths:
            yield path, path


@dataclass(frozen=True)
class OneFile:
    """What all parts of a single file know."""

    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that are read, or were."""
        return (self.path,)


@dataclass(frozen=True)
class Rows(OneFile):
    """Images of an array that lies uncompressed in a file, and is mapped into memory."""

    offset: int
    dtype: str
    shape: tuple[int, ...]
    fortran: bool
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def items(self) -> Iterator[Item]:
        """Yield the images."""
        offset, shape, first = self.offset, self.shape, 0
        if not self.fortran:
            # Only these rows are mapped: the process may not be able to address the whole file.
            row_bytes = np.dtype(self.dtype).itemsize * prod(shape[1:])
            offset, shape = offset + self.start * row_bytes, (len(self), *shape[1:])
            first = self.start
        order: Any = "F" if self.fortran else "C"
        array: Any = np.memmap(self.path, self.dtype, "r", offset, shape, order)
        for row in range(self.start, self.stop):
            yield f"{self.path}:{row}", array[row - first]


@dataclass(frozen=True)
class TableRows(OneFile):
    """Images of one column, within one row group of a Parquet file."""

    column: str
    named_by: str | None
    group: int
    first: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def items(self) -> Iterator[Item]:
        """Yield the images."""
        columns = [self.column] if self.named_by is None else [self.column, self.named_by]
        parquet = needed("pyarrow.parquet", f"file '{self.path}'")
        with parquet.ParquetFile(self.path) as file:
            at = 0
            # Rows come in batches, since a row group may be larger than the memory. A value
            # that is stored once can stand in every row: together they exceed their group.
            held = max(file.metadata.row_group(self.group).total_byte_size, 1)
            rows_held = max(1, min(64, (64 << 20) // held))
            for batch in file.iter_batches(rows_held, row_groups=[self.group], columns=columns):
                rows = range(max(self.start - at, 0), min(self.stop - at, batch.num_rows))
                for row in rows:
                    value = batch.column(self.column)[row].as_py()
                    name = self._name(batch, row, self.first + at + row, value)
                    yield (
                        name,
                        value if not isinstance(value, list) else np.array(value, object),
                    )
                at += batch.num_rows
                if at >= self.stop:
                    return

    def _name(self, batch: Any, row: int, number: int, value: Any) -> str:
        name = None if self.named_by is None else batch.column(self.named_by)[row].as_py()
        if name is None and isinstance(value, dict):
            name = value.get("path")
        return f"{self.path}:{number}" if name is None else str(name)


@dataclass(frozen=True)
class Members(OneFile):
    """Pictures in a tar archive that is not compressed, as name, place and size."""

    entries: tuple[tuple[str, int, int], ...]

    def __len__(self) -> int:
        return len(self.entries)

    def items(self) -> Iterator[Item]:
        """Yield the images."""
        with open(self.path, "rb") as file:
            for name, offset, size in self.entries:
                file.seek(offset)
                yield f"{self.path}/{name}", file.read(size)


@dataclass(frozen=True)
class Held(OneFile):
    """Images that were read already, or what was wrong where they should have been."""

    held: tuple[Item, ...]

    def __len__(self) -> int:
        return len(self.held)

    def items(self) -> Iterator[Item]:
        """Yield the images."""
        yield from self.held


Part: TypeAlias = Files | Rows | TableRows | Members | Held


def identity_of(part: Part) -> str:
    """Return a checksum that changes when the part, or a file that it reads, does."""
    if isinstance(part, Held):
        text = repr([name for name, _ in part.held])
    else:
        text = repr(part)
    for path in part.paths:
        try:
            facts = os.stat(path)
            # A file that was replaced may have the old size and time, but not the change time.
            marks = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
            text += f" {marks}"
        except OSError as error:
            text += f" {error.errno}"
    return sha256_of(text.encode("utf-8", "surrogateescape"))


def refused(path: str, reason: str, remedy: str = WRITE_AGAIN) -> Held:
    """Return the part of a file that cannot be used."""
    return Held(path, ((path, Unreadable(reason, remedy)),))
