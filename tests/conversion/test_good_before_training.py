"""Quantized with samples, a trained network is nearly as good as before, without training."""

import keras
import numpy as np
import pytest
from keras import layers

import akida_lite as al
from akida_lite.conversion.grids import least_error_quantizer
from akida_lite.fixed_point import weight_limit


@pytest.fixture(scope="module")
def digits():
    """Return a trained network with unbounded ReLUs, its samples, and images to test it."""
    (x, y), (x_test, y_test) = al.datasets.load_digits()
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Rescaling(1 / 16),
            layers.Conv2D(16, 3, activation="relu", padding="same"),
            layers.BatchNormalization(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    model.fit(x, y, epochs=8, batch_size=32, verbose=0)
    # The same function with activations 32 times as large: its ranges are far from 6.
    for factor, layer in ((32, model.layers[1]), (32, model.layers[3])):
        layer.kernel.assign(layer.kernel * factor)
        layer.bias.assign(layer.bias * factor)
    model.layers[2].moving_mean.assign(model.layers[2].moving_mean * 32)
    model.layers[2].moving_variance.assign(model.layers[2].moving_variance * 32**2)
    model.layers[6].kernel.assign(model.layers[6].kernel / 32)
    return model, x[:256].astype(np.float32), x_test, y_test


def right(model, x, y):
    return int((model.predict(x.astype(np.float32), verbose=0).argmax(axis=1) == y).sum())


@pytest.mark.parametrize(("bits", "lost"), [((8, 8, 8), 2), ((4, 4, 8), 8)])
def test_ranges_far_from_six_cost_a_few_images(digits, bits, lost):
    model, samples, x, y = digits
    before = right(model, x, y)
    assert before > 0.9 * len(y)
    quantized = al.quantize(model, *bits, samples=samples)
    assert before - right(quantized, x, y) <= lost
    with pytest.warns(UserWarning, match="states no ceiling"):
        guessed = al.quantize(model, *bits)
    assert right(guessed, x, y) < right(quantized, x, y)


def test_the_model_that_is_given_stays_as_it_is(digits):
    model, samples, _, _ = digits
    before = [np.array(each) for each in model.get_weights()]
    al.quantize(model, 4, 4, samples=samples)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_rounding_moves_is_moved_back(digits):
    model, samples, _, _ = digits
    corrected = al.quantize(model, 2, 8, samples=samples)
    mean = np.asarray(model(samples)).mean(axis=0)
    plain = al.quantize(model, 2, 8, samples=samples)
    for mine, theirs in zip(plain.layers, model.layers, strict=False):
        assert mine is not theirs
    last = plain.layers[-1]
    last.bias.assign(model.layers[-1].bias)
    moved, restored = (
        np.abs(np.asarray(each(samples)).mean(axis=0) - mean).max()
        for each in (plain, corrected)
    )
    assert restored < moved / 100


def squared_error(kernel, scale, bits):
    top = weight_limit(bits)
    scale = np.float32(scale)
    return np.square(np.clip(np.rint(kernel * scale), -top, top) / scale - kernel).sum()


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_no_other_scale_has_a_smaller_error_by_much(bits):
    kernel = np.random.default_rng(bits).normal(size=(3, 3, 4, 2)).astype(np.float32)
    kernel[..., 1] *= 20
    scales = least_error_quantizer(kernel, bits, per_filter=True).get_config()["scale_factor"]
    for index, scale in enumerate(scales):
        column = kernel[..., index]
        largest = weight_limit(bits) / np.abs(column).max()
        others = [
            squared_error(column, largest / share, bits) for share in np.linspace(0.1, 1, 999)
        ]
        assert squared_error(column, scale, bits) <= 1.05 * min(others)


@pytest.mark.parametrize("size", [0, 1e-38, 1e-42])
def test_a_filter_of_zeros_stays_one(size):
    zeros = np.full((3, 3, 1, 2), size, np.float32)
    integers, scale = least_error_quantizer(zeros, 4, per_filter=True).integers(zeros)
    assert not integers.any()
    assert np.isfinite(scale).all()
