"""Dense packing of small integers: what shipped and saved weights are stored as.

A value takes exactly `bits` bits, in two's complement, least significant bit first, with
no gap between values or rows; only the last byte may hold unused bits, which are zero.

Where all values are -1, 0 or 1, five of them make one byte, a fifth less than two bits
each take: ``v0 + 3*v1 + 9*v2 + 27*v3 + 81*v4``, each raised by 1. The last byte is filled
up with zeros.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from akida_lite.errors import FileFormatError, InputError, Problem

# Values take more while they are packed or unpacked: a block at a time keeps that small.
# A multiple of 8 and of 5, so that each block ends with a whole byte.
_BLOCK = 5 << 14


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
    flat = values.ravel()
    parts = (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))
    return b"".join(_pack_block(part, bits) for part in parts)


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
    values = np.empty(count, np.int8)
    for start in range(0, count, _BLOCK):
        part = values[start : start + _BLOCK]
        _unpack_block(octets[start * bits // 8 :][: packed_size(part.size, bits)], bits, part)
    return values.reshape(shape)


def _pack_block(values: npt.NDArray[np.integer], bits: int) -> bytes:
    octets = values.astype(np.int8).view(np.uint8).reshape(-1, 1)
    planes = np.unpackbits(octets, axis=1, count=bits, bitorder="little")
    return np.packbits(planes, bitorder="little").tobytes()


def _unpack_block(octets: npt.NDArray[np.uint8], bits: int, out: npt.NDArray[np.int8]) -> None:
    planes = np.unpackbits(octets, count=out.size * bits, bitorder="little").reshape(-1, bits)
    # The value sits in the low bits; moving it to the top and back copies its sign down.
    raised = np.packbits(planes, axis=1, bitorder="little").view(np.int8) << (8 - bits)
    np.right_shift(raised.reshape(-1), 8 - bits, out=out)


_PLACES = np.array([1, 3, 9, 27, 81], np.uint8)
# The table gives each octet's five values.
_TERNARY = (np.arange(243)[:, np.newaxis] // _PLACES % 3).astype(np.int8) - np.int8(1)


def ternary_size(count: int) -> int:
    """Return the number of bytes that `count` values of -1, 0 and 1 occupy."""
    return -(-count // len(_PLACES))


def pack_ternary(values: npt.NDArray[np.integer]) -> bytes:
    """Pack values of -1, 0 and 1, in C order.

    Parameters
    ----------
    values : integer array of any shape

    Returns
    -------
    bytes
        ``ternary_size(values.size)`` of them.

    Raises
    ------
    InputError
        If a value is another.
    """
    if values.size and not (values.min() >= -1 and values.max() <= 1):
        problem = f"they span {values.min()} to {values.max()}, -1 to 1 are accepted"
        raise InputError(Problem("values to pack", problem, "pack them with bits"))
    flat = values.reshape(-1)
    parts = (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))
    return b"".join(map(_pack_five, parts))


def _pack_five(values: npt.NDArray[np.integer]) -> bytes:
    digits = np.ones((ternary_size(values.size), len(_PLACES)), np.uint8)
    digits.reshape(-1)[: values.size] = values.astype(np.int8) + np.int8(1)
    return (digits @ _PLACES).tobytes()


def unpack_ternary(data: bytes, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """Return the array that `pack_ternary` was given, as int8.

    Parameters
    ----------
    data : bytes
        What `pack_ternary` returned.
    shape : tuple of int
        Shape of the array.

    Raises
    ------
    FileFormatError
        If the length of `data` is not that of `shape`, or a byte is no five values.
    """
    count, octets = math.prod(shape), np.frombuffer(data, np.uint8)
    expected, highest = ternary_size(count), int(octets.max(initial=0))
    if len(data) != expected or highest >= len(_TERNARY):
        problem = (
            f"{len(data)} bytes of up to {highest} for shape {shape} of ternary values, "
            f"{expected} of up to {len(_TERNARY) - 1} are expected"
        )
        remedy = "read them with the shape they were packed with"
        raise FileFormatError(Problem("packed values", problem, remedy))
    values = np.empty(count, np.int8)
    for start in range(0, count, _BLOCK):
        part = values[start : start + _BLOCK]
        fives = octets[start // len(_PLACES) :][: ternary_size(part.size)]
        part[:] = _TERNARY[fives].reshape(-1)[: part.size]
    return values.reshape(shape)


def _require_bits(bits: int) -> None:
    if not 1 <= bits <= 8:
        raise InputError(
            Problem("packed values", f"bits={bits} is outside 1 to 8", "choose 1 to 8 bits")
        )
