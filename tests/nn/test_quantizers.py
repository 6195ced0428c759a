"""Weight quantizers against their formulas, their gradients, and what they refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite import nn
from akida_lite.nn.quantizers import NORMAL_OPTIMAL_THRESHOLD, LowerBound, as_quantizer

SHAPE = (3, 3, 4, 5)

WIDTHS = range(2, 9)


def make_std(bits):
    return nn.StdWeightQuantizer(2.0, bits)


def make_trainable(bits):
    return nn.TrainableStdWeightQuantizer(2.0, bits)


def make_fixed(bits):
    return nn.FixedScaleQuantizer(7.25, bits)


MAKERS = (make_std, make_trainable, make_fixed, nn.MaxQuantizer, nn.MaxPerAxisQuantizer)


@pytest.fixture
def weights(rng):
    return rng.normal(0, 0.1, SHAPE).astype(np.float32)


def limit_of(quantizer, w):
    """Return what the highest level stands for, by the formula in the class's docstring."""
    highest = 2 ** (quantizer.bitwidth - 1) - 1
    if isinstance(quantizer, nn.StdWeightQuantizer | nn.TrainableStdWeightQuantizer):
        return 2.0 * w.std(dtype=np.float64)
    if isinstance(quantizer, nn.MaxQuantizer):
        return np.abs(w).max()
    if isinstance(quantizer, nn.MaxPerAxisQuantizer):
        return np.abs(w).max(axis=(0, 1, 2))
    return highest / 7.25


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("make", MAKERS)
def test_integers_over_the_scale_are_the_quantized_weights(make, bits, weights):
    quantizer = make(bits)
    integers, scale_factor = quantizer.integers(weights)
    assert integers.dtype == np.int8
    assert scale_factor.dtype == np.float64
    quantized = np.asarray(quantizer.quantize(tf.constant(weights)))
    # The division that the layer does, in its own precision.
    expected = integers.astype(np.float32) / scale_factor.astype(np.float32)
    np.testing.assert_array_equal(quantized, expected)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("make", MAKERS)
def test_integers_follow_the_formula(make, bits, weights):
    quantizer = make(bits)
    highest = 2 ** (bits - 1) - 1
    integers, scale_factor = quantizer.integers(weights)
    exact = highest / limit_of(quantizer, weights)
    # Keras takes the standard deviation in float32, in an order of its own.
    assert np.abs(scale_factor / exact - 1).max() < 1e-6
    levels = weights * scale_factor.astype(np.float32)
    np.testing.assert_array_equal(integers, np.clip(np.round(levels), -highest, highest))
    assert np.abs(integers).max() <= highest


@pytest.mark.parametrize("make", [nn.MaxQuantizer, nn.MaxPerAxisQuantizer])
def test_the_largest_weight_is_the_highest_level_and_nothing_is_clipped(make, weights):
    integers, scale_factor = make(4).integers(weights)
    assert np.abs(integers).max() == 7
    assert np.abs(weights * scale_factor).max() < 7.001
    assert np.shape(scale_factor) == ((5,) if make is nn.MaxPerAxisQuantizer else ())


@pytest.mark.parametrize("make", [nn.MaxQuantizer, nn.MaxPerAxisQuantizer])
def test_weights_that_are_all_zero_stay_zero(make):
    integers, scale_factor = make(4).integers(np.zeros(SHAPE, np.float32))
    assert not integers.any()
    assert np.isfinite(scale_factor).all()


def test_halves_round_to_even():
    w = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5], np.float32)
    integers, _ = nn.FixedScaleQuantizer(1.0, 4).integers(w)
    np.testing.assert_array_equal(integers, [0, 2, 2, 0, -2, -2])


def gradients(quantizer, w):
    """Return the gradient of ``sum(c * quantize(w))`` for coefficients c that differ."""
    c = tf.reshape(tf.range(1.0, w.size + 1), w.shape)
    with tf.GradientTape() as tape:
        x = tf.Variable(w)
        total = tf.reduce_sum(c * quantizer.quantize(x))
    return np.asarray(tape.gradient(total, x)), np.asarray(c)


def test_gradients_pass_straight_through_inside_and_stop_outside():
    w = np.array([[-9.0, -6.6, -2.4], [0.2, 3.5, 9.0]], np.float32)
    found, c = gradients(nn.FixedScaleQuantizer(1.0, 4), w)
    np.testing.assert_array_equal(found, np.where(np.abs(w) < 7.5, c, 0))


def test_gradients_through_the_scale_are_those_of_a_frozen_rounding(weights):
    """With the rounding error held, what is left is smooth: finite differences apply."""
    quantizer = nn.StdWeightQuantizer(1.0, 3)
    w = weights[:2, :2, :2, :2].astype(np.float64)
    found, c = gradients(quantizer, w.astype(np.float32))

    levels = w * (3 / w.std())
    error, inside = np.round(levels) - levels, np.abs(np.round(levels)) <= 3

    def smooth(x):
        scale = 3 / x.std()
        straight = x * scale + error
        return (c * np.where(inside, straight, 3 * np.sign(levels)) / scale).sum()

    numeric = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[index] = 1e-6
        numeric[index] = (smooth(w + step) - smooth(w - step)) / 2e-6
    assert np.abs(found - numeric).max() < 1e-3 * np.abs(numeric).max()


