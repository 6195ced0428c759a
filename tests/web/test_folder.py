"""The exported folder: complete or absent, ours or refused, and free of what names contain."""

import io
import os
import re
import stat

import numpy as np
import pytest

from akida_lite import Model
from akida_lite.errors import InputError
from akida_lite.layers import FullyConnected, InputData, Potentials
from akida_lite.web import folder as folder_module
from akida_lite.web import page

HOSTILE = "</title><script>alert(1)</script>\"'&"
FILES = {"index.html", "akida-lite.js", "model.js"}
SAMPLES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1)


def model(name="tiny", filters=2, channels=1, bits=8):
    shape = (2, 2, channels)
    return Model(
        [
            InputData(name=HOSTILE, input_shape=shape, input_bits=bits),
            FullyConnected(
                name="out",
                weights=np.ones((4 * channels, filters), np.int8),
                weight_bits=2,
                input_bits=bits,
                output=Potentials(np.ones(filters), np.zeros(filters)),
            ),
        ],
        name=name,
        labels=[HOSTILE] * filters,
    )


def names_in(folder):
    return {entry.name for entry in folder.iterdir()}


@pytest.mark.parametrize("samples", [None, SAMPLES, SAMPLES[:0]])
def test_a_folder_holds_all_it_needs_and_loads_nothing_else(tmp_path, samples):
    target = tmp_path / "page"
    model().to_web(target, samples=samples)
    assert names_in(target) == FILES
    index = (target / "index.html").read_text("utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]*)"', index)
    assert {a for a in addresses if not a.startswith("data:")} == {"akida-lite.js", "model.js"}
    assert re.findall(r"https?://", index + (target / "akida-lite.js").read_text("utf-8")) == []
    assert names_in(tmp_path) == {"page"}


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_without_scripts_a_picture_and_a_sentence_stand_there(tmp_path, channels):
    model(channels=channels).to_web(tmp_path / "page")
    index = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert re.search(r"<akida-lite-live[^>]*><img alt=[^>]*base64[^>]*><p>[^<]+</p>", index)
    assert ("give it a picture" in index) is (channels in (1, 3))


def test_names_stay_text(tmp_path):
    model(name=HOSTILE).to_web(tmp_path / "page")
    index = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert "alert(1)</script>" not in index
    assert "&lt;script&gt;" in index
    script = (tmp_path / "page" / "model.js").read_bytes().decode("utf-16")
    assert "alert" not in script


def test_the_same_model_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        model().to_web(tmp_path / name, samples=SAMPLES)
    for file in FILES:
        one, two = ((tmp_path / name / file).read_bytes() for name in ("one", "two"))
        assert one == two


def test_an_earlier_export_and_an_empty_folder_are_replaced(tmp_path):
    target = tmp_path / "page"
    target.mkdir()
    model().to_web(target)
    before = (target / "model.js").read_bytes()
    model(filters=3).to_web(target)
    assert (target / "model.js").read_bytes() != before
    assert names_in(target) == FILES
    assert names_in(tmp_path) == {"page"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="gives files away")
def test_an_export_that_is_replaced_hands_on_rights_and_owner(tmp_path):
    folder = tmp_path / "page"
    model().to_web(folder)
    kept = (folder, folder / "model.js")
    for path, rights in zip(kept, (0o700, 0o600), strict=True):
        path.chmod(rights)
        os.chown(path, 1234, 4321)
    model().to_web(folder)
    facts = [path.stat() for path in kept]
    assert [stat.S_IMODE(each.st_mode) for each in facts] == [0o700, 0o600]
    assert {(each.st_uid, each.st_gid) for each in facts} == {(1234, 4321)}


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("thesis.tex", "years of work", "thesis.tex"),
        ("index.html", "<h1>My page</h1>", "index"),
    ],
)
def test_what_is_not_ours_is_left_alone(tmp_path, file, content, named):
    (tmp_path / file).write_text(content, "utf-8")
    with pytest.raises(InputError, match="it holds what this export has not written") as caught:
        model().to_web(tmp_path)
    assert named in str(caught.value)
    assert "Fix: name a folder that is new, empty, or an earlier export." in str(caught.value)
    assert names_in(tmp_path) == {file}
    assert (tmp_path / file).read_text("utf-8") == content


def test_a_file_beside_an_earlier_export_is_left_alone(tmp_path):
    model().to_web(tmp_path / "page")
    (tmp_path / "page" / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match=r"not written \(notes\.txt\)"):
        model().to_web(tmp_path / "page")


def test_a_file_and_a_missing_parent_are_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"it is a file\. Fix: name a folder\."):
        model().to_web(tmp_path / "file")
    with pytest.raises(InputError, match=r"there is no folder '.*nowhere'. Fix: create that"):
        model().to_web(tmp_path / "nowhere" / "page")


def test_an_export_that_breaks_off_leaves_what_was_there(tmp_path, monkeypatch):
    target = tmp_path / "page"
    model().to_web(target)
    before = (target / "model.js").read_bytes()

    def full_disk():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module.page, "script", full_disk)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        model(filters=3).to_web(target)
    assert (target / "model.js").read_bytes() == before
    assert names_in(tmp_path) == {"page"}


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (SAMPLES[0], r"input: has shape \(2, 2, 1\)"),
        (SAMPLES.astype(np.float32), "input: has dtype float32"),
        (SAMPLES.repeat(2, axis=3), r"input: has shape \(3, 2, 2, 2\)"),
    ],
)
def test_samples_that_the_model_does_not_read_are_refused(tmp_path, samples, message):
    with pytest.raises(InputError, match=message):
        model().to_web(tmp_path / "page", samples=samples)
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize(
    ("shape", "size"), [((1, 1, 5), (5, 1)), ((1, 4, 2), (4, 2)), ((4, 1, 3), (4, 3))]
)
def test_a_line_of_values_has_a_row_for_each_channel(shape, size):
    image = pytest.importorskip("PIL.Image")
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    read = image.open(io.BytesIO(page.png(values, [0, 255])))
    assert read.size == size
    expected = values.reshape(-1, shape[2]).T.ravel() if size[1] > 1 else values.ravel()
    assert (np.asarray(read).ravel() == expected).all()


def test_the_png_is_what_pillow_reads():
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for channels in (1, 3):
        pixels = rng.integers(0, 256, (5, 7, channels), np.uint8)
        read = np.asarray(image.open(io.BytesIO(page.png(pixels, [0, 255]))))
        assert (read.reshape(pixels.shape) == pixels).all()
    digit = np.array([[[0], [16]]], np.uint8)
    assert np.asarray(image.open(io.BytesIO(page.png(digit, [0, 16])))).tolist() == [[0, 255]]
