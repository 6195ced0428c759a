"""What a user names, cut into parts: pictures, folders, arrays, Parquet, archives."""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from akida_lite.errors import InputError, Problem
from akida_lite.extras import needed
from akida_lite.images.array_files import (
    HELD_BYTES,
    PREFERRED,
    parts_of_archive,
    parts_of_array,
    preferred,
)
from akida_lite.images.decoding import Shape
from akida_lite.images.parts import (
    WRITE_AGAIN,
    Files,
    Held,
    Item,
    Members,
    Part,
    TableRows,
    refused,
)

_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
# Pictures that Pillow may not read are refused by name, not passed over in silence.
_UNKNOWN_PICTURES = (".heic", ".heif", ".avif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw")
_NAMES = ("name", "__key__", "filename", "file_name", "path", "id")


def parts_of(sources: Sequence[str], shape: Shape, size: int) -> Iterator[Part]:
    """Yield the parts of some sources, in an order that depends on nothing but their names.

    Parameters
    ----------
    sources : sequence of str
        Files and folders; see the module.
    shape : (height, width, channels)
        Of the model; tells one image from a stack of grey ones.
    size : int
        Largest number of images a part.

    Raises
    ------
    InputError
        If a source does not exist, a folder holds nothing, or a package is missing.
    """
    for source in sources:
        if not os.path.exists(source):
            problem = "there is no such file or folder"
            raise InputError(Problem(f"source {source!r}", problem, "check its path"))
    pictures: list[str] = []
    for path in _files(sources):
        # Reading a pipe would wait for whoever writes into it.
        if not os.path.isfile(path):
            yield refused(path, "it is no regular file", "name a file or a folder")
            continue
        name = path.lower()
        cut = next((cut for ending, cut in _CUTS.items() if name.endswith(ending)), None)
        if cut is None:
            pictures.append(path)
        if pictures and (cut is not None or len(pictures) == size):
            yield Files(tuple(pictures))
            pictures = []
        if cut is not None:
            try:
                yield from cut(path, shape, size)
            except InputError:
                raise
            # The readers of each format fail in their own ways over damaged files.
            except Exception as error:
                yield refused(path, f"it cannot be read ({error or type(error).__name__})")
    if pictures:
        yield Files(tuple(pictures))


def _files(sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        if not os.path.isdir(source):
            yield source
            continue
        empty = True
        for path in _walk(source):
            empty = False
            yield path
        if empty:
            problem = "it holds no picture, array, Parquet file or archive of pictures"
            raise InputError(Problem(f"folder {source!r}", problem, "name another folder"))


def _walk(folder: str) -> Iterator[str]:
    """Yield the usable files of a folder and of those in it, sorted; hidden ones are not."""
    # Folders may be nested deeper than functions may call each other.
    levels = [_entries(folder)]
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
        elif entry.is_dir(follow_symlinks=False):
            levels.append(_entries(entry.path))
        elif entry.name.lower().endswith((*_CUTS, *_picture_endings())):
            yield entry.path


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".")]
    return iter(sorted(shown, key=lambda entry: entry.name))


@cache
def _picture_endings() -> tuple[str, ...]:
    """Return what names of pictures end in; Parquet and arrays need no Pillow."""
    try:
        image_module = needed("PIL.Image", "a folder")
    except InputError:
        return (".png", ".jpg", ".jpeg")
    known = image_module.registered_extensions()
    return (*(each for each in known if known[each] in image_module.OPEN), *_UNKNOWN_PICTURES)


def _table(path: str, shape: Shape, size: int) -> Iterator[Part]:
    del shape
    parquet = needed("pyarrow.parquet", f"file '{path}'")
    types = needed("pyarrow.types", f"file '{path}'")
    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        known = [name for name in schema.names if _may_be_images(schema.field(name), types)]
        column = preferred(known)
        if column is None:
            yield refused(
                path,
                f"its columns of bytes or lists are {', '.join(known) or 'none'}; one, or one "
                f"called {' or '.join(PREFERRED)}, is expected",
                "put encoded pictures or lists of pixels into a column called 'image'",
            )
            return
        texts = [name for name in _NAMES if name in schema.names and name != column]
        named_by = texts[0] if texts else None
        first = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            for start in range(0, rows, size):
                stop = min(start + size, rows)
                yield TableRows(path, column, named_by, group, first, start, stop)
            first += rows


def _may_be_images(field: Any, types: Any) -> bool:
    kind = getattr(field.type, "storage_type", field.type)
    if types.is_dictionary(kind):
        kind = kind.value_type
    nested = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if types.is_struct(kind):
        return "bytes" in {kind.field(i).name for i in range(kind.num_fields)}
    return bool(nested or types.is_binary(kind) or types.is_large_binary(kind))


def _tar(path: str, shape: Shape, size: int) -> Iterator[Part]:
    """Cut an archive: places in one that is not compressed, pictures of another."""
    del shape
    may_be_entered = path.lower().endswith(".tar")
    places: list[tuple[str, int, int]] = []
    held: list[Item] = []
    taken, found, damage = 0, False, ""

    def part() -> Part:
        return Members(path, tuple(places)) if may_be_entered else Held(path, tuple(held))

    try:
        with tarfile.open(path, "r:" if may_be_entered else "r|*") as archive:
            for member in _pictures(archive):
                found = True
                if member.size > HELD_BYTES:
                    yield refused(
                        f"{path}/{member.name}",
                        f"it has {member.size} bytes, at most {HELD_BYTES} are read",
                        "save it smaller",
                    )
                elif may_be_entered:
                    places.append((member.name, member.offset_data, member.size))
                else:
                    content = archive.extractfile(member)
                    assert content is not None
                    held.append((f"{path}/{member.name}", content.read()))
                    taken += member.size
                if len(places or held) == size or taken > HELD_BYTES:
                    yield part()
                    places, held, taken = [], [], 0
    # Pictures found before the damage are used.
    except (EOFError, OSError, tarfile.TarError, zlib.error) as error:
        damage = f"it cannot be read to its end ({error})"
    if places or held:
        yield part()
    if damage or not found:
        remedy = WRITE_AGAIN if damage else "put pictures into it"
        yield refused(path, damage or "it holds no picture", remedy)


def _pictures(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    endings = _picture_endings()
    for member in archive:
        name = os.path.basename(member.name)
        hidden = name.startswith(".")
        if member.isreg() and not hidden and name.lower().endswith(endings):
            yield member
        # The archive keeps a list of all members that it has met, which would grow with it.
        archive.members = []  # type: ignore[attr-defined]


_CUTS = {
    ".npy": parts_of_array,
    ".npz": parts_of_archive,
    ".parquet": _table,
    **dict.fromkeys(_TARS, _tar),
}
"""Ending of a file to the function that cuts it into parts; anything else is a picture."""
