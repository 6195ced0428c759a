"""A network is added by its architecture, its record and its recipe; everything else sees it.

The steps are those of CONTRIBUTING, carried out with a network that the package has not.
"""

import json

import numpy as np
import pytest
from benchmark.workloads import zoo_workload

import akida_lite as al
from akida_lite.claims import read_ledger
from akida_lite.cli import main
from akida_lite.datasets.cifar10 import CIFAR10
from akida_lite.training import RECIPES, Cycle, Recipe, Stage, shipped
from akida_lite.zoo import cards
from akida_lite.zoo.networks import NETWORKS, Network

ARCHITECTURE = """
import keras

from akida_lite.nn.blocks import conv_block, dense_block
from akida_lite.zoo.with_weights import built
from akida_lite.zoo.networks import NETWORKS


def newcomer(
    input_shape=(32, 32, 3), classes=10, weights=None, weights_quantization=0,
    activ_quantization=0, input_weights_quantization=None, **spellings,
):
    widths = (weights_quantization, activ_quantization, input_weights_quantization)
    network = NETWORKS["newcomer"]
    return built(network, _build, input_shape, classes, weights, widths, spellings)


def _build(input_shape, classes, weights, activations, inputs):
    entry = keras.Input(input_shape)
    x = conv_block(
        entry, 4, 3, name="conv", strides=3, weight_quantization=inputs,
        activ_quantization=activations, add_batchnorm=True, use_bias=False,
    )
    x = keras.layers.Flatten()(x)
    x = dense_block(x, classes, name="scores", weight_quantization=weights,
                    activ_quantization=None)
    return keras.Model(entry, x, name="newcomer")
"""
LEDGER = """\
pages = []
[measures]
top1 = "akida_lite.zoo.measures:top1"

[files]
"weights/newcomer_w2a2i4.akw" = "{sha256}"

[newcomer.akida.top1]
what = "the newcomer, 40 images"
measure = "top1"
given = {{backend = "fast"}}
file = "weights/newcomer_w2a2i4.akw"
number = 31
total = 40
"""
RECORD = Network(
    name="newcomer",
    architecture="architecture_of_the_newcomer",
    dataset=CIFAR10,
    input_shape=(32, 32, 3),
    input_scaling=(128, 128),
    deployed=(2, 2, 4),
)
RECIPE = Recipe(
    name=RECORD.recipe(),
    model="newcomer",
    bits=RECORD.deployed,
    cycles=(Cycle(0.05, (Stage(32, 64),)),),
    batch_size=16,
    holdout=20,
)


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Add architecture, record and recipe; the folder of weights holds nothing yet."""
    (tmp_path / f"{RECORD.architecture}.py").write_text(ARCHITECTURE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(NETWORKS, RECORD.name, RECORD)
    monkeypatch.setitem(RECIPES, RECIPE.name, RECIPE)
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "index.json").write_text("{}")
    for module in (cards, shipped):
        monkeypatch.setattr(module, "FOLDER", weights)
    x, y = al.datasets.load_cifar10_sample()
    images = {"x_train": x[:100], "y_train": y[:100].astype(np.uint8)}
    images |= {"x_test": x, "y_test": y.astype(np.uint8)}
    monkeypatch.setattr(shipped, "load", lambda dataset, path: images)
    cards.shipped_cards.cache_clear()
    yield weights
    cards.shipped_cards.cache_clear()


def test_training_commands_ledger_and_benchmark_see_a_new_network(added, tmp_path, capsys):
    folder = str(tmp_path / "run")
    assert main(["train", RECIPE.name, "--folder", folder, "--publish"]) == 0
    assert {path.name for path in added.iterdir()} == {
        "index.json",
        *(f"newcomer_w2a2i4.{ending}" for ending in ("akw", "akl", "json")),
    }

    model, labels = al.pretrained("newcomer"), al.datasets.CIFAR10_LABELS
    assert (model.labels, model.input_scaling) == (labels, RECORD.input_scaling)
    keras_model = al.zoo.newcomer(
        weights="cifar10",
        weights_quantization=2,
        activ_quantization=2,
        input_weights_quantization=4,
    )
    x, _ = al.datasets.load_cifar10_sample()
    converted = al.convert(keras_model, input_scaling=RECORD.input_scaling)
    np.testing.assert_array_equal(converted.forward(x[:9]), model.forward(x[:9]))

    capsys.readouterr()
    for command in (["summary", "newcomer"], ["check", "newcomer"]):
        assert main(command) == 0, command
        assert "newcomer" in capsys.readouterr().out
    assert main(["evaluate", "newcomer", "-n", "30", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["model"], counts["images"]) == ("newcomer", 30)
    assert main(["evaluate", "newcomr"]) == 2
    assert "'newcomer'" in capsys.readouterr().err

    ledger = tmp_path / "claims.toml"
    ledger.write_text(LEDGER.format(sha256="0" * 64), "utf-8")
    assert main(["claims", "--check", str(ledger)]) == 1
    assert main(["claims", "--write", str(ledger)]) == 0
    assert main(["claims", "--check", str(ledger)]) == 0
    claim = read_ledger(ledger).claims["newcomer.akida.top1"]
    x, y = al.datasets.load_cifar10_sample()
    assert claim.amount.number == (model.predict(x[:40]) == y[:40]).sum()

    workload = zoo_workload("newcomer")
    assert workload.input_scaling == RECORD.input_scaling
    assert [la.name for la in workload.layers()] == [la.name for la in model]
    assert workload.float_model().get_layer("conv").quantizer.bitwidth == 0


def test_before_it_is_trained_a_new_network_says_what_is_missing(added):
    with pytest.raises(al.InputError) as refused:
        al.zoo.newcomer(weights="cifar10")
    assert str(refused.value) == (
        "newcomer: weights='cifar10': none are shipped for (weights, activations, input "
        "weights) = (0, 0, 0) bits, nor for others. Fix: pass weights=None and train."
    )
    with pytest.raises(al.InputError) as refused:
        al.pretrained("newcomer")
    assert str(refused.value) == (
        "network 'newcomer': no weights of its deployed widths are published yet. Fix: run "
        "'akida-lite train newcomer_w2a2i4 --publish' first."
    )
