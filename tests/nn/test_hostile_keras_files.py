"""Keras files of strangers, through the function and the command line: no code is run."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import psutil
import pytest
from zip_bytes import unzipped, zipped

import akida_lite as al
from akida_lite.cli import main

RUN = []


def leave_a_trace(x):
    RUN.append("code of the file")
    return x


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return the folder of a small model's file."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            al.nn.QuantizedConv2D(2, 3, quantizer=al.nn.weight_quantizer(4)),
        ]
    )
    folder = tmp_path_factory.mktemp("keras")
    model.save(folder / "good.keras")
    return folder


@pytest.fixture(scope="module")
def with_code(tmp_path_factory):
    """Return a folder with a model whose layer holds a function, in both formats."""
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: leave_a_trace(x))]
    )
    folder = tmp_path_factory.mktemp("lambda")
    for ending in ("keras", "h5"):
        model.save(folder / f"evil.{ending}")
    RUN.clear()
    return folder


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_layer_that_holds_code_is_refused_and_not_run(ending, with_code, capsys):
    path = with_code / f"evil.{ending}"
    with pytest.raises(al.FileFormatError, match="Keras cannot load it"):
        al.load_keras(path)
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.startswith("akida-lite check: file ")
    assert RUN == []


def members(path):
    return unzipped(path.read_bytes())


def with_config(parts, change):
    config = json.loads(parts["config.json"])
    change(config)
    return zipped(parts | {"config.json": json.dumps(config).encode()})


def to_os_system(config):
    config.update(module="os", class_name="system", registered_name=None)


def no_hdf5(parts):
    return zipped(parts | {"model.weights.h5": b"\x89HDF\r\n\x1a\n" + bytes(50)})


def other_shapes(parts):
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        weights.create_dataset("x", data=np.zeros(3))
    return zipped(parts | {"model.weights.h5": file.getvalue()})


HOSTILE = {
    "empty": lambda parts: b"",
    "text": lambda parts: b"<html>",
    "cut": lambda parts: zipped(parts)[:200],
    "no-config": lambda parts: zipped({"metadata.json": b"{}"}),
    "config-no-json": lambda parts: zipped(parts | {"config.json": b"{"}),
    "config-nested": lambda parts: zipped(parts | {"config.json": b"[" * 100_000}),
    "foreign-class": lambda parts: with_config(parts, to_os_system),
    "config-list": lambda parts: zipped(parts | {"config.json": b"[]"}),
    "no-hdf5": no_hdf5,
    "other-shapes": other_shapes,
    "bomb": lambda parts: zipped(parts | {"config.json": bytes(1 << 26)}, zipfile.ZIP_DEFLATED),
}


def hdf5(**arrays):
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        for name, options in arrays.items():
            weights.create_dataset(name, **options)
    return file.getvalue()


LARGE = 1 << 40  # values: no machine takes them
ELSEWHERE = {"shape": (9,), "dtype": "u1", "external": [("/etc/hostname", 0, 9)]}
GREEDY = {
    "array": (
        lambda parts: zipped(
            parts
            | {"model.weights.h5": hdf5(x={"shape": (LARGE,), "chunks": (99,), "dtype": "f4"})}
        ),
        "it declares arrays of 4398046511104 bytes, a file of its size may have",
    ),
    "elsewhere": (
        lambda parts: zipped(parts | {"model.weights.h5": hdf5(x=ELSEWHERE)}),
        "its array 'x' lies in another file",
    ),
}


@pytest.mark.parametrize("case", GREEDY)
def test_what_takes_more_than_the_file_is_refused_before_it_is_made(case, good, tmp_path):
    make, problem = GREEDY[case]
    path = tmp_path / "model.keras"
    path.write_bytes(make(members(good / "good.keras")))
    with pytest.raises(al.FileFormatError) as caught:
        al.load_keras(path)
    assert str(caught.value).startswith(f"file '{path}': Keras cannot load it ({problem}")


def test_a_layer_that_is_much_larger_than_the_file_takes_no_memory(good, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(
        with_config(
            members(good / "good.keras"),
            lambda config: config["config"]["layers"][1]["config"].update(filters=10**8),
        )
    )
    before = psutil.Process().memory_info().rss
    with pytest.raises(al.FileFormatError, match="Keras cannot load it"):
        al.load_keras(path)
    # The layer would take 3.6 GB.
    assert psutil.Process().memory_info().rss - before < 1 << 28


@pytest.mark.parametrize("layers", [2, 3])
def test_an_array_under_many_names_fills_no_more_layers_than_the_file_could(layers, tmp_path):
    path = tmp_path / "model.keras"
    dense = [keras.layers.Dense(1400, use_bias=False) for _ in range(layers)]
    keras.Sequential([keras.Input((1400,)), *dense]).save(path)
    parts = members(path)
    file = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(file, "r+") as weights:
        first = weights["layers/dense/vars"]
        del first["0"]
        first.create_dataset("0", (1400, 1400), "f4", chunks=(1400, 1400), compression="gzip")
        for layer in weights["layers"]:
            if layer != "dense":
                del weights[f"layers/{layer}/vars"]
                weights[f"layers/{layer}/vars"] = first
    small = io.BytesIO()
    with h5py.File(small, "w") as copy, h5py.File(file, "r") as weights:
        weights.copy(weights["layers"], copy)
    path.write_bytes(zipped(parts | {"model.weights.h5": small.getvalue()}))
    if layers == 2:
        assert len(al.load_keras(path).layers) == 2
        return
    with pytest.raises(al.FileFormatError) as caught:
        al.load_keras(path)
    assert str(caught.value).startswith(
        f"file '{path}': Keras cannot load it (it declares layers with weights of 23520000 "
        "bytes, a file of its size may have"
    )


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_class_that_only_the_caller_knows_is_known(ending, tmp_path):
    class Mine(keras.layers.Layer):
        def call(self, x):
            return x

    keras.Sequential([keras.Input((3,)), Mine()]).save(tmp_path / f"mine.{ending}")
    with keras.saving.custom_object_scope({"Mine": Mine}):
        assert type(al.load_keras(tmp_path / f"mine.{ending}").layers[0]) is Mine


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_damaged_keras_file_is_an_error_of_the_package(case, ending, good, tmp_path, capsys):
    path = tmp_path / f"model.{ending}"
    path.write_bytes(HOSTILE[case](members(good / "good.keras")))
    with pytest.raises(al.FileFormatError) as caught:
        al.load_keras(path)
    assert str(caught.value).startswith(f"file '{path}': Keras cannot load it (")
    assert str(caught.value).isprintable()
    assert main(["summary", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_file_that_is_spoiled_is_good(good):
    assert len(al.load_keras(good / "good.keras").layers) == 1
