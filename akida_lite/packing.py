"""Dense bit packing of small integers: what shipped and saved weights are stored as.

A value takes exactly `bits` bits, in two's complement, least significant bit first, with
no gap between values or rows; only the last byte may hold unused bits, which are zero.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from akida_lite.errors import FileFormatError, InputError, Problem


def packed_size(count: int, bits: int) -> int:
    """Return the number of bytes that `count` values of `bits` bits occupy."""
    return -(-count * bits // 8)


def pack(values: npt.NDArray[np.integer], bits: int) -> bytes:
    """Pack signed integers, in C order.

    Parameters
    ----------
    values : integer array of any shape
        Each within ``-2**(bits-1) .. 2**(bits-1) - 1``.
    bits : int
        Bits a value, 1 to 8.

    Returns
    -------
    bytes
        ``packed_size(values.size, bits)`` of them.

    Raises
    ------
    InputError
        If `bits` is outside 1 to 8, or a value outside the range of `bits`.
    """
    _require_bits(bits)
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if values.size and not (low <= values.min() and values.max() <= high):
        raise InputError(
            Problem(
                "values to pack",
                f"they span {values.min()} to {values.max()}, {bits} bits hold {low} to {high}",
                "pack them with more bits",
            )
        )
    octets = values.astype(np.int8).view(np.uint8).reshape(-1, 1)
    planes = np.unpackbits(octets, axis=1, count=bits, bitorder="little")
    return np.packbits(planes, bitorder="little").tobytes()


def unpack(data: bytes, bits: int, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """Return the array that `pack` was given, as int8.

    Parameters
    ----------
    data : bytes
        What `pack` returned.
    bits : int
        Bits a value, 1 to 8.
    shape : tuple of int
        Shape of the array.

    Raises
    ------
    FileFormatError
        If the length of `data` is not that of `shape`.
    InputError
        If `bits` is outside 1 to 8.
    """
    _require_bits(bits)
    count = math.prod(shape)
    if len(data) != packed_size(count, bits):
        raise FileFormatError(
            Problem(
                "packed values",
                f"{len(data)} bytes for shape {shape} of {bits}-bit values, "
                f"{packed_size(count, bits)} are expected",
                "read them with the shape and width they were packed with",
            )
        )
    octets = np.frombuffer(data, np.uint8)
    planes = np.unpackbits(octets, count=count * bits, bitorder="little").reshape(-1, bits)
    # The value sits in the low bits; moving it to the top and back copies its sign down.
    raised = np.packbits(planes, axis=1, bitorder="little").view(np.int8) << (8 - bits)
    return (raised >> (8 - bits)).astype(np.int8).reshape(shape)


def _require_bits(bits: int) -> None:
    if not 1 <= bits <= 8:
        raise InputError(
            Problem("packed values", f"bits={bits} is outside 1 to 8", "choose 1 to 8 bits")
        )
