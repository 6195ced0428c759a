"""One operation of TensorFlow's against Keras's own batch normalization."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite.training.batch_norm import normalize_by_batch


@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (50, 7)])
def test_is_what_keras_computes_outputs_statistics_and_gradients(shape):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(0.3, 2, shape), tf.float32)
    results = []
    for normalize in (normalize_by_batch, lambda layer, x: layer(x, training=True)):
        layer = keras.layers.BatchNormalization(momentum=0.9)
        layer.build(shape)
        layer.set_weights([rng_of(shape[-1], k) for k in range(4)])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = normalize(layer, x)
            loss = tf.reduce_sum(tf.sin(y))
        sources = [x, layer.gamma.value, layer.beta.value]
        gradients = tape.gradient(loss, sources)
        results.append([y, *gradients, *layer.get_weights()])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-5)


def rng_of(channels, seed):
    return np.random.default_rng(seed).uniform(0.5, 2, channels).astype(np.float32)
