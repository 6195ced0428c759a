"""Read chosen members of a compressed tar archive; nothing is ever written to disk."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

from akida_lite.datasets.description import damaged


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
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.name not in limits or not member.isfile():
                    continue
                if member.size > limits[member.name]:
                    raise damaged(
                        path,
                        f"member '{member.name}' declares {member.size} bytes, "
                        f"at most {limits[member.name]} are expected",
                    )
                stream = archive.extractfile(member)
                found[member.name] = stream.read() if stream else b""
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged(path, f"it is no complete tar.gz archive ({error})") from error
    missing = [name for name in limits if name not in found]
    if missing:
        raise damaged(path, f"it lacks {', '.join(missing)}")
    return found
