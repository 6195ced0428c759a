"""Atomic writing, checksums and the lock between processes."""

import hashlib
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from akida_lite.files import atomic_write, exclusive_lock, sha256_of


def test_a_finished_block_replaces_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_exception_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half():
        with atomic_write(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


_DIE_HALFWAY = """
import os, signal, sys
from akida_lite.files import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(b"half of the new content")
    file.flush()
    os._exit(9)
"""


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", _DIE_HALFWAY, str(path)], env=_environment())
    assert done.returncode == 9
    assert path.read_bytes() == b"old"


def test_a_link_is_followed_and_stays(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with atomic_write(link) as file:
        file.write(b"content")
    assert link.is_symlink()
    assert target.read_bytes() == b"content"


def test_rights_are_those_of_any_new_file(tmp_path):
    (tmp_path / "usual").touch()
    with atomic_write(tmp_path / "atomic"):
        pass
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_sha256_of_a_file_bytes_and_an_array_agree(tmp_path):
    array = np.arange(24, dtype=np.int32).reshape(2, 3, 4)
    (tmp_path / "file").write_bytes(array.tobytes())
    expected = hashlib.sha256(array.tobytes()).hexdigest()
    assert sha256_of(tmp_path / "file") == expected
    assert sha256_of(array.tobytes()) == expected
    assert sha256_of(array) == expected


def test_sha256_of_a_view_counts_its_own_order():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert sha256_of(array.T) == sha256_of(np.ascontiguousarray(array.T))
    assert sha256_of(array.T) != sha256_of(array)


_HOLD = """
import sys
from akida_lite.files import exclusive_lock
with exclusive_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
    with open(sys.argv[2], "w") as file:
        file.write("first")
"""


def test_a_second_process_waits_for_the_first(tmp_path):
    lock, trace = tmp_path / "lock", tmp_path / "trace"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(lock), str(trace)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
    ) as other:
        other.stdout.readline()
        other.stdin.write(b"\n")
        other.stdin.flush()
        with exclusive_lock(lock):
            assert trace.read_text() == "first"


def test_a_dead_holder_does_not_block(tmp_path):
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(lock), os.devnull],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
    ) as other:
        other.stdout.readline()
        other.kill()
    started = time.monotonic()
    with exclusive_lock(lock):
        assert time.monotonic() - started < 5


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
