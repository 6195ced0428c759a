"""Files written whole or not at all, checksums, and a lock between processes."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

# A file system answers with these when it, or the user's share of it, is full.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

_HIDDEN = ".akida_lite-"  # how the names of unfinished files begin


def user_path(path: str | os.PathLike[str]) -> Path:
    """Return what a user means by a path: a leading ``~`` is a home folder, if there is one.

    `open_regular` and `atomic_write` go through here, so that who calls them need not.

    Raises
    ------
    OSError
        If the path holds a null byte, over which Python stumbles in its own way.
    """
    if b"\0" in os.fsencode(path):
        raise OSError(errno.EINVAL, "No file has a null byte in its name", os.fspath(path))
    return Path(os.path.expanduser(path))


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when complete.

    The bytes go to a hidden file in the same folder, which is flushed to the disk and
    then renamed; a process killed at any moment leaves the old file or the new one. An
    exception inside the block removes the hidden file; what a killed process has left is
    removed when the same file is written again. A file that is replaced hands on its
    rights and, where the system lets us, its owner.

    What is no regular file, such as a device or a pipe, is never replaced: the complete
    content is written into it.

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
    target = Path(os.path.realpath(user_path(path)))
    try:
        with _written(target) as file:
            yield file
    except OSError as error:
        # The hidden file means nothing to a reader, and a full disk names no file at all.
        if error.errno and _HIDDEN in str(error.filename or _HIDDEN):
            error.filename = str(target)
        raise


@contextmanager
def _written(target: Path) -> Iterator[IO[bytes]]:
    old = _facts_of(target)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as through, tempfile.TemporaryFile() as whole:
            yield whole
            whole.seek(0)
            shutil.copyfileobj(whole, through)
        return
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    file, hidden = _hidden_file(target)
    try:
        with file:
            # Rights are set before the first byte, so that nobody else can read any of it.
            if old is not None:
                hand_on(old, hidden)
            yield file
            file.flush()
            os.fsync(file.fileno())
            # Windows renames no open file; elsewhere closing would give up its lock.
            if os.name == "nt":
                file.close()
            os.replace(hidden, target)
    finally:
        hidden.unlink(missing_ok=True)
    _flush_folder(target.parent)


@contextmanager
def hidden_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside `target` for what will become it, and remove it at the end.

    What killed processes have left of theirs is removed before.

    Yields
    ------
    Path

    Raises
    ------
    OSError
        If it cannot be made.
    """
    # A locked file of the same name says that the folder is in use.
    file, mark = _hidden_file(target)
    hidden = mark.with_suffix(".d")
    try:
        with file:
            for left in target.parent.glob(f"{mark.name.rpartition('-')[0]}-*.d"):
                if not left.with_suffix(mark.suffix).exists():
                    shutil.rmtree(left, ignore_errors=True)
            hidden.mkdir()
            yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        mark.unlink(missing_ok=True)


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Return whether two paths lead to one file, by whatever names or links."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a file for reading; refuse at once what could keep the reader waiting.

    Raises
    ------
    OSError
        As `open` does; also if `path` is a pipe, a device or a socket.
    """
    # Without O_NONBLOCK, opening a pipe waits until somebody writes into it.
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(user_path(path), os.O_RDONLY | flags)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return open(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise OSError(errno.EINVAL, "Not a regular file", os.fspath(path))


def _facts_of(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _hidden_file(target: Path) -> tuple[IO[bytes], Path]:
    """Create the file that will become `target`, and remove those of killed processes."""
    # A digest stands in for the target's name, which may be as long as the system allows.
    stem = f"{_HIDDEN}{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}-"
    for left in target.parent.glob(f"{stem}*.tmp"):
        _remove_abandoned(left)
    while True:
        hidden = target.with_name(f"{stem}{secrets.token_hex(8)}.tmp")
        file = open(hidden, "xb")
        if _mark_as_used(file, hidden):
            return file, hidden
        # Another process took it for abandoned before it was marked.
        file.close()


def hand_on(old: os.stat_result, hidden: Path) -> None:
    """Give a hidden file or folder the owner and the rights of what it replaces."""
    if hasattr(os, "chown"):
        # Only the administrator may give files away; the rights are kept all the same.
        with suppress(PermissionError):
            os.chown(hidden, old.st_uid, old.st_gid)
    os.chmod(hidden, stat.S_IMODE(old.st_mode))


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
    with open_regular(source) as file:
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

    def _mark_as_used(file: IO[bytes], path: Path) -> bool:
        return True  # Windows lets nobody remove an open file

    def _remove_abandoned(path: Path) -> None:
        with suppress(OSError):
            path.unlink()

    def _flush_folder(folder: Path) -> None:
        """Windows has no handle on a folder; a rename is flushed with the file."""

else:
    import fcntl

    def _acquire(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _mark_as_used(file: IO[bytes], path: Path) -> bool:
        """Lock a new file; return whether it is still there."""
        # A file system without locks removes nothing that is abandoned either.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        return path.exists()

    def _remove_abandoned(path: Path) -> None:
        """Remove a hidden file unless a living process holds its lock."""
        with suppress(OSError), open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()

    def _flush_folder(folder: Path) -> None:
        # The folder is synced too: a power cut could forget the rename of bytes that are safe.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
