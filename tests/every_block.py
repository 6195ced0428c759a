"""A small quantized model with every kind of block."""

import keras
import numpy as np

from akida_lite import nn

BITS = {"weight_quantization": 4, "activ_quantization": 4}


def network(rng, **options):
    """Return a small model with every kind of block, and statistics that keep it alive."""
    every = BITS | {"add_batchnorm": True} | options
    same = {"padding": "same"} | every
    x = entry = keras.Input((8, 8, 3))
    x = nn.conv_block(x, 6, 3, name="image", pooling="max", **same)
    x = nn.separable_conv_block(x, 8, 3, name="separable", **same)
    x = nn.conv_block(x, 8, 3, name="mean", pooling="global_avg", **same)
    x = keras.layers.Flatten()(x)
    x = nn.dense_block(x, 6, name="dense", **every)
    x = nn.dense_block(x, 4, name="scores", weight_quantization=4, activ_quantization=None)
    model = keras.Model(entry, x)
    images = rng.uniform(size=(50, 8, 8, 3))
    for layer in model.layers:
        for variable in layer.variables:
            if variable.name in ("bias", "beta"):
                variable.assign(rng.normal(0, 0.3, variable.shape))
        if isinstance(layer, keras.layers.BatchNormalization):
            sums = np.asarray(keras.Model(entry, layer.input)(images))
            sums = sums.reshape(-1, sums.shape[-1])
            layer.moving_mean.assign(sums.mean(axis=0))
            layer.moving_variance.assign(sums.var(axis=0))
    return model
