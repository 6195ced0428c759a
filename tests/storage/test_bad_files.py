"""The corpus of files that are no model: each is refused, with exactly one message."""

import errno
import io
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from spoiled_files import (
    OTHER,
    VALID,
    WEIGHTS,
    members,
    with_entry,
    with_header,
    with_layer,
)
from stored_models import content, small_model
from zip_bytes import zipped

from akida_lite.errors import FileFormatError, InputError, LayerError
from akida_lite.files import sha256_of
from akida_lite.layers import Convolutional, InputData
from akida_lite.storage import load, save

AGAIN = "get the file again from where it came from"
A_MODEL = "name a file written by Model.save(); a Keras model goes through convert() first"
RESAVE = "save the model again with Model.save()"
UNSAFE = "do not use this file"
NO_FILE = "it is no akida_lite file"


def not_ternary():
    """Return a file with right checksums, one byte of whose weights is no five values."""
    parts = members() | {WEIGHTS: b"\xf3" * 4}
    header = json.loads(parts["header.json"])
    header["arrays"][WEIGHTS]["sha256"] = sha256_of(parts[WEIGHTS])
    return zipped(parts | {"header.json": json.dumps(header)})


def without(index, field):
    return with_header(lambda header: header["content"]["layers"][index].pop(field))


def swapped_layers():
    def swap(header):
        layers = header["content"]["layers"]
        layers[1], layers[2] = layers[2], layers[1]

    return with_header(swap)


def swapped_arrays():
    parts = members()
    parts[WEIGHTS], parts[OTHER] = parts[OTHER], parts[WEIGHTS]
    return zipped(parts)


def renamed(new):
    parts = members()
    parts[new] = parts.pop(WEIGHTS)
    return zipped(parts)


def dropped():
    parts = members()
    del parts[WEIGHTS]
    return zipped(parts)


def doubled():
    file = io.BytesIO(VALID)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(WEIGHTS, members()[WEIGHTS])
    return file.getvalue()


def damaged_data():
    """Change a weight and leave the archive's own checksum as it was."""
    data = members()[WEIGHTS]
    return VALID.replace(data, bytes([data[0] ^ 1]) + data[1:], 1)


def replaced_data():
    """Change a weight with all of the archive's checksums in order."""
    parts = members()
    return zipped(parts | {WEIGHTS: bytes([parts[WEIGHTS][0] ^ 1]) + parts[WEIGHTS][1:]})


def declared_size(size):
    """Return a file whose directory says that its first member has `size` bytes."""
    raw = bytearray(VALID)
    directory = raw.index(b"PK\x01\x02")
    raw[directory + 20 : directory + 28] = struct.pack("<II", size, size)
    return bytes(raw)


def encrypted():
    raw = bytearray(VALID)
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def savez():
    file = io.BytesIO()
    np.savez(file, weights=np.zeros(3))
    return file.getvalue()


def nested_json():
    return zipped(members() | {"header.json": "[" * 100_000})


def bomb():
    return zipped({"header.json": b"0" * (1 << 26)}, zipfile.ZIP_DEFLATED)


def wrong(problem):
    return f"its header describes no model: {problem}"


def says(layer, problem, remedy):
    return wrong(f"layer '{layer}' (FullyConnected): {problem}. Fix: {remedy}.")


SIZE_MISMATCH = f"array '{WEIGHTS}' has 4 bytes, which is not what its header says"

