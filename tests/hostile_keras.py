"""Drawn files that only Keras can use: weights, checkpoints, records, and Keras' own."""

import contextlib
import io
import json
import warnings
from functools import cache, partial

import h5py
import keras
import numpy as np
from hostile_inputs import (
    Target,
    container,
    spoiled_bytes,
    spoiled_json,
)
from hypothesis import strategies as st
from tiny_recipe import FLOAT, run
from zip_bytes import unzipped, zipped

import akida_lite as al
from akida_lite import nn
from akida_lite.cli import main
from akida_lite.errors import AkidaLiteError
from akida_lite.training.record import read_record
from akida_lite.training.train import cycles_done
from akida_lite.zoo.store import load_weights, save_weights


def network():
    """Return a small network of quantized layers that scales its input itself."""
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Rescaling(1 / 255),
            nn.QuantizedConv2D(2, 3, quantizer=nn.weight_quantizer(4), name="conv"),
            keras.layers.BatchNormalization(name="norm"),
            nn.QuantizedReLU(2, name="relu"),
            keras.layers.Flatten(),
            nn.QuantizedDense(3, quantizer=nn.MaxQuantizer(2), name="scores"),
        ]
    )


@cache
def written(folder, shares):
    """Return the weights of the network, beside its integers where it `shares` them."""
    model, integers = network(), None
    if shares:
        integers = folder / "tiny.akl"
        al.convert(model).save(integers)
    save_weights(folder / "tiny.akw", model, {"note": "a"}, integers=integers)
    return (folder / "tiny.akw").read_bytes()


def draw_weights(draw, folder):
    return container(draw, unzipped(written(folder, draw(st.booleans()))))


def use_weights(path, folder):
    model = network()
    before = model.get_weights()
    try:
        load_weights(path, model)
    except AkidaLiteError:
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
        raise
    return partial(compute, model, folder)


def compute(model, folder):
    """Convert a model; what converts gives the same integers in every engine."""
    shape = model.input_shape[1:]
    if None in shape or len(shape) != 3 or np.prod(shape) > 4096:
        return
    try:
        integers = al.convert(model)
    except AkidaLiteError:
        return
    x = np.random.default_rng(1).integers(0, 256, (2, *shape), np.uint8)
    expected = integers.forward(x, backend="reference")
    for backend in ("fast", "numpy"):
        np.testing.assert_array_equal(integers.forward(x, backend=backend), expected)
    integers.save(folder / "converted.akl")
    al.Model.load(folder / "converted.akl")


@cache
def begun(folder):
    """Return the checkpoint of a run that was ended, as its members."""
    run(FLOAT, folder / "begun", images(), stop_after=4)
    return unzipped((folder / "begun" / f"{FLOAT.name}.checkpoint.npz").read_bytes())


@cache
def images():
    x = np.random.default_rng(1).integers(0, 256, (60, 8, 8, 3), np.uint8)
    y = np.arange(60) % 3
    return (x[:48], y[:48]), (x[48:], y[48:])


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def draw_checkpoint(draw, folder):
    """Draw the checkpoint of a run that was ended: another state, or other bytes."""
    parts = begun(folder)
    name = draw(st.sampled_from(sorted(parts)))
    if draw(st.booleans()):
        state = spoiled_json(
            draw, json.loads(np.load(io.BytesIO(parts["state.npy"])).tobytes())
        )
        text = json.dumps(state).encode("utf-8", "surrogatepass")
        parts = parts | {"state.npy": npy(np.frombuffer(text, np.uint8))}
    elif draw(st.booleans()):
        value = draw(st.floats() | st.integers(-3, 3))
        shape = np.load(io.BytesIO(parts[name])).shape
        parts = parts | {name: npy(np.full(shape, value))}
    else:
        parts = parts | {name: spoiled_bytes(draw, parts[name])}
    data = zipped(parts)
    return data if draw(st.integers(0, 4)) else spoiled_bytes(draw, data)


def use_checkpoint(path, folder):
    (folder / "resumed").mkdir(exist_ok=True)
    (folder / "resumed" / f"{FLOAT.name}.json").unlink(missing_ok=True)
    path.replace(folder / "resumed" / f"{FLOAT.name}.checkpoint.npz")
    run(FLOAT, folder / "resumed", images(), resume=True, stop_after=0)


@cache
def finished(folder):
    run(FLOAT, folder / "done", images())
    return (folder / "done" / f"{FLOAT.name}.json").read_bytes()


def draw_record(draw, folder):
    """Draw the record of a finished run."""
    text = finished(folder)
    if draw(st.booleans()):
        return spoiled_bytes(draw, text)
    return json.dumps(spoiled_json(draw, json.loads(text))).encode("utf-8", "surrogatepass")


def use_record(path, folder):
    record = read_record(path)
    path.replace(folder / "done" / f"{FLOAT.name}.json")
    assert cycles_done(FLOAT, folder / "done") in (0, len(FLOAT.cycles)), record


@cache
def saved(ending, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras advises against .h5
        network().save(folder / f"good.{ending}")
    return (folder / f"good.{ending}").read_bytes()


def spoiled_config(draw, text):
    return json.dumps(spoiled_json(draw, json.loads(text)))


def draw_keras(draw, folder):
    """Draw a .keras file: its configuration, its weights or all of its bytes spoiled."""
    parts = unzipped(saved("keras", folder))
    what = draw(st.sampled_from(["config.json", "model.weights.h5", "all"]))
    if what == "all":
        return spoiled_bytes(draw, zipped(parts))
    if what == "config.json":
        spoiled = spoiled_config(draw, parts[what]).encode("utf-8", "surrogatepass")
    else:
        spoiled = spoiled_bytes(draw, parts[what])
    return zipped(parts | {what: spoiled})


def draw_h5(draw, folder):
    data = saved("h5", folder)
    if draw(st.booleans()):
        return spoiled_bytes(draw, data)
    file = io.BytesIO(data)
    with h5py.File(file, "r+") as arrays:
        config = spoiled_config(draw, arrays.attrs["model_config"])
        # The attributes of HDF5 hold no more, and no half characters.
        arrays.attrs["model_config"] = config.encode("utf-8", "replace")[:60_000]
    return file.getvalue()


def use_keras(ending, path, folder):
    """Load a Keras file, and say on the command line what it is."""
    named = path.rename(folder / f"drawn.{ending}")
    try:
        model = al.load_keras(named)
        return partial(exercise, model, named, folder)
    finally:
        keras.utils.clear_session(free_memory=False)


def exercise(model, path, folder):
    compute(model, folder)
    for command in ("summary", "check"):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([command, str(path)])
        assert status in (0, 1, 2)
        for text in (out.getvalue(), err.getvalue()):
            assert text.replace("\n", "").isprintable(), repr(text)


TARGETS = (
    Target("weights", draw_weights, use_weights),
    Target("checkpoint", draw_checkpoint, use_checkpoint),
    Target("record", draw_record, use_record),
    Target("keras", draw_keras, partial(use_keras, "keras")),
    Target("h5", draw_h5, partial(use_keras, "h5")),
)