def test_the_threshold_is_trained_and_stays_positive(weights):
    layer = nn.QuantizedDense(5, quantizer=nn.TrainableStdWeightQuantizer(2.0, 3))
    x = tf.ones((2, 4))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x) ** 2)
    (threshold,) = [v for v in layer.trainable_variables if v.name == "threshold"]
    assert float(threshold.value) == 2.0
    gradient = tape.gradient(loss, threshold.value)
    assert float(gradient) != 0
    keras.optimizers.SGD(1e6).apply([tf.abs(gradient)], [threshold])
    assert float(threshold.value) == np.float32(1e-3)
    # What is converted follows the variable, not the start value.
    kernel = np.asarray(layer.kernel)
    scale = layer.quantizer.integers(kernel)[1]
    assert abs(scale * 1e-3 * kernel.std() / 3 - 1) < 1e-5


def error_of(threshold, bits):
    """Return the mean squared error of a standard normal weight, by dense quadrature."""
    x = np.linspace(-12, 12, 48001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    highest = 2 ** (bits - 1) - 1
    scale = highest / threshold
    quantized = np.clip(np.round(x * scale), -highest, highest) / scale
    return ((x - quantized) ** 2 * density).sum() * (x[1] - x[0])


@pytest.mark.parametrize(("bits", "threshold"), NORMAL_OPTIMAL_THRESHOLD.items())
def test_optimal_thresholds_for_normal_weights(bits, threshold):
    with np.errstate(under="ignore"):
        near = np.round(threshold + np.arange(-40, 41) / 100, 2)
        errors = [error_of(t, bits) for t in near]
    assert near[np.argmin(errors)] == threshold


@pytest.mark.parametrize("bits", [0, *WIDTHS])
def test_the_zoo_quantizes_with_the_optimal_threshold(bits):
    quantizer = nn.weight_quantizer(bits)
    if bits == 0:
        assert isinstance(quantizer, nn.WeightFloat)
    else:
        assert type(quantizer) is nn.StdWeightQuantizer
        assert quantizer.threshold == NORMAL_OPTIMAL_THRESHOLD[bits]
        assert quantizer.bitwidth == bits


def test_the_old_name_is_the_same_class():
    assert nn.WeightQuantizer is nn.StdWeightQuantizer


@pytest.mark.parametrize("quantizer", [make(3) for make in MAKERS] + [nn.WeightFloat()])
def test_configurations_round_trip(quantizer, weights):
    stored = keras.saving.serialize_keras_object(quantizer)
    for given in (stored, type(quantizer).from_config(quantizer.get_config())):
        again = as_quantizer("dense", "quantizer", given)
        assert type(again) is type(quantizer)
        assert again.get_config() == quantizer.get_config()
        np.testing.assert_array_equal(
            np.asarray(again.quantize(tf.constant(weights))),
            np.asarray(quantizer.quantize(tf.constant(weights))),
        )


def test_float_weights_are_left_alone_and_have_no_integers(weights):
    np.testing.assert_array_equal(nn.WeightFloat().quantize(weights), weights)
    with pytest.raises(TypeError) as refused:
        nn.WeightFloat().integers(weights)
    assert str(refused.value) == (
        "WeightFloat: it has no integers. Fix: give the layer a quantizer of 2 to 8 bits."
    )


def test_an_own_quantizer_gives_only_its_scale(weights):
    class HalfMax(nn.LinearWeightQuantizer):
        def scale_factor(self, w):
            return 7 / (tf.reduce_max(tf.abs(w)) / 2)

    integers, _ = HalfMax(4).integers(weights)
    assert set(np.unique(integers)) == set(range(-7, 8))


@pytest.mark.parametrize("bits", [0, 1, 9, -1, True, 2.5, None, "4"])
@pytest.mark.parametrize("make", MAKERS)
def test_a_width_out_of_range_is_refused(make, bits):
    with pytest.raises(ValueError, match="is not one of 2 to 8") as refused:
        make(bits)
    name = type(make(2)).__name__
    assert str(refused.value) == (
        f"{name}: bitwidth={bits!r} is not one of 2 to 8. Fix: choose 2 to 8, or WeightFloat() "
        "to keep weights in float."
    )


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (nn.StdWeightQuantizer, "threshold"),
        (nn.TrainableStdWeightQuantizer, "threshold"),
        (nn.FixedScaleQuantizer, "scale_factor"),
    ],
)
def test_a_scale_that_is_not_positive_is_refused(make, name, value):
    with pytest.raises(ValueError, match="is not a positive number") as refused:
        make(value)
    assert str(refused.value) == (
        f"{make.__name__}: {name}={value!r} is not a positive number. Fix: choose one above 0."
    )


@pytest.mark.parametrize("value", ["StdWeightQuantizer", 4, keras.constraints.NonNeg()])
def test_what_is_no_quantizer_is_refused(value):
    with pytest.raises(ValueError, match="is not a weight quantizer") as refused:
        nn.QuantizedDense(2, quantizer=value, name="d")
    assert str(refused.value) == (
        f"layer 'd': quantizer={value!r} is not a weight quantizer. Fix: pass an instance such "
        "as StdWeightQuantizer(bitwidth=4), or WeightFloat() for float."
    )


def test_a_bound_is_kept_and_configured():
    bound = LowerBound(0.5)
    np.testing.assert_array_equal(np.asarray(bound(np.float32([0, 1]))), [0.5, 1])
    assert LowerBound(**bound.get_config()).bound == 0.5
