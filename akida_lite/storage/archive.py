"""Zip archives of stored members, from strangers: limits are checked before memory is taken."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from akida_lite.errors import FileFormatError, InputError, Problem
from akida_lite.files import open_regular

MEMBER_LIMIT = 1 << 12
FILE_LIMIT = 1 << 31
"""Bytes of an archive; up to here it needs no extensions of the zip format."""

GET_AGAIN = "get the file again from where it came from"
NAME_A_MODEL = "name a file written by Model.save(); a Keras model goes through convert() first"

_ENTRY_LIMIT = 1 << 10  # bytes that the index may spend on a member
_END = struct.Struct("<4s4xHHIIH")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date a zip archive can hold

FilePath = str | os.PathLike[str]


@contextmanager
def opened(path: FilePath) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose members declare no more than the file has.

    Raises
    ------
    FileFormatError
        If the file cannot be read, is no archive, damaged or beyond the limits; also where
        reading a member inside the block shows it.
    """
    try:
        with open_regular(path) as file:
            size = _checked_size(path, file)
            with zipfile.ZipFile(file) as archive:
                _check_members(path, archive, size)
                yield archive
    except OSError as error:
        raise invalid(
            path, f"it cannot be read ({error.strerror or error})", "check its path and rights"
        ) from error
    except FileFormatError:
        raise
    # zipfile raises these over nonsense in the fields of a damaged archive.
    except (
        EOFError,
        MemoryError,
        OverflowError,
        RuntimeError,
        ValueError,
        struct.error,
        zipfile.BadZipFile,
    ) as error:
        raise invalid(path, f"it is cut off or damaged ({error})", GET_AGAIN) from error


def write_members(
    path: FilePath, file: IO[bytes], members: Mapping[str, bytes], header: str, limit: int
) -> None:
    """Write an archive that `opened` accepts; the same members always give the same bytes.

    Parameters
    ----------
    path : path
        For messages.
    file : binary file
    members : mapping of str to bytes
        In the order in which they are written.
    header : str
        Name of the member that may have at most `limit` bytes.
    limit : int

    Raises
    ------
    InputError
        If they would be too many, or too large, to be read again.
    """
    size = sum(map(len, members.values()))
    for what, count, most in (
        ("members", len(members), MEMBER_LIMIT),
        (f"bytes of {header}", len(members[header]), limit),
        # The archive's own entries come on top.
        ("bytes", size, FILE_LIMIT - MEMBER_LIMIT * _ENTRY_LIMIT),
    ):
        if count > most:
            problem = f"it would have {count} {what}, at most {most} are read again"
            remedy = "save fewer layers, names or notes in one file"
            raise InputError(Problem(f"file '{os.fspath(path)}'", problem, remedy))
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            # zipfile would otherwise note the operating system: the bytes would depend on it.
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)


def invalid(path: FilePath, problem: str, remedy: str) -> FileFormatError:
    """Return the error for a file that is not what it should be."""
    return FileFormatError(Problem(f"file '{os.fspath(path)}'", problem, remedy))


def _checked_size(path: FilePath, file: IO[bytes]) -> int:
    """Return the bytes of an archive whose index fits into memory."""
    if file.read(4) != b"PK\x03\x04":
        raise invalid(path, "it is no akida_lite file", NAME_A_MODEL)
    size = file.seek(0, os.SEEK_END)
    if size > FILE_LIMIT:
        raise invalid(path, f"it has {size} bytes, at most {FILE_LIMIT} are read", GET_AGAIN)
    file.seek(max(0, size - _END.size))
    end = file.read()
    if len(end) != _END.size or not end.startswith(b"PK\x05\x06"):
        raise zipfile.BadZipFile("File is not a zip file")
    _, _, members, length, _, _ = _END.unpack(end)
    if members > MEMBER_LIMIT or length > MEMBER_LIMIT * _ENTRY_LIMIT:
        problem = f"its index has {members} members in {length} bytes, at most {MEMBER_LIMIT}"
        raise invalid(path, f"{problem} members are read", GET_AGAIN)
    return size


def _check_members(path: FilePath, archive: zipfile.ZipFile, size: int) -> None:
    """Refuse whatever could make reading take more memory than the file has bytes."""
    members = archive.infolist()
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            problem = f"member '{member.filename:.99}' is compressed or encrypted; akida_lite "
            raise invalid(path, f"{problem}only stores", NAME_A_MODEL)
    declared = sum(member.file_size for member in members)
    if declared > size:
        problem = f"its members declare {declared} bytes, the file has {size}"
        raise invalid(path, problem, GET_AGAIN)
