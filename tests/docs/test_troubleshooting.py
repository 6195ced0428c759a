"""Each message on the page about troubleshooting is one that readers meet."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest

import akida_lite as al

L = keras.layers
PAGE = Path(__file__).parents[2] / "docs" / "user_guide" / "troubleshooting.rst"
SHOWN = re.findall(r"\.\. code-block:: text\n\n   (.+)\n", PAGE.read_text("utf-8"))


def image():
    return np.zeros((32, 32, 3), np.uint8)


def chain(*layers, shape=(8, 8, 1)):
    return keras.Sequential([keras.Input(shape), *layers])


def quantized(*middle):
    last = L.Dense(3, name="dense_2")
    layers = (L.Conv2D(4, 3), *middle, L.ReLU(6.0), L.Flatten(), last)
    return al.quantize(chain(*layers), 4, 4)


def residual():
    given = keras.Input((8, 8, 4))
    there = L.Conv2D(4, 3, padding="same", activation="relu")(given)
    both = L.Add(name="add")([there, given])
    return keras.Model(given, L.Dense(2)(L.Flatten()(both)))


def load_text(folder):
    path = folder / "model.akl"
    path.write_text("no model")
    al.Model.load(path)


SCALING = {"input_scaling": (255, 0)}
CAUSES = {
    "has shape (32, 32, 3)": lambda _: al.pretrained("vgg_cifar10").predict(image()),
    "has dtype float64": lambda _: al.pretrained("vgg_cifar10").predict(image()[None] / 255),
    "'input_scaling': it is left out": lambda _: al.convert(quantized()),
    "its weights are not quantized": lambda _: al.convert(
        chain(L.Flatten(), L.Dense(3, name="dense")), **SCALING
    ),
    "it has no integer equivalent": lambda _: al.convert(
        quantized(L.AveragePooling2D(2, name="average_pooling2d")), **SCALING
    ),
    "it joins 2 branches": lambda _: al.quantize(residual(), 4, 4),
    "FC-WEIGHT-BITS": lambda _: al.convert(quantized(), **SCALING).map(al.AKD1000),
    "none are shipped": lambda _: al.zoo.vgg_cifar10(
        weights="cifar10", weights_quantization=8, activ_quantization=8
    ),
    "it is no akida_lite file": load_text,
}


@pytest.mark.parametrize("words", CAUSES)
def test_a_message_of_the_page_is_what_a_reader_gets(words, tmp_path):
    (expected,) = [message for message in SHOWN if words in message]
    with pytest.raises(al.AkidaLiteError) as caught:
        CAUSES[words](tmp_path)
    said = str(caught.value).replace(f"{tmp_path}/", "")
    assert expected in said.splitlines()


def test_every_message_of_the_page_is_produced():
    assert len(SHOWN) == len(CAUSES)
