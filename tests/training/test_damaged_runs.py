"""Checkpoints and records that are damaged or hostile: one message, and nothing changed."""

import io
import json
import zipfile
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest
from tiny_recipe import FLOAT, build, run
from zip_bytes import unzipped, zipped

from akida_lite.errors import FileFormatError
from akida_lite.training.checkpoint import load_checkpoint, read_state, save_checkpoint
from akida_lite.training.record import read_record

STATE = {"step": 4, "seconds": 1.0, "curve": [], "machines": []}
AGAIN = "remove it and train again"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a checkpoint's bytes."""
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("run") / "checkpoint.npz"
    save_checkpoint(path, build(FLOAT), None, STATE)
    return path.read_bytes()


def npy(array, **header):
    file = io.BytesIO()
    facts = np.lib.format.header_data_from_array_1_0(array) | header
    np.lib.format.write_array_header_1_0(file, facts)
    return file.getvalue() + array.tobytes()


def with_state(**changed):
    text = json.dumps(STATE | changed).encode()
    return {"state.npy": npy(np.frombuffer(text, np.uint8))}


ONE = np.zeros(1, np.float32)
STATES = {
    "empty": (lambda parts: b"", "it cannot be read (File is not a zip file)"),
    "text": (lambda parts: b"<html>", "it cannot be read (File is not a zip file)"),
    "cut": (lambda parts: zipped(parts)[:-40], "it cannot be read (File is not a zip file)"),
    "compressed": (
        lambda parts: zipped(parts, zipfile.ZIP_DEFLATED),
        "it cannot be read (its members are ",
    ),
    "no-state": (
        lambda parts: zipped({k: v for k, v in parts.items() if k != "state.npy"}),
        "its state is not that of a run",
    ),
    "pickle": (
        lambda parts: zipped(parts | {"a.npy": npy(ONE, descr="|O")}),
        "it cannot be read (an array is of type object)",
    ),
    "huge-shape": (
        lambda parts: zipped(parts | {"a.npy": npy(ONE, shape=(1 << 40,))}),
        "it cannot be read (cannot reshape array of size 1 into shape (1099511627776,))",
    ),
    "nested-header": (
        lambda parts: zipped(parts | {"a.npy": b"\x93NUMPY\x01\x00\xff\x00" + b"(" * 255}),
        "it cannot be read (",
    ),
    "no-json": (
        lambda parts: zipped(parts | {"state.npy": npy(np.frombuffer(b"{", np.uint8))}),
        "its state is no JSON (",
    ),
    "list": (
        lambda parts: zipped(parts | {"state.npy": npy(np.frombuffer(b"[]", np.uint8))}),
        "its state is not that of a run",
    ),
    "step-text": (
        lambda parts: zipped(parts | with_state(step="4")),
        "its state is not that of a run",
    ),
    "step-negative": (lambda parts: zipped(parts | with_state(step=-1)), "it is at step -1"),
    "seconds": (lambda parts: zipped(parts | with_state(seconds=1e999)), "it is at step 4"),
    "recipe": (
        lambda parts: zipped(parts | with_state(recipe=[])),
        "its state is not that of a run",
    ),
    "cycles": (
        lambda parts: zipped(parts | with_state(recipe={"cycles": 3})),
        "its state is not that of a run",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_a_damaged_checkpoint_is_refused_with_its_message(case, written, tmp_path):
    make, problem = STATES[case]
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(make(unzipped(written)))
    with pytest.raises(FileFormatError) as caught:
        read_state(path)
    assert str(caught.value).startswith(f"checkpoint '{path}': {problem}")
    assert str(caught.value).endswith(f". Fix: {AGAIN}.")


# The last one is finite until it becomes single precision, as the variable is.
@pytest.mark.parametrize("value", [np.float32("nan"), np.float32("inf"), 1e300])
def test_a_checkpoint_that_holds_no_numbers_changes_nothing(value, written, tmp_path):
    parts = unzipped(written)
    last = max(name for name in parts if name.startswith("model/"))
    shape = np.load(io.BytesIO(parts[last])).shape
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(zipped(parts | {last: npy(np.full(shape, value))}))
    model = build(FLOAT)
    before = model.get_weights()
    with pytest.raises(FileFormatError) as caught:
        load_checkpoint(path, model)
    name = last.removesuffix(".npy")
    assert str(caught.value) == (
        f"checkpoint '{path}': its {name!r} holds what is no number. Fix: {AGAIN}."
    )
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_start_that_is_no_file_of_weights_is_refused(tmp_path, data):
    start = tmp_path / "garbage.npz"
    start.write_bytes(b"garbage")
    recipe = replace(FLOAT, start="another")
    with pytest.raises(FileFormatError) as caught:
        run(recipe, tmp_path, data, start=start)
    assert str(caught.value) == (
        f"weights '{start}': it cannot be read (File is not a zip file). Fix: name latent "
        "weights of this network that akida-lite train has written."
    )


RECORDS = {
    "empty": (b"", "it cannot be read (Expecting value: line 1 column 1 (char 0))"),
    "bytes": (b"\xff", "it cannot be read ("),
    "nested": (b"[" * 100_000, "it cannot be read ("),
    "list": (b"[]", "it holds no recipe"),
    "recipe-text": (b'{"recipe": "vgg"}', "it holds no recipe"),
    "cycles-number": (b'{"recipe": {"cycles": 3}}', "it holds no recipe"),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_damaged_record_is_refused_with_its_message(case, tmp_path, data):
    content, problem = RECORDS[case]
    path = tmp_path / f"{FLOAT.name}.json"
    path.write_bytes(content)
    for act in (lambda: read_record(path), lambda: run(FLOAT, tmp_path, data)):
        with pytest.raises(FileFormatError) as caught:
            act()
        assert str(caught.value).startswith(f"run record '{path}': {problem}")
        assert str(caught.value).endswith(
            "Fix: remove it to train again, or get it again from where it came from."
        )


def test_records_of_other_recipes_are_read(tmp_path):
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"recipe": asdict(FLOAT)}))
    assert read_record(path)["recipe"]["name"] == FLOAT.name
