"""Each measure counts what its name says, on models and images made for the test."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from akida_lite.claims import Claim, Measured, NotMeasured, Quantity, Share
from akida_lite.zoo import cards, measures

NAME = "vgg_cifar10_w2a2i2"


class OddClasses:
    """A net that answers class 1 everywhere, as Keras model and as integer model."""

    trainable_variables = (SimpleNamespace(shape=(3, 4)), SimpleNamespace(shape=(5,)))

    def count_params(self):
        return 20

    def predict_on_batch(self, x):
        return np.tile(np.eye(10)[1], (len(x), 1))

    def predict(self, x, *, backend):
        return np.ones(len(x), dtype=np.int64)


@pytest.fixture(autouse=True)
def odd_classes(monkeypatch):
    """Make every model `OddClasses`, and the cache one without the full data set."""
    kept = measures.classes, measures._cached_test_set
    for cached in kept:
        cached.cache_clear()
    monkeypatch.setattr(measures, "keras_model", lambda name: OddClasses())
    monkeypatch.setattr(measures, "integer_model", lambda name: OddClasses())
    monkeypatch.setattr(measures, "read_cached", lambda dataset: None)
    yield
    for cached in kept:
        cached.cache_clear()


def share(backend="fast", total=100):
    return Claim(
        id="a.b",
        what="x",
        amount=Share(0, total),
        origin=Measured(measure="-", file=f"weights/{NAME}.akw", given={"backend": backend}),
    )


def quantity():
    return replace(share(), amount=Quantity(0))


def test_operations_are_those_of_a_run_over_the_images_asked_for(monkeypatch):
    ran = []
    model = SimpleNamespace(
        forward=lambda x, *, backend: ran.append((len(x), backend)),
        get_statistics=lambda: SimpleNamespace(ops=321),
    )
    monkeypatch.setattr(measures, "integer_model", lambda name: model)
    given = {"backend": "reference", "images": 20}
    claim = replace(quantity(), origin=replace(quantity().origin, given=given))
    assert measures.operations(claim, False) == 321
    assert ran == [(20, "reference")]


@pytest.mark.parametrize("backend", ["keras", "fast"])
def test_top1_counts_equal_labels(backend):
    _, labels = measures.images(NAME, 100, False)
    assert measures.top1(share(backend), False) == int((labels == 1).sum())


def test_agreement_counts_equal_predictions():
    assert measures.agreement(share(), False) == 100


class FixedScores:
    """An integer model whose scores are its images' first pixels."""

    layers = (SimpleNamespace(output=SimpleNamespace(scale=np.full(3, 0.5), offset=0.0)),)

    def forward(self, x, *, backend):
        return x[:, 0, 0].astype(np.int32).reshape(-1, 1, 1, 3)


def test_different_classes_are_explained_by_float64_or_by_equal_scores(monkeypatch):
    ours, asked = np.zeros(100, np.int64), []
    x = np.zeros((100, 32, 32, 3), np.uint8)
    x[:, 0, 0] = 9, 5, 2
    x[40, 0, 0] = 9, 9, 2
    keras = ours.copy()
    keras[[3, 40, 41]] = 1
    monkeypatch.setattr(measures, "images", lambda name, count, full: (x[:count], ours[:count]))
    monkeypatch.setattr(measures, "integer_model", lambda name: FixedScores())
    monkeypatch.setattr(
        measures, "classes", lambda name, b, n, full: ours if b == "fast" else keras
    )

    def build(name):
        def in_float64(x):
            asked.append(x)
            # The first becomes ours, the second is one of two highest, the third is neither.
            return np.eye(3)[[0, 1, 1]]

        return in_float64

    monkeypatch.setattr(measures, "_keras_model_in_float64", build)
    assert measures.agreement(share(), False) == 97
    assert measures.explained(share(), False) == 99
    (again,) = asked
    assert again.dtype == np.float64
    np.testing.assert_array_equal(again, x[[3, 40, 41]] / 255)
    assert measures.tied(share(), False) == 1
    keras[:] = 0
    assert measures.explained(share(), False) == 100
    assert len(asked) == 1


def test_a_model_in_float64_computes_in_it_and_leaves_the_policy_alone():
    import keras

    policy = keras.config.dtype_policy()
    model = measures._keras_model_in_float64(NAME)
    assert keras.config.dtype_policy() == policy
    assert {layer.compute_dtype for layer in model.layers} == {"float64"}
    assert model.input.dtype == "float64"
    assert keras.config.floatx() == "float32"


def test_parameters_are_counted():
    assert measures.parameters(quantity(), False) == 20
    assert measures.trainable_parameters(quantity(), False) == 3 * 4 + 5


def test_bytes_of_the_weights_and_of_the_integers_beside_them(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    (tmp_path / f"{NAME}.akw").write_bytes(b"12345")
    (tmp_path / f"{NAME}.akl").write_bytes(b"123")
    assert measures.file_bytes(quantity(), False) == 5 + 3
    (tmp_path / "vgg_cifar10_float.akw").write_bytes(b"1234567")
    (tmp_path / "vgg_cifar10_float.akl").write_bytes(b"not of the index")
    float_file = replace(quantity().origin, file="weights/vgg_cifar10_float.akw")
    assert measures.file_bytes(replace(quantity(), origin=float_file), False) == 7


@pytest.mark.parametrize("backend", ["keras", "fast"])
def test_without_the_full_data_set_its_claims_are_not_measured(backend):
    with pytest.raises(NotMeasured, match="the full data set is not on this machine"):
        measures.top1(share(backend, 10000), False)


def test_keras_runs_over_the_full_data_set_only_on_request(monkeypatch):
    all_images = np.zeros((10000, 32, 32, 3), np.uint8), np.ones(10000)
    monkeypatch.setattr(measures, "_cached_test_set", lambda dataset: all_images)
    monkeypatch.setattr(measures, "_fetched_test_set", lambda dataset: all_images)
    with pytest.raises(NotMeasured, match="takes minutes"):
        measures.top1(share("keras", 10000), False)
    assert measures.top1(share("keras", 10000), True) == 10000


@pytest.mark.parametrize("quantizers", ["samples", "training"])
def test_a_quantized_network_is_counted_after_what_quantize_was_given(quantizers, monkeypatch):
    asked = {}

    def quantize(model, *bits, **options):
        asked.update(options, bits=bits)
        return model

    x, y = measures.images("vgg_cifar10_w2a2i2", 100, full=False)
    monkeypatch.setattr("akida_lite.conversion.quantize", quantize)
    monkeypatch.setattr(measures, "_fetched", lambda dataset: ((x, y), (x, y)))
    given = {"weights": 4, "activations": 3, "inputs": 8, "quantizers": quantizers}
    claim = replace(
        share(), origin=Measured(measure="-", file=f"weights/{NAME}.akw", given=given)
    )
    with pytest.raises(NotMeasured, match="take minutes"):
        measures.top1_quantized(claim, False)
    assert measures.top1_quantized(claim, True) == (y == 1).sum()
    assert asked["bits"] == (4, 3, 8)
    if quantizers == "samples":
        np.testing.assert_array_equal(asked["samples"], x.astype(np.float32) / 255)
    else:
        assert asked["quantizer"](bitwidth=4).threshold == 2.47
