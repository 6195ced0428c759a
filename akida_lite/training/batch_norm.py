"""Batch normalization with the statistics of the batch, as training needs it."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def normalize_by_batch(layer: keras.layers.BatchNormalization, x: Any) -> Any:
    """Do what ``layer(x, training=True)`` does, in one operation of TensorFlow's.

    Keras takes mean, variance, difference, product and sum one after the other, each of
    them a pass over the map; on a CPU that is a sixth of a step of the MobileNet.

    Parameters
    ----------
    layer : keras.layers.BatchNormalization
        Trainable, of the last axis. Its moving statistics are updated.
    x : float32 tensor of shape (n, h, w, c) or (n, c)

    Returns
    -------
    float32 tensor of the shape of `x`
    """
    maps = x if x.shape.rank == 4 else x[:, None, None, :]
    channels, unused = maps.shape[-1], tf.zeros(0)
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=maps,
        scale=layer.gamma.value if layer.scale else tf.ones(channels),
        offset=layer.beta.value if layer.center else tf.zeros(channels),
        mean=unused,
        variance=unused,
        epsilon=layer.epsilon,
        is_training=True,
    )
    # The operation returns the unbiased variance; Keras keeps the biased one.
    count = tf.cast(tf.size(maps) // channels, tf.float32)
    variance *= (count - 1) / count
    for moving, batch in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + batch * (1 - layer.momentum))
    return y if x.shape.rank == 4 else y[:, 0, 0, :]
