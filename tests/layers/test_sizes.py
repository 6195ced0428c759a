"""Sizes that follow from a layer's fields, as products of what they count."""

from dataclasses import replace

import numpy as np
import pytest

from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    Potentials,
    SeparableConvolutional,
    Staircase,
    input_layer,
    layer_shapes,
    pooled_shape,
    window_output,
    window_padding,
)

STEPS = Staircase(np.zeros((6, 7), np.int32), 3)
FIELDS = {"weight_bits": 3, "input_bits": 4, "output": STEPS}
WEIGHTS = np.full((2, 3, 5, 6), -2, np.int8)
EVENTS = InputData(name="events", input_shape=(8, 9, 5), input_bits=4)
CONV = Convolutional(name="conv", weights=WEIGHTS, **FIELDS)
IMAGE = InputConvolutional(name="image", input_shape=(8, 9, 5), weights=WEIGHTS, **FIELDS)
SEP = SeparableConvolutional(
    name="sep", depthwise=WEIGHTS[..., :1], pointwise=WEIGHTS[:1, :1], **FIELDS
)
DENSE = FullyConnected(name="dense", weights=WEIGHTS.reshape(-1, 6), **FIELDS)

SIZES = {
    "filters": (5, 6, 6, 6, 6),
    "neurons": (5, 6, 6, 5 + 6, 6),
    "weight_count": (0, 2 * 3 * 5 * 6, 2 * 3 * 5 * 6, 2 * 3 * 5 + 5 * 6, 2 * 3 * 5 * 6),
    "weights_per_event": (0, 2 * 3 * 6, 2 * 3 * 6, 2 * 3 * (1 + 6), 6),
    "highest_input": (15, 15, 15, 15, 15),
    "act_bits": (4, 3, 3, 3, 3),
    "emits_events": (True, True, True, True, True),
    "starts_models": (True, False, True, False, False),
    "weight_bits": (0, 3, 3, 3, 3),
}


@pytest.mark.parametrize("size", SIZES)
def test_sizes_of_every_layer(size):
    layers = (EVENTS, CONV, IMAGE, SEP, DENSE)
    assert tuple(getattr(layer, size) for layer in layers) == SIZES[size]


def test_a_layer_without_activation_emits_no_events():
    scores = replace(DENSE, output=Potentials(np.ones(6), np.zeros(6)))
    assert scores.act_bits is None
    assert not scores.emits_events


def test_kernels_are_named_as_their_fields():
    assert [list(layer.kernels) for layer in (EVENTS, CONV, SEP, DENSE)] == [
        [],
        ["weights"],
        ["depthwise", "pointwise"],
        ["weights"],
    ]


def test_bounds_count_every_connection():
    """Weights of -2 and events of 15; a separable layer multiplies both kernels."""
    shape = (8, 9, 5)
    assert EVENTS.potential_bound(shape) == 15
    assert CONV.potential_bound(shape) == 2 * 3 * 5 * 2 * 15
    assert SEP.potential_bound(shape) == 2 * 3 * 2 * 5 * 2 * 15
    assert DENSE.potential_bound((2, 3, 5)) == 2 * 3 * 5 * 2 * 15
    assert replace(IMAGE, padding_value=16).potential_bound(shape) == 2 * 3 * 5 * 2 * 16
    summed = replace(CONV, pool=GlobalAveragePool(), padding="valid", strides=(1, 2))
    assert summed.convolved_shape(shape) == (8 - 1, (9 - 3) // 2 + 1, 6)
    assert summed.potential_bound(shape) == 2 * 3 * 5 * 2 * 15 * 7 * 4
    largest = replace(CONV, pool=MaxPool((2, 2), (2, 2)))
    assert largest.potential_bound(shape) == CONV.potential_bound(shape)


def test_shapes_through_a_chain():
    pooled = replace(CONV, pool=MaxPool((2, 3), (2, 1), "valid"))
    scores = FullyConnected(
        name="scores",
        weights=np.zeros((4 * 7 * 6, 6), np.int8),
        **FIELDS | {"input_bits": 3},
    )
    assert layer_shapes((EVENTS, pooled, scores)) == [
        ((8, 9, 5), (8, 9, 5)),
        ((8, 9, 5), (4, 7, 6)),
        ((4, 7, 6), (1, 1, 6)),
    ]
    assert pooled.convolved_shape((8, 9, 5)) == (8, 9, 6)
    assert DENSE.convolved_shape((2, 3, 5)) == (1, 1, 6)
    assert (pooled.kernel_size, pooled.input_channels) == ((2, 3), 5)
    assert input_layer((EVENTS, pooled)) is EVENTS


@pytest.mark.parametrize(
    ("size", "window", "stride", "padding", "count", "margins"),
    [
        (8, 3, 1, "same", 8, (1, 1)),
        (8, 2, 1, "same", 8, (0, 1)),
        (8, 3, 2, "same", 4, (0, 1)),
        (7, 3, 2, "same", 4, (1, 1)),
        (7, 1, 3, "same", 3, (0, 0)),
        (7, 3, 1, "valid", 5, (0, 0)),
        (7, 3, 3, "valid", 2, (0, 0)),
        (3, 3, 5, "valid", 1, (0, 0)),
        (2, 3, 1, "valid", 0, (0, 0)),
    ],
)
def test_windows_lie_as_tensorflow_lays_them(size, window, stride, padding, count, margins):
    assert window_output(size, window, stride, padding) == count
    assert window_padding(size, window, stride, padding) == margins


def test_shapes_after_pooling():
    assert pooled_shape(None, (4, 7, 3)) == (4, 7, 3)
    assert pooled_shape(GlobalAveragePool(), (4, 7, 3)) == (1, 1, 3)
    assert pooled_shape(MaxPool((2, 3), (3, 2), "valid"), (4, 7, 3)) == (1, 3, 3)
