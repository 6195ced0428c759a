"""A data set of a few bytes, its archive, and a web server that misbehaves on demand."""

import gzip
import hashlib
import http.server
import io
import socket
import sys
import tarfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np

from akida_lite.datasets.archives import read_members
from akida_lite.datasets.description import (
    ArraySpec,
    DataSet,
    Download,
    NpmPackage,
    Reader,
    damaged,
)
from akida_lite.files import sha256_of

MEMBER = "package/all"
SHAPES = {"x_train": (3, 2, 2, 1), "y_train": (3,), "x_test": (2, 2, 2, 1), "y_test": (2,)}
VALUES = np.arange(12 + 3 + 8 + 2, dtype=np.uint8)
CONTENT = VALUES.tobytes()


def arrays():
    """Return the data set's true content."""
    parts = np.split(VALUES, [12, 15, 23])
    return {
        name: part.reshape(shape)
        for part, (name, shape) in zip(parts, SHAPES.items(), strict=True)
    }


def tgz(content=CONTENT, member=MEMBER):
    """Return a tar.gz archive with one member."""
    return tgz_of({member: content})


def tgz_of(parts):
    """Return a tar.gz archive of name to bytes; the same parts give the same bytes."""
    return gzip.compress(tar_of(parts.items()), mtime=0)


def tar_of(parts):
    """Return a tar archive of pairs of name and bytes."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in parts:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def _read(path):
    data = np.frombuffer(read_members(path, {MEMBER: 100})[MEMBER], np.uint8)
    if data.size != VALUES.size:
        raise damaged(path, f"it has {data.size} bytes")
    parts = np.split(data, [12, 15, 23])
    return {name: part.reshape(SHAPES[name]) for name, part in zip(SHAPES, parts, strict=True)}


def dataset(url=None, archive=None):
    """Return the description, with a publisher's archive when `url` is given."""
    specs = (ArraySpec(name, a.shape, sha256_of(a)) for name, a in arrays().items())
    download = None
    if url is not None:
        md5 = hashlib.md5(archive, usedforsecurity=False).hexdigest()
        download = Download(f"{url}/tiny-web.tgz", len(archive), md5)
    return DataSet(
        "tiny",
        tuple(specs),
        (Reader("tiny-*.tgz", _read),),
        NpmPackage("tiny", "1.0.0"),
        ("no", "yes"),
        download,
    )


@dataclass
class Server:
    """What to serve, how badly, and what was asked.

    Attributes
    ----------
    body : bytes
    cuts : list of int
        Bytes to send before hanging up, one a request; then everything is sent.
    resumes : bool
        Whether Range requests are honoured.
    status : int
        What to answer a request that is no Range request.
    range_status : int
        What to answer a Range request that is honoured.
    ranges : list
        The Range header of each request so far.
    """

    body: bytes
    cuts: list = field(default_factory=list)
    resumes: bool = True
    status: int = 200
    range_status: int = 206
    ranges: list = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(server):
    """Serve until the block ends; `server.url` is set."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            server.ranges.append(asked)
            start = int(asked[6:-1]) if asked and server.resumes else 0
            rest = server.body[start:]
            self.send_response(server.range_status if start else server.status)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: server.cuts.pop(0)] if server.cuts else rest)

        def log_message(self, *parts):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        server.url = f"http://127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            running.shutdown()
            thread.join()


@contextmanager
def answering(answer, trickle=b""):
    """Answer every request with the same bytes, and hang up; yield the address.

    The bytes of `trickle` come after the others, one at a time.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_all():
            # Closing the listener ends the waiting.
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(1 << 16)
                        connection.sendall(answer)
                        for byte in trickle:
                            time.sleep(0.02)
                            connection.sendall(bytes([byte]))

        thread = threading.Thread(target=answer_all, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def install_npm(folder, script):
    """Put an ``npm`` that runs the Python `script` into `folder`."""
    program = folder / "npm"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
