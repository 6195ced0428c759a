"""Keras files of strangers, through the function and the command line: no code is run."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

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
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_config(parts, change):
    config = json.loads(parts["config.json"])
    change(config)
    return zipped(parts | {"config.json": json.dumps(config).encode()})


def zipped(parts, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


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
