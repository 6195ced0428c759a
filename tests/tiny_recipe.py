"""A recipe whose network trains in a second, and how to run it."""

import keras

from akida_lite import nn
from akida_lite.training import Cycle, Recipe, Stage, train

SCALING = (255, 0)

FLOAT = Recipe(
    name="tiny_float",
    model="tiny",
    bits=(0, 0, 0),
    cycles=(Cycle(0.05, (Stage(4, 40), Stage(8, 40)), weight_decay=1e-3),),
    batch_size=8,
    label_smoothing=0.1,
    seed=3,
)


def build(recipe):
    weights, activ, inputs = recipe.bits
    x = entry = keras.Input((8, 8, 3))
    x = nn.conv_block(
        x, 4, 3, name="conv", weight_quantization=inputs, activ_quantization=activ,
        pooling="max", add_batchnorm=True, padding="same", use_bias=False,
    )  # fmt: skip
    x = nn.dense_block(
        keras.layers.Flatten()(x), 6, name="dense", weight_quantization=weights,
        activ_quantization=activ, add_batchnorm=True, use_bias=False,
    )  # fmt: skip
    x = nn.dense_block(
        x, 3, name="scores", weight_quantization=weights, activ_quantization=None
    )
    return keras.Model(entry, x)


def run(recipe, folder, data, **options):
    lines = []
    model = train(
        recipe,
        folder,
        build=build,
        data=data,
        input_scaling=SCALING,
        report=lines.append,
        **options,
    )
    return model, lines
