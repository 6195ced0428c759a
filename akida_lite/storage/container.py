"""One file of named arrays and a JSON text: what `storage` writes models into.

The file is a zip archive whose members are stored, never compressed, so nothing in it can
grow when read. ``header.json`` names every array with its type, shape, size and SHA-256;
a member that it does not name, or that differs in any way, makes the file invalid.
"""

from __future__ import annotations

import json
import math
import os
import re
import zipfile
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.errors import FileFormatError
from akida_lite.files import atomic_write, sha256_of
from akida_lite.fixed_point import bits_of_weights
from akida_lite.packing import (
    pack,
    pack_ternary,
    packed_size,
    ternary_size,
    unpack,
    unpack_ternary,
)
from akida_lite.storage.archive import (
    GET_AGAIN,
    NAME_A_MODEL,
    invalid,
    opened,
    write_members,
)
from akida_lite.storage.plain import plain, read_plain

FORMAT = "akida_lite"
VERSION = 1

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]

_HEADER = "header.json"
_HEADER_LIMIT = 1 << 22  # bytes; that of the largest model of the zoo takes 6,000
_RANK_LIMIT = 8
_SAFE_NAME = re.compile(r"\w+(\.\w+)*", re.ASCII)
# Types stored as they are; int8 is packed, and called ternary where five values make a byte.
_LAYOUTS = {"int32": "<i4", "float16": "<f2", "float32": "<f4", "float64": "<f8"}


def write_container(
    path: str | os.PathLike[str],
    content: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
) -> None:
    """Write `content` and `arrays` to `path`, atomically.

    Parameters
    ----------
    path : path
    content : mapping
        Anything JSON can hold.
    arrays : mapping of str to array
        int8, int32, float16, float32 or float64; names are words joined by dots.

    Raises
    ------
    InputError
        If `content` is not what JSON gives back, or there is more than can be read again.
    FileFormatError
        If the file cannot be written.
    """
    encoded = {name: _encode(array) for name, array in arrays.items()}
    header = {
        "format": FORMAT,
        "version": VERSION,
        "content": plain(content, "content", depth=1),
        "arrays": {name: entry for name, (entry, _) in encoded.items()},
    }
    text = json.dumps(header, sort_keys=True, allow_nan=False, indent=1).encode()
    members = {_HEADER: text} | {name: data for name, (_, data) in encoded.items()}
    try:
        with atomic_write(path) as file:
            write_members(path, file, members, _HEADER, _HEADER_LIMIT)
    except OSError as error:
        raise invalid(
            path,
            f"it cannot be written ({error.strerror})",
            "choose a folder that exists, that you may write and that has space",
        ) from error


def read_container(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Arrays]:
    """Return what `write_container` was given.

    Nothing is read before its declared size has been checked against the file's, and no
    array is returned before its SHA-256 has been.

    Raises
    ------
    FileFormatError
        If the file cannot be read, is foreign, damaged, unsafe or from a later version.
    """
    with opened(path) as archive:
        header = _read_header(path, archive)
        _check_names(path, archive, header["arrays"])
        arrays = {
            name: _read_array(path, archive, name, entry)
            for name, entry in header["arrays"].items()
        }
    return header["content"], arrays


def _encode(array: npt.NDArray[Any]) -> tuple[dict[str, Any], bytes]:
    kind = array.dtype.name
    entry: dict[str, Any] = {"type": kind, "shape": list(array.shape)}
    if kind == "int8" and bits_of_weights(array) == 2:
        entry["type"], data = "ternary", pack_ternary(array)
    elif kind == "int8":
        entry["bits"] = bits_of_weights(array)
        data = pack(array, entry["bits"])
    else:
        data = array.astype(_LAYOUTS[kind]).tobytes()
    return entry | {"bytes": len(data), "sha256": sha256_of(data)}, data


