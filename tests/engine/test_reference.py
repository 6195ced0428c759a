"""The reference against definitions written out in plain Python."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import PADDINGS, SEEDS, map_shapes, neural, staircases

from akida_lite.engine import reference
from akida_lite.engine.matrix_products import prepare_staircase
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    MaxPool,
    Potentials,
    SeparableConvolutional,
    Staircase,
)


def begins_at(index, size, window, stride, padding):
    """First position that window number `index` covers, as TensorFlow aligns windows."""
    if padding == "valid":
        return index * stride
    count = (size + stride - 1) // stride
    missing = max(0, (count - 1) * stride + window - size)
    return index * stride - missing // 2


def covered(shape, at, size, strides, padding):
    """Yield ((row, column) in the window, (y, x) on the map, whether that is inside)."""
    top, left = map(begins_at, at, shape, size, strides, (padding, padding))
    for row, column in itertools.product(*map(range, size)):
        y, x = top + row, left + column
        yield (row, column), (y, x), 0 <= y < shape[0] and 0 <= x < shape[1]


def by_definition(layer, image, at, neuron):
    """Potential of one neuron at one position, one product at a time, in Python integers."""
    total = 0
    outside = layer.padding_value
    window = covered(image.shape, at, layer.kernel_size, layer.strides, layer.padding)
    for tap, position, inside in window:
        for channel in range(image.shape[2]):
            value = int(image[*position, channel]) if inside else outside
            if isinstance(layer, SeparableConvolutional):
                weight = int(layer.depthwise[*tap, channel, 0])
                weight *= int(layer.pointwise[0, 0, channel, neuron])
            else:
                weight = int(layer.weights[*tap, channel, neuron])
            total += value * weight
    return total


@pytest.mark.parametrize("kind", [InputConvolutional, Convolutional, SeparableConvolutional])
@given(data=st.data(), seed=SEEDS)
def test_convolutions_add_every_product_once(kind, data, seed):
    shape = data.draw(map_shapes())
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, shape, np.uint8)
    extra = {}
    if kind is InputConvolutional:
        extra = {"input_shape": shape, "padding_value": data.draw(st.integers(0, 255))}
    layer = data.draw(neural(kind, shape, 8, last=True, **extra))
    potentials = reference.POTENTIALS[kind](layer, image[np.newaxis].astype(np.int64))
    assert potentials.shape[1:] == layer.convolved_shape(shape)
    at = tuple(int(rng.integers(limit)) for limit in potentials.shape[1:])
    assert potentials[0, *at] == by_definition(layer, image, at[:2], at[2])


@given(
    shape=map_shapes(),
    size=st.tuples(*2 * [st.integers(1, 4)]),
    padding=PADDINGS,
    strides=st.tuples(*2 * [st.integers(1, 4)]),
    seed=SEEDS,
)
def test_a_window_pools_its_largest_potential(shape, size, padding, strides, seed):
    if padding == "valid":
        size = tuple(map(min, size, shape))
    potentials = np.random.default_rng(seed).integers(-99, -1, (1, *shape))
    pool = MaxPool(size, strides, padding)
    result = reference.max_pooled(pool, potentials)[0]
    for at in np.ndindex(result.shape):
        window = covered(shape, at[:2], size, strides, padding)
        values = [potentials[0, *where, at[2]] for _, where, inside in window if inside]
        assert result[at] == max(values)


def test_global_pooling_adds_and_does_not_divide(rng):
    potentials = rng.integers(-9, 10, (2, 3, 5, 4))
    pooled = reference.pooled(GlobalAveragePool(), potentials)
    assert pooled.shape == (2, 1, 1, 4)
    assert pooled[1, 0, 0, 2] == sum(int(value) for value in potentials[1, :, :, 2].flat)


def test_a_dense_layer_reads_height_then_width_then_channel():
    events = np.arange(24).reshape(1, 2, 3, 4)
    for position in range(24):
        weights = np.zeros((24, 1), np.int8)
        weights[position] = 1
        layer = FullyConnected(
            name="dense",
            weights=weights,
            weight_bits=2,
            input_bits=8,
            output=Potentials(np.ones(1), np.zeros(1)),
        )
        height, width, channel = np.unravel_index(position, (2, 3, 4))
        seen = reference.layer_output(layer, events.astype(np.uint8))
        assert seen.shape == (1, 1, 1, 1)
        assert seen.item() == events[0, height, width, channel]


def test_staircase_against_its_definition():
    """Level = number of thresholds strictly below the potential (MultiThreshold)."""
    potentials = np.arange(-50, 60)
    thresholds = np.arange(5, 50, 3, dtype=np.int32)
    by_hand = [sum(p > 5 + 3 * k for k in range(15)) for p in potentials]
    activation = Staircase(thresholds[np.newaxis], 4)
    levels = reference.staircase(activation, potentials[:, np.newaxis])
    np.testing.assert_array_equal(levels[:, 0], by_hand)


@given(data=st.data(), reach=st.integers(1, 2**31 - 1), seed=SEEDS)
def test_the_fast_staircase_places_every_cut(data, reach, seed):
    filters = 3
    activation = data.draw(staircases(filters, reach))
    rng = np.random.default_rng(seed)
    near = rng.choice(activation.thresholds.ravel(), (40, filters)).astype(np.int64)
    potentials = np.clip(near + rng.integers(-1, 2, near.shape), -reach, reach)
    expected = reference.staircase(activation, potentials)
    exact = prepare_staircase(activation.thresholds, reach)
    dtype = np.float32 if reach <= 2**24 else np.float64
    np.testing.assert_array_equal(exact(potentials.astype(dtype)), expected, strict=True)
