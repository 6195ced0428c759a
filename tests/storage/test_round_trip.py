"""What `load` returns is what `save` was given, to the bit, whatever happens in between."""

import json
import os
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_models import content, models, small_model
from zip_bytes import zipped

from akida_lite.errors import FileFormatError
from akida_lite.layers import Convolutional
from akida_lite.storage import load, save

METADATA = {"labels": ["a", "b"], "input_scaling": [255.0, 0], "note": None, "n": {"x": True}}


@given(layers=models())
@settings(deadline=None)
def test_every_field_and_bit_comes_back(layers, tmp_path_factory):
    path = tmp_path_factory.mktemp("round") / "model.akl"
    save(path, layers, METADATA)
    loaded, metadata = load(path)
    assert content(loaded) == content(layers)
    assert metadata == METADATA


@given(layers=models())
@settings(deadline=None, max_examples=20)
def test_the_same_model_gives_the_same_bytes(layers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    save(folder / "one", layers, METADATA)
    save(folder / "two", load(folder / "one")[0], dict(reversed(METADATA.items())))
    assert (folder / "one").read_bytes() == (folder / "two").read_bytes()


def test_loaded_arrays_are_read_only(tmp_path):
    save(tmp_path / "model", small_model(), {})
    layer = load(tmp_path / "model")[0][1]
    with pytest.raises(ValueError, match="read-only"):
        layer.weights[0, 0] = 1


def test_tuples_in_the_metadata_come_back_as_lists(tmp_path):
    save(tmp_path / "model", small_model(), {"labels": ("a", ("b",))})
    assert load(tmp_path / "model")[1] == {"labels": ["a", ["b"]]}


def test_weights_take_their_bits_and_no_more(tmp_path):
    """Five ternary weights a byte: 16 weights are 4 bytes."""
    save(tmp_path / "model", small_model(), {})
    with zipfile.ZipFile(tmp_path / "model") as archive:
        assert archive.getinfo("layers.1.weights").file_size == -(-4 * 4 // 5)


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_a_changed_byte_is_noticed_or_means_nothing(data, tmp_path_factory):
    """Dates and attributes of a zip archive carry no content; every other byte does."""
    path = tmp_path_factory.mktemp("flip") / "model"
    save(path, small_model(), METADATA)
    raw = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    try:
        layers, metadata = load(path)
    except FileFormatError:
        return
    assert content(layers) == content(small_model())
    assert metadata == METADATA


@given(data=st.data())
@settings(deadline=None)
def test_a_file_cut_anywhere_is_refused(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "model"
    save(path, small_model(), METADATA)
    raw = path.read_bytes()
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(FileFormatError):
        load(path)


_SAVE_FOREVER = """
import sys
from stored_models import small_model
from akida_lite.storage import save
generation = 0
while True:
    save(sys.argv[1], small_model(), {"generation": generation})
    generation += 1
    print(generation, flush=True)
"""


@pytest.mark.parametrize("delay_ms", [0, 3, 7])
def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path, delay_ms):
    path = tmp_path / "model"
    process = subprocess.Popen(
        [sys.executable, "-c", _SAVE_FOREVER, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    process.stdout.readline()
    time.sleep(delay_ms / 1000)
    process.kill()
    finished = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    layers, metadata = load(path)
    assert content(layers) == content(small_model())
    # The file is the last one whose save returned, or the one after it.
    reported = int(finished[-1]) if finished else 1
    assert metadata["generation"] in (reported - 1, reported)


def test_members_have_the_first_date_that_an_archive_can_hold(tmp_path):
    """So the same model gives the same bytes on every day and machine."""
    save(tmp_path / "model", small_model(), {})
    with zipfile.ZipFile(tmp_path / "model") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {member.create_system for member in archive.infolist()} == {3}


def test_the_pool_of_a_file_is_none_or_a_pool(tmp_path):
    layer = Convolutional(
        name="conv",
        weights=np.ones((1, 1, 4, 4), np.int8),
        weight_bits=2,
        input_bits=1,
        output=small_model()[2].output,
    )
    path = tmp_path / "model"
    save(path, (small_model()[0], layer), {})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(parts["header.json"])
    header["content"]["layers"][1]["pool"] = {"type": "NoneType"}
    path.write_bytes(zipped(parts | {"header.json": json.dumps(header)}))
    with pytest.raises(FileFormatError, match="'NoneType', not one of MaxPool, GlobalAverag"):
        load(path)
