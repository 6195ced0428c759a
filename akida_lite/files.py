"""Files written whole or not at all, checksums, and a lock between processes."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

# What a file system answers when it is full, or the user's share of it is.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when complete.

    The bytes go to a hidden file in the same folder, which is flushed to the disk and
    then renamed; a process killed at any moment leaves the old file or the new one. An
    exception inside the block removes the hidden file.

    Parameters
    ----------
    path : path
        A symbolic link is followed: its target is replaced, not the link.

    Yields
    ------
    binary file

    Raises
    ------
    OSError
        As `open` and `os.replace` do.
    """
    target = Path(os.path.realpath(path))
    hidden = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with open(hidden, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(hidden, target)
    finally:
        hidden.unlink(missing_ok=True)
    _flush_folder(target.parent)


def sha256_of(source: str | os.PathLike[str] | bytes | npt.NDArray[np.generic]) -> str:
    """Return the SHA-256, in hexadecimal, of a file's content, of bytes or of an array.

    Parameters
    ----------
    source : path, bytes or array
        An array counts as its raw bytes in C order.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    if isinstance(source, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(source).data).hexdigest()
    with open(source, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def exclusive_lock(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a lock that one process at a time can have; wait for it as long as needed.

    The operating system drops the lock when its holder dies, so a killed process never
    blocks the next one. The empty file stays: removing it would let two holders in.

    Parameters
    ----------
    path : path
        File to lock, created when missing.

    Raises
    ------
    OSError
        If the file cannot be created.
    """
    with open(path, "ab") as file:
        _acquire(file)
        yield


if os.name == "nt":
    import msvcrt
    import time

    def _acquire(file: IO[bytes]) -> None:
        # LK_LOCK gives up after ten seconds; another process may download for minutes.
        while True:
            try:
                file.seek(0)
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore
            except OSError:
                time.sleep(1)

    def _flush_folder(folder: Path) -> None:
        """Windows has no handle on a folder; a rename is flushed with the file."""

else:
    import fcntl

    def _acquire(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _flush_folder(folder: Path) -> None:
        # Without this a power cut may forget the rename although the bytes are safe.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
