"""One operation of TensorFlow's against Keras's own batch normalization."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite.training.batch_norm import normalize_by_batch
from akida_lite.training.loop import scores_of


@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (50, 7)])
@pytest.mark.parametrize("parts", [(True, True), (False, True), (True, False)])
def test_is_what_keras_computes_outputs_statistics_and_gradients(shape, parts):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(0.3, 2, shape), tf.float32)
    results = []
    for normalize in (normalize_by_batch, lambda layer, x: layer(x, training=True)):
        layer = keras.layers.BatchNormalization(momentum=0.9, scale=parts[0], center=parts[1])
        layer.build(shape)
        layer.set_weights([rng_of(shape[-1], k) for k in range(len(layer.weights))])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = normalize(layer, x)
            loss = tf.reduce_sum(tf.sin(y))
        sources = [x, *(variable.value for variable in layer.trainable_variables)]
        gradients = tape.gradient(loss, sources)
        results.append([y, *gradients, *layer.get_weights()])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-5)


def test_a_frozen_layer_keeps_its_moving_statistics():
    norm = keras.layers.BatchNormalization(trainable=False)
    model = keras.Sequential([keras.Input((4, 4, 3)), norm])
    model = keras.Model(model.inputs, model.outputs)
    x = tf.constant(np.random.default_rng(0).normal(2, 3, (5, 4, 4, 3)), tf.float32)
    before = norm.get_weights()
    np.testing.assert_array_equal(scores_of(model, x, training=True), norm(x, training=True))
    for old, new in zip(before, norm.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


def rng_of(channels, seed):
    return np.random.default_rng(seed).uniform(0.5, 2, channels).astype(np.float32)
