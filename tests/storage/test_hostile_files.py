"""Files of strangers with every checksum right: refused at once, and in little memory."""

import json
import os
import struct
import threading
import tracemalloc

import numpy as np
import pytest
from spoiled_files import VALID, members, with_entry, with_header, with_layer
from stored_models import content, small_model
from zip_bytes import zipped

import akida_lite as al
from akida_lite.errors import FileFormatError, InputError
from akida_lite.layers import InputData
from akida_lite.storage import load, save
from akida_lite.storage.archive import FILE_LIMIT, MEMBER_LIMIT


def with_metadata(**changed):
    return with_header(lambda header: header["content"]["metadata"].update(changed))


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


def with_members(count):
    return zipped((f"m{index}", b"") for index in range(count))


def big_index():
    """Return a valid file whose last record says that the index has a gigabyte."""
    raw = bytearray(VALID)
    struct.pack_into("<I", raw, len(raw) - 10, 1 << 30)
    return bytes(raw)


DIGITS = 10**400
HEADER = "its header is no JSON"
SIZE = "array 'layers.1.weights' has 4 bytes, which is not what its header says"

HOSTILE = {
    "type-of-lists": (lambda: with_entry(type=["int8"]), SIZE),
    "shape-of-many": (lambda: with_entry(shape=[1] * 1000), SIZE),
    "endless-scaling": (
        lambda: with_metadata(input_scaling=[DIGITS, 0]),
        f"{HEADER} (a number has 401 digits, at most 20 are read)",
    ),
    "endless-shape": (
        lambda: with_entry(shape=[10**3999] * 200),
        f"{HEADER} (a number has 4000 digits, at most 20 are read)",
    ),
    "number-beyond-floats": (
        lambda: zipped(
            members()
            | {
                "header.json": members()["header.json"].replace(
                    b'"version": 1', b'"version": 1e999'
                )
            }
        ),
        f"{HEADER} (it['version']: it is inf, which JSON cannot hold)",
    ),
    "half-a-character": (
        lambda: with_layer(0, name="\ud800"),
        f"{HEADER} (it['content']['layers'][0]['name']: it holds '\\ud800', half of a "
        "character)",
    ),
    "endless-name": (
        lambda: with_layer(0, name="n" * 2_000_000),
        f"{HEADER} (it['content']['layers'][0]['name']: it has 2000000 characters, at most "
        "65536 are kept)",
    ),
    "nested-origin": (
        lambda: with_metadata(origin=nested(900)),
        f"{HEADER} (it['content']['metadata']['origin']" + "[0]" * 29 + ": it is nested more "
        "than 32 deep)",
    ),
    "many-members": (
        lambda: with_members(MEMBER_LIMIT + 1),
        f"its index has 4097 members in {46 * 4097 + sum(len(f'm{i}') for i in range(4097))} "
        "bytes, at most 4096 members are read",
    ),
    "big-index": (
        big_index,
        f"its index has {len(members())} members in {1 << 30} bytes, at most 4096 members are "
        "read",
    ),
    "terminal-codes": (
        lambda: zipped(members() | {"\x1b[2J\n": b""}),
        r"member '\x1b[2J\n' has an unsafe name",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_little_memory(case, tmp_path):
    make, problem = HOSTILE[case]
    path = tmp_path / "model"
    path.write_bytes(make())
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError) as caught:
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    said = str(caught.value)
    assert said.startswith(f"file '{path}': {problem}. Fix: ")
    assert said.isprintable()
    assert peak < 8 * path.stat().st_size + (1 << 21)


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "model"
    with path.open("wb") as file:
        file.write(VALID)
        file.truncate(FILE_LIMIT + 1)  # a hole: it takes no room
    with pytest.raises(FileFormatError) as caught:
        load(path)
    assert str(caught.value) == (
        f"file '{path}': it has 2147483649 bytes, at most 2147483648 are read. "
        "Fix: get the file again from where it came from."
    )


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_pipe_is_no_model_and_nobody_waits_for_it(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(FileFormatError) as caught:
        load(path)
    assert str(caught.value) == (
        f"file '{path}': it cannot be read (Not a regular file). "
        "Fix: check its path and rights."
    )


def test_a_file_that_others_save_meanwhile_is_read_whole(tmp_path):
    """The size that counts is that of the open file, not of what has its name by now."""
    path, models = tmp_path / "model", []
    entry = InputData(name="events", input_shape=(1, 1, 4), input_bits=1)
    for chain in (small_model(), (entry,)):
        save(path, chain, {"labels": ["l" * 60_000] * (len(chain) == 3)})
        models.append(path.read_bytes())
    assert len(models[0]) > 10 * len(models[1])
    stop = threading.Event()

    def replace():
        while not stop.is_set():
            for data in models:
                hidden = tmp_path / "next"
                hidden.write_bytes(data)
                os.replace(hidden, path)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        lengths = {len(load(path)[0]) for _ in range(300)}
    finally:
        stop.set()
        writer.join()
    assert lengths <= {1, 3}


REFUSED_WHEN_SAVED = {
    "nested": (
        {"origin": nested(900)},
        "metadata['origin']"
        + "[0]" * 29
        + ": it is nested more than 32 deep. Fix: flatten it.",
    ),
    "many-digits": (
        {"a": 10**20},
        "metadata['a']: it is a number of more than 20 digits. Fix: store it as text.",
    ),
    "half-a-character": (
        {"a": ["\udfff"]},
        "metadata['a'][0]: it holds '\\udfff', half of a character. Fix: decode the text anew.",
    ),
    "half-a-key": (
        {"\udfff": 1},
        "a key of metadata: it holds '\\udfff', half of a character. "
        "Fix: decode the text anew.",
    ),
    "long-text": (
        {"a": "x" * 65_537},
        "metadata['a']: it has 65537 characters, at most 65536 are kept. Fix: shorten it.",
    ),
}


@pytest.mark.parametrize("case", REFUSED_WHEN_SAVED)
def test_what_could_not_be_loaded_again_is_not_saved(case, tmp_path):
    metadata, message = REFUSED_WHEN_SAVED[case]
    with pytest.raises(InputError) as caught:
        save(tmp_path / "model", small_model(), metadata)
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


def test_more_text_than_can_be_read_again_is_not_saved(tmp_path):
    path = tmp_path / "model"
    with pytest.raises(InputError) as caught:
        save(path, small_model(), {"labels": ["x" * 60_000] * 80})
    said = str(caught.value)
    assert said.startswith(f"file '{path}': it would have 48")
    assert said.endswith(
        "bytes of header.json, at most 4194304 are read again. "
        "Fix: save fewer layers, names or notes in one file."
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_just_within_the_limits_comes_back(tmp_path):
    metadata = {"a": 10**20 - 1, "b": "x" * 65_536, "c": nested(29), "d": {"": None}}
    save(tmp_path / "model", small_model(), metadata)
    layers, found = load(tmp_path / "model")
    assert (content(layers), found) == (content(small_model()), metadata)


def test_labels_of_numpy_are_saved_as_text(tmp_path):
    names = np.array(["a", "b", "c", "d"])
    al.Model(small_model(), labels=list(names), name=names[0]).save(tmp_path / "model")
    again = al.Model.load(tmp_path / "model")
    assert (again.labels, again.name) == (("a", "b", "c", "d"), "a")
    assert json.dumps(again.labels) == '["a", "b", "c", "d"]'
