"""How each quantity of the ledger is measured again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite import zoo
from akida_lite.claims.record import Claim
from akida_lite.datasets import load_cifar10, load_cifar10_sample
from akida_lite.datasets.cache import read_cached
from akida_lite.datasets.cifar10 import CIFAR10
from akida_lite.engine import trace
from akida_lite.errors import DatasetError
from akida_lite.zoo.networks import NETWORKS

WEIGHTS_FOLDER = Path(__file__).parents[1] / "zoo" / "weights"

_SHIPPED_IMAGES = 1000

# Divides the counts that are run: a smaller last batch would be compiled anew.
_KERAS_BATCH = 250

Images = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


class NotMeasured(Exception):
    """A claim cannot be measured here and now; the text says why."""


class Bench:
    """Models, data and predictions that several claims share, computed once.

    Parameters
    ----------
    full : bool
        Whether the full data set may be fetched, and Keras run over all of it.
    """

    def __init__(self, full: bool) -> None:
        self.full = full
        # Claims come sorted by model, so one model at a time is kept.
        self.keras_model = lru_cache(maxsize=1)(_build)
        self.integer_model = lru_cache(maxsize=1)(self._convert)
        self.predictions = lru_cache(maxsize=8)(self._predict)
        self._test_set = lru_cache(maxsize=1)(self._load)

    def images(self, count: int) -> Images:
        """Return the first `count` test images of CIFAR-10 and their labels."""
        x, y = load_cifar10_sample() if count <= _SHIPPED_IMAGES else self._test_set()
        return x[:count], y[:count]

    def _load(self) -> Images:
        if self.full:
            try:
                return load_cifar10()[1]
            except DatasetError as error:
                raise NotMeasured(f"no full data set: {error}") from error
        arrays = read_cached(CIFAR10)
        if arrays is None:
            raise NotMeasured("the full data set is not on this machine")
        return CIFAR10.split(arrays)[1]

    def _convert(self, model: str, bits: str) -> Any:
        from akida_lite.conversion import convert

        return convert(
            self.keras_model(model, bits), input_scaling=NETWORKS[model].input_scaling
        )

    def _predict(
        self, model: str, bits: str, backend: str, count: int
    ) -> npt.NDArray[np.int64]:
        if count < _SHIPPED_IMAGES:
            return self.predictions(model, bits, backend, _SHIPPED_IMAGES)[:count]
        x, _ = self.images(count)
        if backend != "keras":
            return np.asarray(self.integer_model(model, bits).predict(x, backend=backend))
        if count > _SHIPPED_IMAGES and not self.full:
            raise NotMeasured("Keras over the full data set takes minutes")
        outputs = self.keras_model(model, bits).predict(
            _scaled(model, x, np.float32), batch_size=_KERAS_BATCH, verbose=0
        )
        labels: npt.NDArray[np.int64] = np.asarray(outputs).reshape(count, -1).argmax(axis=1)
        return labels


def _build(model: str, bits: str) -> Any:
    """Return the zoo's Keras model with its shipped weights."""
    weight_bits, act_bits, input_bits = map(int, bits.split("/"))
    return zoo.keras_model(NETWORKS[model], (weight_bits, act_bits, input_bits))


def _build_in_float64(model: str, bits: str) -> Any:
    import keras

    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float64")
    # A model rounds its input to this one, whatever its layers compute in.
    keras.config.set_floatx("float64")
    try:
        return _build(model, bits)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def _scaled(model: str, x: npt.NDArray[np.uint8], dtype: Any) -> npt.NDArray[Any]:
    a, b = NETWORKS[model].input_scaling
    scaled: npt.NDArray[Any] = (x.astype(dtype) - b) / a
    return scaled


def _top1(claim: Claim, bench: Bench) -> int:
    count = claim.n_total or 0
    predicted = bench.predictions(claim.model, claim.bits, claim.backend, count)
    return int((predicted == bench.images(count)[1]).sum())


def _agreement(claim: Claim, bench: Bench) -> int:
    """Return how many images the engine and Keras put into the same class."""
    count = claim.n_total or 0
    keras = bench.predictions(claim.model, claim.bits, "keras", count)
    return int(
        (bench.predictions(claim.model, claim.bits, claim.backend, count) == keras).sum()
    )


def _explained(claim: Claim, bench: Bench) -> int:
    """Return the agreement when what keeps engine and Keras apart is taken away.

    Keras computes images that it classed differently once more, in float64. Where several
    classes share the engine's highest score, each of them is right. Images of the same
    class in float32 are taken as they are: in float64 Keras needs many times longer.
    """
    count = claim.n_total or 0
    keras = bench.predictions(claim.model, claim.bits, "keras", count)
    ours = bench.predictions(claim.model, claim.bits, claim.backend, count)
    different = np.flatnonzero(ours != keras)
    if not len(different):
        return count
    x = bench.images(count)[0][different]
    outputs = np.asarray(
        _build_in_float64(claim.model, claim.bits)(_scaled(claim.model, x, np.float64))
    )
    again = outputs.reshape(len(x), -1).argmax(axis=1)
    highest = _highest(bench.integer_model(claim.model, claim.bits), x, claim.backend)
    return count - len(x) + int(highest[np.arange(len(x)), again].sum())


def _tied(claim: Claim, bench: Bench) -> int:
    """Return how many images have a highest score that several classes share."""
    x, _ = bench.images(claim.n_total or 0)
    highest = _highest(bench.integer_model(claim.model, claim.bits), x, claim.backend)
    return int((highest.sum(axis=1) > 1).sum())


def _highest(model: Any, x: npt.NDArray[np.uint8], backend: str) -> npt.NDArray[np.bool_]:
    """Return for each image and class whether no class has a higher score."""
    output = model.layers[-1].output
    potentials = model.forward(x, backend=backend).reshape(len(x), -1)
    scores = potentials * output.scale + output.offset
    highest: npt.NDArray[np.bool_] = scores == scores.max(axis=1, keepdims=True)
    return highest


def _parameters(claim: Claim, bench: Bench) -> int:
    return int(bench.keras_model(claim.model, claim.bits).count_params())


def _trainable_parameters(claim: Claim, bench: Bench) -> int:
    variables = bench.keras_model(claim.model, claim.bits).trainable_variables
    return sum(int(np.prod(variable.shape)) for variable in variables)


def _levels(claim: Claim, bench: Bench) -> int:
    """Return the sum of all levels of all layers: moved by a rounding that no class shows."""
    x, _ = bench.images(claim.n_total or 0)
    layers = bench.integer_model(claim.model, claim.bits).layers
    emitted = (output for _, output in trace(layers, x, backend=claim.backend))
    return sum(int(o.sum(dtype=np.int64)) for o in emitted if o.dtype == np.uint8)


def _file_bytes(claim: Claim, bench: Bench) -> int:
    return (WEIGHTS_FOLDER / claim.weights).stat().st_size


MEASURES: dict[str, Callable[[Claim, Bench], int | float]] = {
    "top1": _top1,
    "agreement": _agreement,
    "explained": _explained,
    "tied": _tied,
    "parameters": _parameters,
    "trainable_parameters": _trainable_parameters,
    "levels": _levels,
    "file_bytes": _file_bytes,
}
"""How each quantity is measured; a claim of another quantity is not measured again."""
