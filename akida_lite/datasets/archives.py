"""Read chosen members of a compressed tar archive; nothing is ever written to disk.

Python's own reader of such archives believes what their headers declare. This one knows
only what the archives of the data sets need: plain files with short names. It reads a
bounded number of bytes, and holds none but those of the members asked for.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from akida_lite.datasets.description import damaged
from akida_lite.files import open_regular

_BLOCK = 512  # bytes; a header takes one block, contents fill up their last one
_OTHER_BYTES = 1 << 26  # bytes that members which are not wanted may take
_PLAIN_FILE = (b"0", b"\0")
_CHECKSUM = slice(148, 156)


def read_members(path: Path, limits: dict[str, int]) -> dict[str, bytes]:
    """Return the content of the members named in `limits`.

    Parameters
    ----------
    path : Path
        A ``.tar.gz`` or ``.tgz`` file.
    limits : dict
        Member name to the most bytes it may have: a damaged or hostile archive can
        declare any size, and what is read is held in memory.

    Raises
    ------
    DatasetError
        If the archive is damaged, lacks a member, or one is larger than its limit.
    """
    found: dict[str, bytes] = {}
    try:
        with open_regular(path) as file, gzip.open(file) as archive:
            left = _OTHER_BYTES
            for name, size, is_file in _headers(archive):
                if name in limits and is_file:
                    if size > limits[name]:
                        raise damaged(
                            path,
                            f"member '{name}' declares {size} bytes, at most {limits[name]} "
                            "are expected",
                        )
                    found[name] = _exactly(archive, size)
                    skipped = -size % _BLOCK
                else:
                    skipped = size + -size % _BLOCK
                left -= skipped + _BLOCK
                if left < 0:
                    problem = f"its other members have more than {_OTHER_BYTES} bytes"
                    raise damaged(path, problem)
                while skipped:
                    skipped -= len(_exactly(archive, min(skipped, 1 << 20)))
    except (EOFError, ValueError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(path, f"it is no complete tar.gz archive ({error})") from error
    missing = [name for name in limits if name not in found]
    if missing:
        raise damaged(path, f"it lacks {', '.join(missing)}")
    return found


def _headers(archive: gzip.GzipFile) -> Iterator[tuple[str, int, bool]]:
    """Yield name, bytes and whether it is a plain file, of each member.

    Whoever iterates reads, or skips, the member's bytes before going on.
    """
    while any(header := _exactly(archive, _BLOCK)):
        blanked = header[:148] + b" " * 8 + header[156:]
        if _octal(header[_CHECKSUM]) != sum(blanked):
            raise ValueError("a header has the wrong checksum")
        name = header[:100].split(b"\0")[0]
        if header.startswith(b"ustar", 257):
            name = b"/".join(filter(None, (header[345:500].split(b"\0")[0], name)))
        yield (
            name.decode("utf-8", "replace"),
            _octal(header[124:136]),
            header[156:157] in (_PLAIN_FILE),
        )


def _octal(field: bytes) -> int:
    digits = field.strip(b"\0 ")
    if not digits or digits.strip(b"01234567"):
        raise ValueError("a header holds no number where one belongs")
    return int(digits, 8)


def _exactly(archive: gzip.GzipFile, size: int) -> bytes:
    data = archive.read(size)
    if len(data) < size:
        raise EOFError("it ends inside a member")
    return data
