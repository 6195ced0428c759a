"""Fetch one file over HTTP: resumed where it stopped, checked, and never half there."""

from __future__ import annotations

import hashlib
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import Future, wait
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import IO

from akida_lite.datasets.description import Download
from akida_lite.errors import DatasetError, Problem
from akida_lite.files import NO_SPACE

# The wait is long enough for a slow line, and short enough that an offline machine soon
# turns to the next source.
TIMEOUT_S = 5
PATIENCE_S = 30
_SLOWEST = 1024  # bytes a second: the whole would take two days
_CHUNK = 1 << 18
_NO_SUCH_RANGE = 416


class ByteCount:
    """One line on standard error that is rewritten in place; silent without a terminal.

    Parameters
    ----------
    label : str
    total : int
        Bytes expected.
    """

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total = label, total
        self._visible = sys.stderr.isatty()
        self._next = 0.0

    def show(self, done: int) -> None:
        """Say how many bytes have come, at most ten times a second."""
        if self._visible and (time.monotonic() >= self._next or done == self.total):
            self._next = time.monotonic() + 0.1
            end = "\n" if done == self.total else ""
            line = f"\r{self.label}  {done / 1e6:.1f} / {self.total / 1e6:.1f} MB{end}"
            print(line, end="", file=sys.stderr, flush=True)


def fetch(download: Download, folder: Path) -> Path:
    """Return the path of the complete, checked file in `folder`.

    A broken connection is taken up again as long as each attempt brings bytes; what has
    arrived stays in a ``.part`` file for the next call.

    Raises
    ------
    DatasetError
        If the server does not answer, stops, or sends something else.
    OSError
        If the disk is full.
    """
    part = folder / f"{download.file_name}.part"
    # An earlier call may have left part of another page, which shows only at the end.
    for resumed in (part.exists(), False):
        _complete(download, part)
        with open(part, "rb") as file:
            if hashlib.file_digest(file, _md5).hexdigest() == download.md5:
                return part.replace(folder / download.file_name)
        part.unlink()
        if not resumed:
            break
    raise _failed(download, "what it sent has the wrong MD5")


def _complete(download: Download, part: Path) -> None:
    """Fill `part` up to the size of the file."""
    with open(part, "ab") as file:
        while (before := file.tell()) < download.size:
            try:
                _receive_patiently(download, file)
                failure = f"it stopped at {file.tell()} of {download.size} bytes"
            except DatasetError:
                raise
            # Servers can send many things over which Python's own modules stumble.
            except Exception as error:
                if isinstance(error, OSError) and error.errno in NO_SPACE:
                    raise
                if getattr(error, "code", None) == _NO_SUCH_RANGE and before:
                    file.truncate(0)
                    file.seek(0)
                    continue
                failure = str(getattr(error, "reason", None) or error) or type(error).__name__
            if file.tell() <= before:
                raise _failed(download, failure)


def _md5() -> hashlib._Hash:
    # The publisher states an MD5; it tells damage, the SHA-256 of the arrays tells fraud.
    return hashlib.md5(usedforsecurity=False)


def _receive_patiently(download: Download, file: IO[bytes]) -> None:
    """Receive in a thread of its own, which is left to itself where too little arrives.

    Any part of an answer can come a byte at a time: greeting, headers, sizes of chunks.
    """
    outcome: Future[None] = Future()

    def work() -> None:
        try:
            _receive(download, file)
        except BaseException as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            # Its frames hold the connection, which closes once nobody refers to it.
            outcome.set_exception(error.with_traceback(None))
        else:
            outcome.set_result(None)

    Thread(target=work, daemon=True).start()
    while not outcome.done():
        before = file.tell()
        wait([outcome], PATIENCE_S)
        # A file that is sent anew from its start is shorter than it was.
        if not outcome.done() and 0 <= file.tell() - before < PATIENCE_S * _SLOWEST:
            raise _failed(download, f"it sends fewer than {_SLOWEST} bytes a second")
    outcome.result()


def _receive(download: Download, file: IO[bytes]) -> None:
    """Append what is still missing, or start over where the server cannot resume."""
    start = file.tell()
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(download.url, headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        resumes = response.status == HTTPStatus.PARTIAL_CONTENT
        expected = download.size - (start if resumes else 0)
        declared = response.headers.get("Content-Length", str(expected))
        if declared != str(expected):
            raise ValueError(f"it offers {declared} bytes, {expected} are expected")
        if not resumes:
            file.truncate(0)
            file.seek(0)
        progress = ByteCount(download.file_name, download.size)
        while file.tell() < download.size:
            # `read1` returns what has arrived: waiting for more would hide how slowly it comes.
            chunk = response.read1(min(_CHUNK, download.size - file.tell()))
            if not chunk:
                return
            file.write(chunk)
            progress.show(file.tell())


def _failed(download: Download, failure: str) -> DatasetError:
    return DatasetError(
        Problem(
            f"source {download.url}",
            f"{failure:.200}",
            "connect to the internet, or download the file elsewhere and set "
            "AKIDA_LITE_DATA to its folder",
        )
    )
