"""The exported file stands alone: standard operators, metadata, written whole."""

import json
import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from onnx.reference import ReferenceEvaluator
from strategies import runs
from trained_like import mobilenet_like, vgg_like

from akida_lite.engine import run
from akida_lite.engine.onnx.exporting import build, export, weights_sha256
from akida_lite.errors import InputError
from akida_lite.layers import FullyConnected, InputData, Potentials, Staircase

MODELS = {"vgg": vgg_like, "mobilenet": mobilenet_like}

SCRIPT = """
import json, sys
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
facts = session.get_modelmeta().custom_metadata_map
potentials = session.run(None, {"input": np.load(sys.argv[2])})[0]
labels = json.loads(facts["labels"])
print([labels[index] for index in potentials.reshape(len(potentials), -1).argmax(axis=1)])
assert "akida_lite" not in sys.modules
"""


@pytest.mark.parametrize("name", MODELS)
def test_a_script_without_the_package_gets_the_same_labels(name, tmp_path, rng):
    layers = MODELS[name](rng)
    x = rng.integers(0, 256, (20, *layers[0].input_shape), np.uint8)
    labels = [f"class {index}" for index in range(10)]
    export(layers, tmp_path / "model.onnx", {"labels": labels})
    np.save(tmp_path / "x.npy", x)
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "model.onnx", tmp_path / "x.npy"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    expected = run(layers, x, backend="reference").output.reshape(20, -1).argmax(axis=1)
    assert found.strip() == str([labels[index] for index in expected])


@pytest.mark.parametrize("name", MODELS)
def test_only_standard_operators_and_a_free_batch_axis(name, rng):
    model = build(MODELS[name](rng))
    onnx.checker.check_model(model, full_check=True)
    assert {opset.domain for opset in model.opset_import} == {""}
    assert {node.domain for node in model.graph.node} == {""}
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "n"


def test_metadata_says_what_the_graph_cannot(tmp_path, rng):
    layers = vgg_like(rng)
    given_facts = {"labels": ["a", "b"], "input_scaling": (255, 0), "note": "text"}
    export(layers, tmp_path / "model.onnx", given_facts)
    model = onnx.load(tmp_path / "model.onnx")
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(facts["labels"]) == ["a", "b"]
    assert json.loads(facts["input_scaling"]) == [255, 0]
    assert facts["note"] == "text"
    assert facts["weights_sha256"] == weights_sha256(layers)
    assert json.loads(facts["potential_scale"]) == [1.0] * 10
    assert json.loads(facts["potential_offset"]) == [0.0] * 10


def test_the_same_layers_give_the_same_bytes(tmp_path):
    for name in "ab":
        export(vgg_like(np.random.default_rng(3)), tmp_path / name, {"labels": ["x"]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_hash_depends_on_every_array(rng):
    def model(weight, threshold, scale):
        first = FullyConnected(
            name="a",
            weights=np.full((2, 1), weight, np.int8),
            weight_bits=2,
            input_bits=1,
            output=Staircase(np.full((1, 1), threshold, np.int32), 1),
        )
        last = FullyConnected(
            name="b",
            weights=np.ones((1, 1), np.int8),
            weight_bits=2,
            input_bits=1,
            output=Potentials(np.full(1, scale), np.zeros(1)),
        )
        return (InputData(name="in", input_shape=(1, 1, 2), input_bits=1), first, last)

    hashes = {weights_sha256(model(*of)) for of in [(1, 0, 1.0), (0, 0, 1.0), (1, 1, 1.0)]}
    assert len(hashes | {weights_sha256(model(1, 0, 2.0))}) == 4


def test_metadata_that_is_not_plain_is_refused_and_nothing_written(tmp_path, rng):
    with pytest.raises(InputError) as caught:
        export(vgg_like(rng), tmp_path / "model.onnx", {"labels": np.zeros(2)})
    assert str(caught.value) == (
        "metadata['labels']: array([0., 0.]) is not text, numbers, booleans, None, lists or "
        "mappings. Fix: convert it, for instance with int() or str()."
    )
    assert os.listdir(tmp_path) == []


def test_without_onnx_the_message_says_what_to_install(tmp_path, rng, monkeypatch):
    layers = vgg_like(rng)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError) as caught:
        export(layers, tmp_path / "model.onnx")
    assert str(caught.value) == (
        "export to ONNX: the package onnx is not installed. Fix: install it: python -m pip "
        "install --upgrade 'akida_lite[onnx]'."
    )


@pytest.mark.parametrize("name", ["", "input", "output", "a/b", "ü #1", "layer"])
def test_any_layer_name_makes_a_valid_graph(name):
    def layer():
        return FullyConnected(
            name=name,
            weights=np.ones((2, 2), np.int8),
            weight_bits=2,
            input_bits=2,
            output=Staircase(np.int32([[0, 2, 4]] * 2), 2),
        )

    entry = InputData(name=name, input_shape=(1, 1, 2), input_bits=2)
    onnx.checker.check_model(build((entry, layer(), layer())), full_check=True)


@settings(max_examples=15)
@given(runs(longest=2))
def test_another_implementation_of_onnx_agrees(case):
    """onnx.reference follows the text of the standard and shares no code with a runtime."""
    layers, x = case
    with np.errstate(all="ignore"):
        found = ReferenceEvaluator(build(layers)).run(None, {"input": x})[0]
    np.testing.assert_array_equal(found, run(layers, x, backend="reference").output)
