"""Measures of the zoo's networks, which its ledger ``claims.toml`` names.

A measure takes a claim, whose `file` is the weights of a network, and `full`: whether the
whole data set may be fetched, and Keras run over it. It returns the number of today.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite import zoo
from akida_lite.claims import Claim, Measured, NotMeasured, Share
from akida_lite.datasets.cache import read_cached
from akida_lite.datasets.description import DataSet, Pair
from akida_lite.datasets.lookup import load
from akida_lite.engine import trace
from akida_lite.errors import DatasetError
from akida_lite.zoo.cards import Card, shipped_cards

# The batch divides every count of images: Keras would compile a smaller last batch anew.
_BATCH = 250

# Keras over so many images takes seconds: a quick check includes it.
_SHIPPED = 1000

# `quantize` chooses ranges from this many training images.
_SAMPLES = 256

Classes: TypeAlias = npt.NDArray[np.int64]


def top1(claim: Claim, full: bool) -> int:
    """Return how many of the first images the model classifies correctly."""
    name, count = _name(claim), _count(claim)
    labels = images(name, count, full)[1]
    return int((classes(name, _backend(claim), count, full) == labels).sum())


def top1_quantized(claim: Claim, full: bool) -> int:
    """Return how many of the first images a float network gets right, quantized, not trained.

    The claim is given the bits of ``weights``, ``activations`` and ``inputs``, and
    ``quantizers``: ``"samples"`` for what `quantize` chooses from the first training images,
    ``"training"`` for those that the zoo is trained with.
    """
    if not full:
        raise NotMeasured("quantizing and Keras over the images take minutes")
    from akida_lite import nn
    from akida_lite.conversion import quantize

    name, count, given = _name(claim), _count(claim), _origin(claim).given
    network = _card(name).network
    if given["quantizers"] == "samples":
        pixels = _fetched(network.dataset)[0][0][:_SAMPLES]
        samples = scaled(pixels, network.input_scaling, np.float32)
        chosen: dict[str, Any] = {"samples": samples}
    else:
        chosen = {"quantizer": nn.weight_quantizer, "activation": nn.ActivationDiscreteRelu}
    bits = (int(given[width]) for width in ("weights", "activations", "inputs"))
    quantized = quantize(keras_model(name), *bits, **chosen)
    x, labels = images(name, count, full)
    return int((keras_classes(quantized, x, network.input_scaling) == labels).sum())


def agreement(claim: Claim, full: bool) -> int:
    """Return how many images the engine and Keras put into the same class."""
    count = _count(claim)
    keras = classes(_name(claim), "keras", count, full)
    return int((classes(_name(claim), _backend(claim), count, full) == keras).sum())


def explained(claim: Claim, full: bool) -> int:
    """Return the agreement when what keeps engine and Keras apart is taken away.

    Keras computes images that it classed differently once more, in float64. Where several
    classes share the engine's highest score, each of them is right. Images of the same
    class in float32 are taken as they are: in float64 Keras needs many times longer.
    """
    name, backend, count = _name(claim), _backend(claim), _count(claim)
    keras = classes(name, "keras", count, full)
    different = np.flatnonzero(classes(name, backend, count, full) != keras)
    if not len(different):
        return count
    x = images(name, count, full)[0][different]
    in_float64 = scaled(x, _card(name).network.input_scaling, np.float64)
    outputs = np.asarray(_keras_model_in_float64(name)(in_float64))
    again = outputs.reshape(len(x), -1).argmax(axis=1)
    highest = _highest(integer_model(name), x, backend)
    return count - len(x) + int(highest[np.arange(len(x)), again].sum())


def tied(claim: Claim, full: bool) -> int:
    """Return how many images have a highest score that several classes share."""
    x, _ = images(_name(claim), _count(claim), full)
    highest = _highest(integer_model(_name(claim)), x, _backend(claim))
    return int((highest.sum(axis=1) > 1).sum())


def levels(claim: Claim, full: bool) -> int:
    """Return the sum of all levels of all layers: moved by a rounding that no class shows."""
    x, _ = images(_name(claim), _count(claim), full)
    layers = integer_model(_name(claim)).layers
    emitted = (output for _, output in trace(layers, x, backend=_backend(claim)))
    return sum(int(o.sum(dtype=np.int64)) for o in emitted if o.dtype == np.uint8)


def operations(claim: Claim, full: bool) -> int:
    """Return how many operations events cause for one image, the mean over the first ones."""
    x, _ = images(_name(claim), _count(claim), full)
    model = integer_model(_name(claim))
    model.forward(x, backend=_backend(claim))
    return int(model.get_statistics().ops)


def parameters(claim: Claim, full: bool) -> int:
    """Return the number of parameters of the Keras model."""
    return int(keras_model(_name(claim)).count_params())


def trainable_parameters(claim: Claim, full: bool) -> int:
    """Return the number of parameters that training changes."""
    variables = keras_model(_name(claim)).trainable_variables
    return sum(int(np.prod(variable.shape)) for variable in variables)


def file_bytes(claim: Claim, full: bool) -> int:
    """Return the size of the weights, in a file of integers and what only Keras needs."""
    card = _card(_name(claim))
    files = [card.path, *([card.integers_path] if card.integers_sha256 else [])]
    return sum(path.stat().st_size for path in files)


def keras_classes(
    keras_model: Any,
    pixels: npt.NDArray[np.uint8],
    input_scaling: tuple[float, float],
    report: Callable[[int, int], None] | None = None,
) -> Classes:
    """Return the class that a Keras model gives each image.

    Parameters
    ----------
    keras_model : keras.Model
    pixels : uint8 array of shape (n, height, width, channels)
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``.
    report : callable, optional
        Called with the numbers of images done and given, after each batch.
    """
    classes = []
    for start in range(0, len(pixels), _BATCH):
        part = scaled(pixels[start : start + _BATCH], input_scaling, np.float32)
        outputs = np.asarray(keras_model.predict_on_batch(part))
        classes.append(outputs.reshape(len(part), -1).argmax(axis=1))
        if report:
            report(start + len(part), len(pixels))
    return np.concatenate(classes)


def first_test_images(
    dataset: DataSet, count: int, load_all: Callable[[DataSet], Pair]
) -> Pair:
    """Return the first test images and their labels, of the shipped ones if they suffice.

    Parameters
    ----------
    dataset : DataSet
    count : int
    load_all : callable
        Takes the data set and returns all its test images, where more are needed.
    """
    found = dataset.sample() if dataset.sample else None
    if found is None or len(found[0]) < count:
        found = load_all(dataset)
    x, y = found
    return x[:count], y[:count]


def scaled(
    pixels: npt.NDArray[np.uint8], input_scaling: tuple[float, float], dtype: Any
) -> npt.NDArray[Any]:
    """Return images as a Keras model reads them."""
    a, b = input_scaling
    x: npt.NDArray[Any] = (pixels.astype(dtype) - b) / a
    return x


def images(name: str, count: int, full: bool) -> Pair:
    """Return the first test images of a network's data set, and their labels.

    Raises
    ------
    NotMeasured
        If all of the data set is needed, and is not here or cannot be fetched.
    """
    load_all = _fetched_test_set if full else _cached_test_set
    return first_test_images(_card(name).network.dataset, count, load_all)


# Claims come sorted by file, so that one network at a time is enough.
@lru_cache(maxsize=1)
def keras_model(name: str) -> Any:
    """Return the Keras model with the shipped weights of that name."""
    return zoo.keras_model(_card(name).network, _card(name).bits)


@lru_cache(maxsize=1)
def integer_model(name: str) -> Any:
    """Return what the Keras model is converted to."""
    from akida_lite.conversion import convert

    return convert(keras_model(name), input_scaling=_card(name).network.input_scaling)


@lru_cache(maxsize=8)
def classes(name: str, backend: str, count: int, full: bool) -> Classes:
    """Return the class that Keras or an engine gives each of the first images."""
    if count < _SHIPPED:
        return classes(name, backend, _SHIPPED, full)[:count]
    x, _ = images(name, count, full)
    if backend != "keras":
        return np.asarray(integer_model(name).predict(x, backend=backend))
    if count > _SHIPPED and not full:
        raise NotMeasured("Keras over the full data set takes minutes")
    return keras_classes(keras_model(name), x, _card(name).network.input_scaling)


def _fetched_test_set(dataset: DataSet) -> Pair:
    return _fetched(dataset)[1]


@lru_cache(maxsize=1)
def _fetched(dataset: DataSet) -> tuple[Pair, Pair]:
    """Return training and test set."""
    try:
        return dataset.split(load(dataset, None))
    except DatasetError as error:
        raise NotMeasured(f"no full data set: {error}") from error


@lru_cache(maxsize=1)
def _cached_test_set(dataset: DataSet) -> Pair:
    arrays = read_cached(dataset)
    if arrays is None:
        raise NotMeasured("the full data set is not on this machine")
    return dataset.split(arrays)[1]


def _keras_model_in_float64(name: str) -> Any:
    import keras

    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float64")
    # A model rounds its input to floatx, whatever its layers compute in.
    keras.config.set_floatx("float64")
    try:
        return zoo.keras_model(_card(name).network, _card(name).bits)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def _highest(model: Any, x: npt.NDArray[np.uint8], backend: str) -> npt.NDArray[np.bool_]:
    """Return for each image and class whether no class has a higher score."""
    output = model.layers[-1].output
    potentials = model.forward(x, backend=backend).reshape(len(x), -1)
    scores = potentials * output.scale + output.offset
    highest: npt.NDArray[np.bool_] = scores == scores.max(axis=1, keepdims=True)
    return highest


def _name(claim: Claim) -> str:
    return Path(_origin(claim).file).stem


def _card(name: str) -> Card:
    """Return what ships under the name of a weights file."""
    return {card.name: card for card in shipped_cards().values()}[name]


def _backend(claim: Claim) -> str:
    return str(_origin(claim).given["backend"])


def _count(claim: Claim) -> int:
    """Return how many images a claim is about: a share's total, or what it is given."""
    if isinstance(claim.amount, Share):
        return claim.amount.total
    return int(_origin(claim).given["images"])


def _origin(claim: Claim) -> Measured:
    assert isinstance(claim.origin, Measured)  # no other claims are measured
    return claim.origin
