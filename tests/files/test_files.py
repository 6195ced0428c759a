"""Atomic writing, checksums and the lock between processes."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from akida_lite.files import (
    atomic_write,
    exclusive_lock,
    hidden_folder,
    is_same_file,
    open_regular,
    sha256_of,
)


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


needs_posix = pytest.mark.skipif(os.name != "posix", reason="devices, pipes and owners")


@needs_posix
def test_a_replaced_file_hands_on_its_rights(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with atomic_write(path) as file:
        (hidden,) = tmp_path.glob(".akida_lite-*")
        # From the first byte on: nobody reads along while it is written.
        assert stat.S_IMODE(hidden.stat().st_mode) == 0o640
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_a_replaced_file_hands_on_its_owner(tmp_path):
    path = tmp_path / "file"
    path.touch()
    os.chown(path, 1234, 2345)
    path.chmod(0o600)
    with atomic_write(path) as file:
        file.write(b"new")
    facts = path.stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (1234, 2345, 0o600)


@needs_posix
def test_an_owner_that_cannot_be_kept_does_not_stop_the_writing(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o600)

    def refuse(*arguments):
        raise PermissionError(errno.EPERM, "not yours")

    monkeypatch.setattr(os, "chown", refuse)
    with atomic_write(path) as file:
        file.write(b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(PermissionError), atomic_write(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    path.chmod(0o600)


@needs_posix
def test_a_pipe_is_written_into_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with atomic_write(pipe) as file:
        file.write(b"content")
        file.seek(0)
        file.write(b"C")
    reader.join()
    assert received == [b"Content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


@needs_posix
def test_a_device_is_written_into_and_stays():
    with atomic_write(os.devnull) as file:
        file.write(b"content")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@needs_posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is full")
@pytest.mark.parametrize("name", ["full", "absent/file"])
def test_an_error_names_the_file_that_was_asked_for(name, tmp_path):
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match=name) as failed, atomic_write(tmp_path / name) as file:
        file.write(b"content")
    assert failed.value.filename == os.path.realpath(tmp_path / name)


def test_an_error_about_another_file_names_that(tmp_path):
    with pytest.raises(FileNotFoundError) as failed, atomic_write(tmp_path / "file"):
        (tmp_path / "other").read_bytes()
    assert failed.value.filename == str(tmp_path / "other")


def test_a_folder_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises((IsADirectoryError, PermissionError)), atomic_write(tmp_path):
        pytest.fail("the block must not run")


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / ("n" * 255)
    with atomic_write(path) as file:
        file.write(b"content")
    assert path.read_bytes() == b"content"


@needs_posix
def test_what_a_killed_process_left_is_removed_when_the_file_is_written_again(tmp_path):
    path = tmp_path / "file"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", _DIE_HALFWAY, str(path)], env=_environment())
        assert len(list(tmp_path.glob(".akida_lite-*.tmp"))) == 1
    with atomic_write(path):
        pass
    assert list(tmp_path.iterdir()) == [path]


@needs_posix
def test_what_another_writer_is_busy_with_is_left_alone(tmp_path):
    path = tmp_path / "file"
    with atomic_write(path) as slow:
        slow.write(b"last")
        with atomic_write(path) as quick:
            quick.write(b"first")
        assert path.read_bytes() == b"first"
    assert path.read_bytes() == b"last"


_DIE_IN_A_FOLDER = """
import os, sys
from pathlib import Path
from akida_lite.files import hidden_folder
with hidden_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_bytes(b"half")
    os._exit(9)
"""


@needs_posix
def test_a_folder_that_a_killed_process_left_is_removed_and_one_in_use_is_not(tmp_path):
    target = tmp_path / ("n" * 255)
    program = [sys.executable, "-c", _DIE_IN_A_FOLDER, str(target)]
    assert subprocess.run(program, env=_environment()).returncode == 9
    assert len(list(tmp_path.glob("*.d/half"))) == 1
    with hidden_folder(target) as busy:
        (busy / "kept").touch()
        with hidden_folder(target) as other:
            other.rename(target)
        assert sorted(path.name for path in tmp_path.glob("*.d/*")) == ["kept"]
    assert list(tmp_path.iterdir()) == [target]


def test_one_file_has_many_names(tmp_path):
    path, link, other = tmp_path / "file", tmp_path / "link", tmp_path / "other"
    path.touch()
    other.touch()
    link.symlink_to(path)
    assert is_same_file(path, link)
    assert is_same_file(path, tmp_path / "." / "file")
    assert not is_same_file(path, other)
    assert not is_same_file(path, tmp_path / "absent")


@needs_posix
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Not a regular file"):
        open_regular(tmp_path / "pipe")


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
