"""Staircases against the formula of the module's docstring, and what they refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite import nn
from akida_lite.nn.activations import RELU_MAX, fixed_gamma

CLASSES = (nn.ActivationDiscreteRelu, nn.QuantizedReLU)
WIDTHS = range(1, 9)


def staircase(x, t0, gamma, bits):
    levels = 2**bits - 1
    return gamma * np.clip(np.ceil((x - t0) / gamma), 0, levels)


def outputs(layer, x):
    return np.asarray(layer(tf.constant(np.asarray(x, np.float32))))


@pytest.mark.parametrize(
    ("bits", "gamma"), [(1, 1), (2, 1), (3, 6 / 7), (4, 0.4), (8, 6 / 255)]
)
def test_the_fixed_step(bits, gamma):
    layer = nn.ActivationDiscreteRelu(bits)
    assert (layer.gamma, layer.t0) == (gamma, gamma / 2)
    assert fixed_gamma(bits) * (2**bits - 1) <= RELU_MAX


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("make", CLASSES)
def test_both_staircases_start_alike_and_follow_the_formula(make, bits, rng):
    layer = make(bits)
    x = rng.permutation(np.linspace(-2, 8, 4001)).astype(np.float32)
    found = outputs(layer, x)
    gamma = np.float32(fixed_gamma(bits))
    np.testing.assert_array_equal(found, staircase(x, gamma / 2, gamma, bits))
    assert len(np.unique(found)) == 2**bits


def test_a_value_on_the_edge_of_a_step_stays_below_it():
    # Two bits: gamma 1, first step at 0.5, all of it exact in float32.
    edges = np.float32([0.5, 1.5, 2.5])
    layer = nn.ActivationDiscreteRelu(2)
    np.testing.assert_array_equal(outputs(layer, edges), [0, 1, 2])
    np.testing.assert_array_equal(outputs(layer, np.nextafter(edges, np.float32(9))), [1, 2, 3])


@pytest.mark.parametrize("make", CLASSES)
def test_levels_are_exact_multiples_of_the_step(make, rng):
    # The converter divides by gamma: a level that is off by a bit would not be one.
    layer = make(4)
    x = rng.uniform(-1, 7, 2000).astype(np.float32)
    found = outputs(layer, x)
    gamma = np.float32(layer.gamma)
    np.testing.assert_array_equal(found, gamma * np.round(found / gamma))


@pytest.mark.parametrize("make", CLASSES)
def test_gradients_are_those_of_a_clipped_relu(make):
    x = tf.Variable([-3.0, 0.7, 1.2, 2.3, 5.0])
    layer = make(2)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x) * tf.constant([1.0, 2, 3, 4, 5]))
    np.testing.assert_array_equal(np.asarray(tape.gradient(total, x)), [0, 2, 3, 4, 0])


def test_gradients_of_step_and_threshold_are_those_of_a_frozen_rounding():
    layer = nn.QuantizedReLU(2)
    x = np.float64([-1.0, 0.8, 1.3, 2.2, 9.0])
    with tf.GradientTape(persistent=True) as tape:
        total = tf.reduce_sum(layer(tf.constant(x, tf.float32)))
    found = [float(tape.gradient(total, v.value)) for v in layer.trainable_variables]
    names = [v.name for v in layer.trainable_variables]
    error = np.ceil(x - 0.5) - (x - 0.5)

    def smooth(t0, step):
        gamma = 16 * step / 4
        level = np.where((x > 0.5) & (x < 3.5), (x - t0) / gamma + error, np.where(x > 1, 3, 0))
        return (gamma * level).sum()

    h = 1e-6
    numeric = {
        "t0_k": (smooth(0.5 + h, 0.25) - smooth(0.5 - h, 0.25)) / (2 * h),
        "step": (smooth(0.5, 0.25 + h) - smooth(0.5, 0.25 - h)) / (2 * h),
    }
    for name, value in zip(names, found, strict=True):
        assert abs(value - numeric[name]) < 1e-4 * max(1, abs(numeric[name])), name


@pytest.mark.parametrize("bits", WIDTHS)
def test_the_trained_variables_and_what_they_mean(bits):
    layer = nn.QuantizedReLU(bits)
    layer.build((None, 4))
    assert [v.name for v in layer.trainable_variables] == ["t0_k", "step"]
    gamma = fixed_gamma(bits)
    assert abs(layer.gamma / gamma - 1) < 1e-6
    assert abs(layer.t0 / (gamma / 2) - 1) < 1e-6
    layer.set_weights([np.float32(0.25), np.float32(0.125)])
    assert (layer.t0, layer.gamma) == (0.25, 16 * 0.125 / 2**bits)
    x = np.linspace(-1, 5, 100, dtype=np.float32)
    expected = staircase(x, np.float32(0.25), np.float32(layer.gamma), bits)
    np.testing.assert_array_equal(outputs(layer, x), expected)


def test_the_step_stays_positive():
    layer = nn.QuantizedReLU(2)
    layer.build((None, 1))
    step = layer.trainable_variables[1]
    keras.optimizers.SGD(100.0).apply([tf.constant(1.0)], [step])
    assert float(step.value) == np.float32(1e-6)
    assert layer.gamma > 0


def test_nothing_in_the_fixed_staircase_is_trained():
    layer = nn.ActivationDiscreteRelu(2)
    layer(tf.zeros((1, 2)))
    assert layer.variables == []


@pytest.mark.parametrize("make", CLASSES)
def test_shape_and_configuration(make):
    layer = make(3, name="act")
    assert layer.compute_output_shape((None, 4, 4, 2)) == (None, 4, 4, 2)
    again = make.from_config(layer.get_config())
    assert (again.name, again.bitwidth) == ("act", 3)
    stored = keras.saving.serialize_keras_object(layer)
    assert type(keras.saving.deserialize_keras_object(stored)) is make


@pytest.mark.parametrize("bits", [0, 9, -1, True, 2.5, None, "4"])
@pytest.mark.parametrize("make", CLASSES)
def test_a_width_out_of_range_is_refused(make, bits):
    with pytest.raises(ValueError, match="is not one of 1 to 8") as refused:
        make(bits, name="act")
    assert str(refused.value) == (
        f"layer 'act': bitwidth={bits!r} is not one of 1 to 8. Fix: choose 1 to 8 (the chip: "
        "1, 2 or 4)."
    )


@pytest.mark.parametrize("make", CLASSES)
def test_another_activation_is_refused(make):
    with pytest.raises(TypeError) as refused:
        make(2, activation="relu")
    assert str(refused.value) == (
        f"layer '{make.__name__}': activation='relu' is not accepted, the staircase is the "
        "activation. Fix: remove it."
    )