# What the file holds, the problem, the remedy.
CORPUS = {
    "empty": (lambda: b"", NO_FILE, A_MODEL),
    "text": (lambda: b"conv_0: 3x3\n", NO_FILE, A_MODEL),
    "pickle": (lambda: pickle.dumps({"weights": [1]}), NO_FILE, A_MODEL),
    "hdf5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(99), NO_FILE, A_MODEL),
    "keras": (
        lambda: zipped({"config.json": "{}", "model.weights.h5": b"\x89HDF"}),
        "it has no header.json, so is no akida_lite file",
        A_MODEL,
    ),
    "npz": (savez, "it has no header.json, so is no akida_lite file", A_MODEL),
    "half": (
        lambda: VALID[: len(VALID) // 2],
        "it is cut off or damaged (File is not a zip file)",
        AGAIN,
    ),
    "one-byte-short": (
        lambda: VALID[:-1],
        "it is cut off or damaged (File is not a zip file)",
        AGAIN,
    ),
    "flipped-bit": (
        damaged_data,
        f"it is cut off or damaged (Bad CRC-32 for file '{WEIGHTS}')",
        AGAIN,
    ),
    "replaced-array": (
        replaced_data,
        f"array '{WEIGHTS}' is damaged (SHA-256 mismatch)",
        AGAIN,
    ),
    "swapped-arrays": (
        swapped_arrays,
        f"array '{WEIGHTS}' is damaged (SHA-256 mismatch)",
        AGAIN,
    ),
    "zip-bomb": (
        bomb,
        "member 'header.json' is compressed or encrypted; akida_lite only stores",
        A_MODEL,
    ),
    "encrypted": (
        encrypted,
        "member 'header.json' is compressed or encrypted; akida_lite only stores",
        A_MODEL,
    ),
    "path-traversal": (
        lambda: renamed("../../etc/passwd"),
        "member '../../etc/passwd' has an unsafe name",
        UNSAFE,
    ),
    "absolute-path": (
        lambda: renamed("/etc/passwd"),
        "member '/etc/passwd' has an unsafe name",
        UNSAFE,
    ),
    "hidden-path-in-header": (
        lambda: with_header(lambda header: header["arrays"].update({"../a": {}})),
        "member '../a' has an unsafe name",
        UNSAFE,
    ),
    "two-of-a-name": (doubled, "two of its members have one name", AGAIN),
    "added-member": (
        lambda: zipped(members() | {"extra": b"?"}),
        "it adds members: extra",
        AGAIN,
    ),
    "missing-member": (dropped, f"it lacks members: {WEIGHTS}", AGAIN),
    "header-no-json": (
        lambda: zipped(members() | {"header.json": "{"}),
        "its header is no JSON (Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1))",
        AGAIN,
    ),
    "header-nested": (
        nested_json,
        "its header is no JSON (it is nested too deep)",
        AGAIN,
    ),
    "header-huge": (
        lambda: zipped({"header.json": bytes((1 << 22) + 1)}),
        "its header takes 4194305 bytes, at most 4194304 do",
        AGAIN,
    ),
    "header-foreign": (
        lambda: with_header(lambda header: header.update(format="other")),
        "its header is not akida_lite's",
        A_MODEL,
    ),
    "header-list": (
        lambda: zipped({"header.json": "[]"}),
        "its header is not akida_lite's",
        A_MODEL,
    ),
    "future": (
        lambda: with_header(lambda header: header.update(version=2)),
        "it has format version 2, this akida_lite reads up to 1",
        "run 'python -m pip install --upgrade akida-lite'",
    ),
    "version-text": (
        lambda: with_header(lambda header: header.update(version="1")),
        "its header has version '1'",
        AGAIN,
    ),
    "no-arrays": (
        lambda: with_header(lambda header: header.pop("arrays")),
        "its header lacks 'arrays'",
        AGAIN,
    ),
    "huge-shape": (lambda: with_entry(shape=[1 << 40, 1 << 40]), SIZE_MISMATCH, AGAIN),
    "negative-shape": (lambda: with_entry(shape=[-4, -4]), SIZE_MISMATCH, AGAIN),
    "shape-text": (lambda: with_entry(shape="44"), SIZE_MISMATCH, AGAIN),
    "object-array": (lambda: with_entry(type="object"), SIZE_MISMATCH, AGAIN),
    "nine-bits": (lambda: with_entry(type="int8", bits=9), SIZE_MISMATCH, AGAIN),
    "no-five-values": (
        not_ternary,
        f"array '{WEIGHTS}' is damaged (4 bytes of up to 243 for shape (4, 4) of ternary "
        "values, 4 of up to 242 are expected)",
        AGAIN,
    ),
    "entry-list": (
        lambda: with_header(lambda header: header["arrays"].update({WEIGHTS: []})),
        SIZE_MISMATCH,
        AGAIN,
    ),
    "unknown-layer": (
        lambda: with_layer(1, type="Recurrent"),
        wrong(
            "layers.1 has type 'Recurrent', not one of InputData, Convolutional, "
            "InputConvolutional, SeparableConvolutional, FullyConnected"
        ),
        RESAVE,
    ),
    "nameless-layer": (
        lambda: with_layer(1, type=["FullyConnected"]),
        wrong(
            "layers.1 has type ['FullyConnected'], not one of InputData, Convolutional, "
            "InputConvolutional, SeparableConvolutional, FullyConnected"
        ),
        RESAVE,
    ),
    "part-of-no-type": (
        lambda: with_layer(1, output={"type": "NoneType"}),
        wrong("layers.1.output has type 'NoneType', not one of Staircase, Potentials"),
        RESAVE,
    ),
    "unknown-field": (
        lambda: with_layer(1, colour="red"),
        wrong("layers.1 (FullyConnected) has unknown field colour"),
        RESAVE,
    ),
    "missing-field": (
        lambda: without(1, "weight_bits"),
        wrong("layers.1 (FullyConnected) has no field weight_bits"),
        RESAVE,
    ),
    "text-for-number": (
        lambda: with_layer(1, weight_bits="2"),
        says("hidden", "weight_bits is '2', an integer is expected", "give an int"),
        RESAVE,
    ),
    "truth-for-number": (
        lambda: with_layer(1, weight_bits=True),
        says("hidden", "weight_bits is True, an integer is expected", "give an int"),
        RESAVE,
    ),
    "number-for-array": (
        lambda: with_layer(1, weights=3),
        wrong("layers.1.weights is 3, not an array of the file that is its own"),
        RESAVE,
    ),
    "array-elsewhere": (
        lambda: with_layer(1, weights={"array": "header.json"}),
        wrong(
            "layers.1.weights is {'array': 'header.json'}, not an array of the file that is "
            "its own"
        ),
        RESAVE,
    ),
    "array-of-another-layer": (
        lambda: with_layer(2, weights={"array": WEIGHTS}),
        wrong(
            "layers.2.weights is {'array': 'layers.1.weights'}, not an array of the file that "
            "is its own"
        ),
        RESAVE,
    ),
    "short-shape": (
        lambda: with_layer(0, input_shape=[1, 4]),
        wrong(
            "layer 'events' (InputData): input_shape has 2 values, 3 integers are expected. "
            "Fix: give 3 integers in a tuple."
        ),
        RESAVE,
    ),
    "layers-text": (
        lambda: with_header(lambda header: header["content"].update(layers="none")),
        wrong("layers is 'none', not a list"),
        RESAVE,
    ),
    "no-layers": (
        lambda: with_header(lambda header: header["content"].update(layers=[])),
        wrong(
            "layer '' (nothing): a model starts with an input layer. "
            "Fix: put an InputConvolutional or an InputData first."
        ),
        RESAVE,
    ),
    "wrong-rank": (
        lambda: with_layer(1, weights={"array": "layers.2.output.scale"}),
        says(
            "hidden",
            "weights is float64 of shape (4,), int8 of rank 2 is expected",
            "build the layer through convert()",
        ),
        RESAVE,
    ),
    "swapped-layers": (
        swapped_layers,
        says(
            "scores",
            "reads 2-bit events, the layer before emits 1",
            "declare the width that arrives",
        ),
        RESAVE,
    ),
    "no-metadata": (
        lambda: with_header(lambda header: header["content"].pop("metadata")),
        wrong("metadata is missing"),
        RESAVE,
    ),
}


@pytest.mark.parametrize("case", CORPUS)
def test_a_bad_file_is_refused_with_its_message(case, tmp_path):
    make, problem, remedy = CORPUS[case]
    path = tmp_path / "model"
    path.write_bytes(make())
    with pytest.raises(FileFormatError) as caught:
        load(path)
    assert str(caught.value) == f"file '{path}': {problem}. Fix: {remedy}."


def test_the_file_that_the_corpus_spoils_is_valid(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(zipped(members()))
    assert content(load(path)[0]) == content(small_model())


def test_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(FileFormatError) as caught:
        load(tmp_path / "absent")
    assert str(caught.value) == (
        f"file '{tmp_path / 'absent'}': it cannot be read (No such file or directory). "
        "Fix: check its path and rights."
    )


def test_a_folder(tmp_path):
    with pytest.raises(FileFormatError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"file '{tmp_path}': it cannot be read (Is a directory). "
        "Fix: check its path and rights."
    )


WRITABLE = "choose a folder that exists, that you may write and that has space"


def test_saving_into_a_folder_that_does_not_exist(tmp_path):
    path = tmp_path / "absent" / "model"
    with pytest.raises(FileFormatError) as caught:
        save(path, small_model(), {})
    assert str(caught.value) == (
        f"file '{path}': it cannot be written (No such file or directory). Fix: {WRITABLE}."
    )


def test_saving_to_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model"
    save(path, small_model(), {"which": "old"})

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFormatError) as caught:
        save(path, small_model(), {"which": "new"})
    assert str(caught.value) == (
        f"file '{path}': it cannot be written (No space left on device). Fix: {WRITABLE}."
    )
    assert load(path)[1] == {"which": "old"}
    assert list(tmp_path.iterdir()) == [path]


ACCEPTED = "text, numbers, booleans, None, and lists and mappings of them are accepted"
CONVERT = "convert it, for instance with int() or str()"

BAD_METADATA = {
    "array": ({"labels": np.zeros(2)}, f"metadata['labels']: it is ndarray; {ACCEPTED}"),
    "numpy-number": ({"a": [np.int64(3)]}, f"metadata['a'][0]: it is int64; {ACCEPTED}"),
    "object": ({"a": {"b": object()}}, f"metadata['a']['b']: it is object; {ACCEPTED}"),
    "nan": ({"a": float("nan")}, "metadata['a']: it is nan, which JSON cannot hold"),
    "number-as-key": ({"a": {1: "x"}}, "metadata['a']: it has the key 1, keys are text"),
}


@pytest.mark.parametrize("case", BAD_METADATA)
def test_metadata_that_json_cannot_give_back(case, tmp_path):
    metadata, message = BAD_METADATA[case]
    with pytest.raises(InputError) as caught:
        save(tmp_path / "model", small_model(), metadata)
    assert str(caught.value) == f"{message}. Fix: {CONVERT}."
    assert not (tmp_path / "model").exists()


def test_layers_that_form_no_chain_are_not_saved(tmp_path):
    entry = InputData(name="in", input_shape=(1, 1, 3), input_bits=1)
    with pytest.raises(LayerError) as caught:
        save(tmp_path / "model", (entry, *small_model()[1:]), {})
    assert str(caught.value) == (
        "layer 'hidden' (FullyConnected): the input map (1, 1, 3) has 3 values, the weights "
        "have 4 rows. Fix: feed it the map it was trained on."
    )
    assert not (tmp_path / "model").exists()


IMPOSSIBLE_WINDOWS = {
    "strides": (
        [0, 1],
        "kernel size (1, 1) or strides (0, 1) is outside 1 to 256",
        "choose 1 to 256",
    ),
    "padding": (
        "mirror",
        "kernel padding='mirror' is neither 'same' nor 'valid'",
        "choose one of the two",
    ),
    "name": ([{}], "name is [{}], text is expected", "give a str"),
    "weight_bits": (1e0, "weight_bits is 1.0, an integer is expected", "give an int"),
}


@pytest.mark.parametrize("field", IMPOSSIBLE_WINDOWS)
def test_a_convolution_with_an_impossible_window(field, tmp_path):
    value, problem, remedy = IMPOSSIBLE_WINDOWS[field]
    path = tmp_path / "model"
    kernel = Convolutional(
        name="conv",
        weights=np.ones((1, 1, 4, 4), np.int8),
        weight_bits=2,
        input_bits=1,
        output=small_model()[2].output,
    )
    save(path, (small_model()[0], kernel), {})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    header = json.loads(parts["header.json"])
    header["content"]["layers"][1][field] = value
    path.write_bytes(zipped(parts | {"header.json": json.dumps(header)}))
    with pytest.raises(FileFormatError) as caught:
        load(path)
    name = value if field == "name" else "conv"
    problem = wrong(f"layer '{name}' (Convolutional): {problem}. Fix: {remedy}.")
    assert str(caught.value) == f"file '{path}': {problem}. Fix: {RESAVE}."
