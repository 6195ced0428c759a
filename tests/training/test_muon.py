"""Muon: kernels that are matrices take steps of one length in every direction."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite import nn
from akida_lite.training.loop import optimizer_of
from akida_lite.training.recipes import Cycle, Stage

CYCLE = Cycle(0.01, (Stage(8, 8),), "muon")


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    x = entry = keras.Input((8, 8, 3))
    shared = {"padding": "same", "use_bias": False, "add_batchnorm": True}
    x = nn.conv_block(
        x, 16, 3, name="conv", weight_quantization=0, activ_quantization=0, **shared
    )
    x = nn.separable_conv_block(
        x, 32, 3, name="separable", weight_quantization=0, activ_quantization=0, **shared
    )
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = nn.dense_block(x, 4, name="scores", weight_quantization=0, activ_quantization=None)
    return keras.Model(entry, x)


def step_of(model, rng, cycle=CYCLE):
    """Return by name what one step with drawn gradients adds to each variable."""
    optimizer = optimizer_of(cycle, model)
    optimizer.learning_rate = cycle.peak_rate
    variables = model.trainable_variables
    before = [np.array(variable) for variable in variables]
    drawn = [tf.constant(rng.normal(size=v.shape).astype(np.float32)) for v in variables]
    optimizer.apply(drawn, variables)
    moved = [np.asarray(v) - old for v, old in zip(variables, before, strict=True)]
    return {v.path: step for v, step in zip(variables, moved, strict=True)}


def rms(step):
    return float(np.sqrt(np.mean(np.square(step))))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("path", ["conv/kernel", "separable/pointwise_kernel"])
def test_a_kernel_moves_equally_far_in_every_direction(path, precision, model, rng):
    step = step_of(model, rng, replace(CYCLE, precision=precision))[path]
    lengths = np.linalg.svd(step.reshape(-1, step.shape[-1]), compute_uv=False)
    # The gradients that were drawn differ by a factor of five and more.
    assert lengths.max() / lengths.min() < 1.8
    # As long as a step of Adam at a fifth of the rate, whatever the kernel's shape.
    assert 0.6 < rms(step) / (0.2 * CYCLE.peak_rate) < 1.3


@pytest.mark.parametrize(
    "path", ["separable/depthwise_kernel", "conv_BN/gamma", "scores/kernel", "scores/bias"]
)
def test_adam_steps_for_what_is_no_matrix_between_layers(path, model, rng):
    # Adam's first step goes by the sign of the gradient alone; it has a fifth of the rate.
    step = np.abs(step_of(model, rng)[path])
    np.testing.assert_allclose(step, 0.2 * CYCLE.peak_rate, rtol=1e-3)
