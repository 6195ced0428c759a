"""How the lead over Keras grows with batch size, image size and width of the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from benchmark.timing import rate

_IMAGES = 256
_SCALING = (255, 0)


@dataclass(frozen=True)
class Setting:
    """Sizes of a run, of which one at a time is varied.

    Attributes
    ----------
    batch_size : int
    image_size : int
        Height and width of the images, in pixels.
    width : int
        Filters of the first two convolutions; later ones have twice as many.
    """

    batch_size: int = 64
    image_size: int = 32
    width: int = 32


@dataclass(frozen=True)
class GrowthPoint:
    """One line of the benchmark.

    Attributes
    ----------
    varied : {"batch_size", "image_size", "width"}
    batch_size, image_size, width : int
        See `Setting`.
    images_per_s, keras_images_per_s : float
        Of the integer model, and of Keras's ``predict``, with this batch size.
    ratio_to_keras : float
    """

    varied: str
    batch_size: int
    image_size: int
    width: int
    images_per_s: float
    keras_images_per_s: float
    ratio_to_keras: float


VALUES = {
    "batch_size": (1, 8, 64, 256),
    "image_size": (16, 32, 64),
    "width": (16, 32, 64, 128),
}
"""Size to the values that it takes while the others keep the default of `Setting`."""


def growth(*, seconds: float = 2.0) -> Iterator[GrowthPoint]:
    """Measure a small convolutional network of 2 bits in sizes that grow.

    Keras and the engine run in this process, in turn.

    Parameters
    ----------
    seconds : float
        How long each figure is measured.

    Yields
    ------
    GrowthPoint
        As soon as it is known.
    """
    for varied, values in VALUES.items():
        settings = [replace(Setting(), **{varied: value}) for value in values]
        for _, same in groupby(settings, key=lambda one: (one.image_size, one.width)):
            alike = list(same)
            keras_model, layers = network(alike[0])
            for setting in alike:
                yield _measured(varied, setting, keras_model, layers, seconds)


def network(setting: Setting) -> tuple[Any, Any]:
    """Return a network of the setting's size, untrained, as Keras model and as layers."""
    import keras

    from akida_lite import nn
    from akida_lite.conversion import convert

    keras.utils.set_random_seed(1)
    shape = (setting.image_size, setting.image_size, 3)
    inputs = x = keras.Input(shape)
    for index, factor in enumerate((1, 1, 2, 2)):
        x = nn.conv_block(
            x,
            factor * setting.width,
            3,
            name=f"conv_{index}",
            padding="same",
            weight_quantization=2,
            activ_quantization=2,
            pooling="max" if index % 2 else None,
            add_batchnorm=True,
        )
    x = keras.layers.Flatten()(x)
    scores = nn.dense_block(
        x, 10, name="scores", weight_quantization=2, activ_quantization=None
    )
    model = keras.Model(inputs, scores)
    return model, convert(model, input_scaling=_SCALING).layers


def _measured(
    varied: str, setting: Setting, keras_model: Any, layers: Any, seconds: float
) -> GrowthPoint:
    from akida_lite.engine import run

    size = setting.image_size
    images = max(_IMAGES * 32**2 // size**2, 2 * setting.batch_size)
    # In batches of one, Keras takes long for each image, and few images tell as much.
    images = min(images, 32 * setting.batch_size)
    pixels = np.random.default_rng(1).integers(0, 256, (images, size, size, 3), np.uint8)
    scaled = pixels.astype(np.float32) / _SCALING[0]
    of_keras = rate(
        lambda x, batch: keras_model.predict(x, batch_size=batch, verbose=0),
        scaled,
        setting.batch_size,
        seconds,
    )
    ours = rate(
        lambda x, batch: run(layers, x, batch_size=batch), pixels, setting.batch_size, seconds
    )
    return GrowthPoint(
        varied,
        setting.batch_size,
        setting.image_size,
        setting.width,
        round(ours, 2),
        round(of_keras, 2),
        round(ours / of_keras, 3),
    )
