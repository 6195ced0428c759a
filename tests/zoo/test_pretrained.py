"""The integer models that ship are what conversion makes of the networks, and need no Keras."""

import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import pytest
from stored_models import content

import akida_lite as al
from akida_lite.zoo import cards
from akida_lite.zoo.networks import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_what_convert_returns(name):
    network, model = NETWORKS[name], al.pretrained(name)
    keras_model = al.zoo.keras_model(network, network.deployed)
    expected = al.convert(
        keras_model, input_scaling=network.input_scaling, labels=network.labels
    )
    assert content(model.layers) == content(expected.layers)
    assert model.metadata == expected.metadata
    assert model.labels == network.labels
    x = al.datasets.load_cifar10_sample()[0][:8]
    np.testing.assert_array_equal(model.forward(x), expected.forward(x))


def test_nothing_but_numpy_is_imported():
    code = (
        "import sys, akida_lite as al\n"
        "al.pretrained('vgg_cifar10').summary()\n"
        "assert not {'keras', 'tensorflow', 'matplotlib', 'onnx', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("name", ["lenet", None, ["vgg_cifar10"]])
def test_another_name_is_refused(name):
    with pytest.raises(al.InputError) as refused:
        al.pretrained(name)
    assert str(refused.value) == (
        f"network {name!r}: it is none of {', '.join(map(repr, NETWORKS))}. "
        "Fix: choose one of them."
    )


def test_another_file_than_the_published_one_is_refused(tmp_path, monkeypatch):
    card = cards.shipped_cards()["vgg_cifar10", NETWORKS["vgg_cifar10"].deployed]
    path = tmp_path / card.integers_path.name
    shutil.copy(card.integers_path, path)
    # A valid model, but not the one that the index names.
    al.Model(al.Model.load(path).layers, name="other").save(path)
    shutil.copy(cards.FOLDER / "index.json", tmp_path)
    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    with pytest.raises(al.FileFormatError) as refused:
        al.pretrained("vgg_cifar10")
    assert str(refused.value) == (
        f"file '{path.name}': SHA-256 {card.integers_sha256} is expected, found "
        f"{cards.sha256_of(path)}. Fix: install the package again."
    )
    without = dataclasses.replace(card, integers_sha256=None)
    monkeypatch.setattr(
        "akida_lite.zoo.integers.shipped_cards", lambda: {(card.model, card.bits): without}
    )
    with pytest.raises(al.InputError, match="network 'vgg_cifar10'"):
        al.pretrained("vgg_cifar10")
