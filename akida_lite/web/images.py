"""Which pictures a page offers, and which it tests itself with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.engine.inputs import checked_input
from akida_lite.layers import InputConvolutional, InputData, Layer, Shape

Pixels = npt.NDArray[np.uint8]

_TESTED = 3  # so many samples are part of the page's self-test
_SEED = 20201124
_SHARES = (1.0, 0.1)  # of a noise image's values, so many are not zero


def input_of(layers: Sequence[Layer]) -> InputConvolutional | InputData:
    """Return the first layer of a chain, which `layer_shapes` has accepted."""
    first = layers[0]
    if not isinstance(first, InputConvolutional | InputData):
        raise TypeError("input_of accepts only chains that start with an input layer")
    return first


def is_picture(shape: Shape) -> bool:
    """Say whether maps of a shape are pictures: more than a line, and grey or coloured."""
    height, width, channels = shape
    return min(height, width) > 1 and channels in (1, 3)


def checked_samples(
    layers: Sequence[Layer], samples: npt.NDArray[np.integer[Any]] | None
) -> Pixels:
    """Return `samples` as uint8; none where none are given.

    Raises
    ------
    InputError
        If they are not what the first layer reads.
    """
    first = input_of(layers)
    if samples is None:
        return np.zeros((0, *first.input_shape), np.uint8)
    return checked_input(first, samples)


def images_to_repeat(layers: Sequence[Layer], samples: Pixels) -> Pixels:
    """Return the images whose results a page repeats: some samples, dense and sparse noise."""
    first = input_of(layers)
    rng = np.random.default_rng(_SEED)
    shape = first.input_shape
    noise = rng.integers(0, 1 << first.input_bits, (len(_SHARES), *shape), np.uint16)
    kept = [rng.random(shape) < share for share in _SHARES]
    return np.concatenate([samples[:_TESTED], (noise * np.stack(kept)).astype(np.uint8)])


def value_range(layers: Sequence[Layer], scaling: Sequence[float]) -> list[int]:
    """Return the values that stand for black and white in what the model was trained on.

    Keras models read 0 to 1 or -1 to 1, by ``x_keras = (pixel - b) / a``; where nothing is
    scaled, values span what the layer reads.
    """
    first = input_of(layers)
    highest = (1 << first.input_bits) - 1
    a, b = scaling
    if isinstance(first, InputData) or (a, b) == (1, 0):
        return [0, highest]
    low = b - a if b > 0 else 0.0
    return [max(0, min(highest - 1, round(low))), max(1, min(highest, round(b + a)))]
