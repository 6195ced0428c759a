"""Files of numpy, cut into parts: one array, or an archive with an array of images."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np

from akida_lite.images.arrays import require_pixels
from akida_lite.images.decoding import Shape, Unreadable
from akida_lite.images.parts import Held, Part, Rows, refused

PREFERRED = ("image", "images", "img", "x", "x_test")
"""What an array or a column of images is often called."""
# A part out of a compressed archive holds at most this many bytes of encoded pictures.
HELD_BYTES = 64 << 20


def parts_of_array(path: str, shape: Shape, size: int) -> Iterator[Part]:
    """Yield the parts of a ``.npy`` file."""
    with open(path, "rb") as file:
        facts = _header(file)
        yield from _rows(path, file.tell(), *facts, shape, size)


def parts_of_archive(path: str, shape: Shape, size: int) -> Iterator[Part]:
    """Yield the parts of the array of images in a ``.npz`` file."""
    with zipfile.ZipFile(path) as archive:
        headers: dict[str, Any] = {}
        for name in archive.namelist():
            if not name.endswith(".npy"):
                continue
            with archive.open(name) as member:
                found = _header(member)
                if len(_stacked(found[1], shape)) in (3, 4) and found[0].kind in "ui":
                    headers[name.removesuffix(".npy")] = (name, member.tell(), *found)
        key = preferred(list(headers))
        if key is None:
            yield refused(
                path,
                f"it has the arrays of images {', '.join(headers) or 'none'}, of which one, or "
                f"one called {' or '.join(PREFERRED)}, is expected",
                "save the array of images as 'images', uint8 (n, height, width, channels)",
            )
            return
        name, header, dtype, stack, fortran = headers[key]
        entry = archive.getinfo(name)
        if entry.compress_type == zipfile.ZIP_STORED:
            with open(path, "rb") as file:
                file.seek(entry.header_offset + 26)
                lengths = file.read(4)
            skipped = 30 + int.from_bytes(lengths[:2], "little")
            skipped += int.from_bytes(lengths[2:], "little")
            offset = entry.header_offset + skipped + header
            yield from _rows(path, offset, dtype, stack, fortran, shape, size)
            return
        if fortran:
            problem = "its compressed array is in Fortran order, C is expected"
            yield refused(path, problem, "save it with np.savez, which does not compress")
            return
        with archive.open(name) as member:
            member.seek(header)
            yield from _unpacked(path, member, dtype, _stacked(stack, shape), size)


def _header(file: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    """Return dtype, shape and whether the order is Fortran's; the file then is at the data."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, not numbers")
    return dtype, shape, fortran


def _stacked(array: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """Return the shape of an array as images in a row: one image is a row of one."""
    if len(array) == 2 and array[1] == math.prod(shape):
        return (array[0], *shape)  # each row is an image that was flattened
    one = len(array) == 2 or array == shape
    one = one or (len(array) == 3 and shape[2] == 3 and array[2] in (3, 4))
    return (1, *array) if one else array


def _rows(
    path: str,
    offset: int,
    dtype: np.dtype[Any],
    array: tuple[int, ...],
    fortran: bool,
    shape: Shape,
    size: int,
) -> Iterator[Part]:
    stack = _stacked(array, shape)
    if len(stack) not in (3, 4) or stack[0] < 0:
        problem = f"it has shape {array}, (n, height, width, channels) is expected"
        yield refused(path, problem, "store it in that shape")
        return
    if stack[0]:
        try:
            # Said once, not of each image.
            require_pixels(dtype, stack[1:], shape)
        except Unreadable as error:
            yield refused(path, str(error), error.remedy)
            return
    needs = offset + dtype.itemsize * math.prod(stack)
    if needs > os.path.getsize(path):
        yield refused(path, f"it is cut off: {needs} bytes are expected")
        return
    for start in range(0, stack[0], size):
        stop = min(start + size, stack[0])
        yield Rows(path, offset, dtype.str, stack, fortran, start, stop)


def _unpacked(
    path: str, file: IO[bytes], dtype: np.dtype[Any], stack: tuple[int, ...], size: int
) -> Iterator[Part]:
    row_bytes = dtype.itemsize * math.prod(stack[1:])
    if stack[0] and not (min(stack) > 0 < row_bytes <= HELD_BYTES):
        problem = f"it has shape {stack} of {dtype}; 1 to {HELD_BYTES} bytes an image are read"
        problem += " from a compressed file"
        yield refused(path, problem, "save it with np.savez, which does not compress")
        return
    size = max(1, min(size, HELD_BYTES // max(row_bytes, 1)))
    for start in range(0, stack[0], size):
        stop = min(start + size, stack[0])
        data = file.read((stop - start) * row_bytes)
        rows = np.frombuffer(data, dtype).reshape(stop - start, *stack[1:])
        yield Held(path, tuple((f"{path}:{start + i}", row) for i, row in enumerate(rows)))


def preferred(names: Sequence[str]) -> str | None:
    """Return the only name, or the first that is what a column of images is often called."""
    if len(names) == 1:
        return names[0]
    return next((name for name in PREFERRED if name in names), None)