def _read_header(path: str | os.PathLike[str], archive: zipfile.ZipFile) -> dict[str, Any]:
    if _HEADER not in archive.namelist():
        raise invalid(path, f"it has no {_HEADER}, so is no akida_lite file", NAME_A_MODEL)
    size = archive.getinfo(_HEADER).file_size
    if size > _HEADER_LIMIT:
        raise invalid(
            path, f"its header takes {size} bytes, at most {_HEADER_LIMIT} do", GET_AGAIN
        )
    try:
        header = read_plain(archive.read(_HEADER))
    except ValueError as error:
        raise invalid(path, f"its header is no JSON ({error})", GET_AGAIN) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise invalid(path, "its header is not akida_lite's", NAME_A_MODEL)
    version = header.get("version")
    if type(version) is not int or version < 1:
        raise invalid(path, f"its header has version {version!r:.40}", GET_AGAIN)
    if version > VERSION:
        raise invalid(
            path,
            f"it has format version {version}, this akida_lite reads up to {VERSION}",
            "run 'python -m pip install --upgrade akida-lite'",
        )
    for key in ("content", "arrays"):
        if not isinstance(header.get(key), dict):
            raise invalid(path, f"its header lacks {key!r}", GET_AGAIN)
    return header


def _check_names(
    path: str | os.PathLike[str], archive: zipfile.ZipFile, declared: dict[str, Any]
) -> None:
    names = archive.namelist()
    for name in (*names, *declared):
        if not _SAFE_NAME.fullmatch(name):
            problem = f"member {name!r:.99} has an unsafe name"
            raise invalid(path, problem, "do not use this file")
    if len(set(names)) < len(names):
        raise invalid(path, "two of its members have one name", GET_AGAIN)
    expected = {_HEADER, *declared}
    for what, odd in (("lacks", expected - set(names)), ("adds", set(names) - expected)):
        if odd:
            named = ", ".join(sorted(odd)[:5]) + ", ..." * (len(odd) > 5)
            raise invalid(path, f"it {what} members: {named}", GET_AGAIN)


def _read_array(
    path: str | os.PathLike[str], archive: zipfile.ZipFile, name: str, entry: Any
) -> npt.NDArray[Any]:
    size = _declared_size(entry)
    held = archive.getinfo(name).file_size
    if size is None or held != entry.get("bytes") or held != size:
        raise invalid(
            path,
            f"array '{name}' has {held} bytes, which is not what its header says",
            GET_AGAIN,
        )
    data = archive.read(name)
    if sha256_of(data) != entry.get("sha256"):
        raise invalid(path, f"array '{name}' is damaged (SHA-256 mismatch)", GET_AGAIN)
    shape = tuple(entry["shape"])
    if entry["type"] == "int8":
        return unpack(data, entry["bits"], shape)
    if entry["type"] == "ternary":
        try:
            return unpack_ternary(data, shape)
        except FileFormatError as error:
            problem = f"array '{name}' is damaged ({error.problems[0].problem})"
            raise invalid(path, problem, GET_AGAIN) from error
    # Little-endian on disk, the machine's own order in memory.
    stored = np.frombuffer(data, _LAYOUTS[entry["type"]]).reshape(shape)
    return stored.astype(entry["type"])


def _declared_size(entry: Any) -> int | None:
    """Return the bytes that an entry's type and shape take, None where it is nonsense."""
    if not isinstance(entry, dict):
        return None
    kind, shape, bits = entry.get("type"), entry.get("shape"), entry.get("bits")
    if not isinstance(shape, list) or not all(type(n) is int and n > 0 for n in shape):
        return None
    if not isinstance(kind, str) or len(shape) > _RANK_LIMIT:
        return None
    if kind == "int8":
        if type(bits) is not int or not 1 <= bits <= 8:
            return None
        return packed_size(math.prod(shape), bits)
    if kind == "ternary":
        return ternary_size(math.prod(shape))
    if kind not in _LAYOUTS:
        return None
    return math.prod(shape) * np.dtype(_LAYOUTS[kind]).itemsize
