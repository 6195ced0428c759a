"""What events cost: their exact number, and a slope near the first threshold."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite import nn

X = np.array([[-2.0, -0.75, 0.25, 0.5], [0.75, 1.25, 2.0, 9.0]], np.float32)
"""Levels of a 2-bit staircase, whose steps are 1 and start at 0.5: 0 0 0 0, 1 1 2 3."""


def of_staircase(regularizer):
    """Return penalty and its gradient for values that climb a staircase of 2 bits."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        penalty = regularizer(nn.ActivationDiscreteRelu(2)(x))
    return float(penalty), tape.gradient(penalty, x).numpy()


def test_the_penalty_counts_events_and_its_slope_acts_near_the_first_threshold():
    penalty, gradient = of_staircase(nn.EventCost(0.25, step=1.0))
    assert penalty == 4 * 0.25
    # Within one step of 0.5: above -0.5 and up to 1.5; the estimate is 1 / (2 steps).
    assert gradient.tolist() == [[0, 0, 0.125, 0.125], [0.125, 0.125, 0, 0]]


def test_a_trained_first_threshold_feels_the_opposite_slope():
    activation = nn.QuantizedReLU(2)
    with tf.GradientTape() as tape:
        penalty = nn.EventCost(1.0, step=1.0)(activation(tf.constant(X)))
    slope = tape.gradient(penalty, activation._t0.value)
    assert float(penalty) == 4
    assert float(slope) == -4 * 0.5


def test_half_precision_counts_as_exactly():
    ones = tf.ones((1, 70_001), tf.bfloat16)
    assert float(nn.EventCost(1.0, step=1.0)(ones)) == 70_001


def test_keras_adds_the_mean_over_images_to_the_loss():
    cost = nn.EventCost(0.25, step=1.0)
    activation = nn.ActivationDiscreteRelu(2, activity_regularizer=cost)
    model = keras.Sequential([keras.Input((4,)), activation])
    model.compile(optimizer="sgd", loss=lambda wanted, found: 0 * found)
    assert model.evaluate(X, X, verbose=0) == 0.25 * 4 / 2


def test_it_is_saved_with_the_model(tmp_path):
    cost = nn.EventCost(0.25, step=0.4)
    activation = nn.ActivationDiscreteRelu(4, activity_regularizer=cost, name="relu")
    model = keras.Sequential([keras.Input((4,)), activation])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").get_layer("relu")
    assert loaded.activity_regularizer.get_config() == {"cost": 0.25, "step": 0.4}


@pytest.mark.parametrize("cost", [-1.0, float("nan"), float("inf")])
def test_a_cost_is_0_or_more(cost):
    with pytest.raises(ValueError, match=f"EventCost: cost={cost} is not a finite number"):
        nn.EventCost(cost, step=1.0)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan")])
def test_a_step_is_positive(step):
    with pytest.raises(ValueError, match=rf"EventCost: step={step} is not a positive number"):
        nn.EventCost(1.0, step)
