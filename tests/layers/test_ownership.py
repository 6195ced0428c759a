"""A layer owns what it holds: nobody changes it after its checks."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from stored_models import content, models, small_model

from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    Layer,
    MaxPool,
    Potentials,
    Staircase,
)

WIDTHS = {"weight_bits": 2, "input_bits": 1}


def dense(weights, output=None):
    output = output or Potentials(np.ones(2), np.zeros(2))
    return FullyConnected(name="dense", weights=weights, output=output, **WIDTHS)


def arrays_of(layer):
    parts = [layer] if layer.output is None else [layer, layer.output]
    values = [getattr(part, field.name) for part in parts for field in fields(part)]
    return [value for value in values if isinstance(value, np.ndarray)]


def in_a_file(folder):
    array = np.memmap(folder / "weights", np.int8, "w+", shape=(2, 2))
    array[:] = 1
    return array


SOURCES = {
    "array": lambda folder: np.ones((2, 2), np.int8),
    "view": lambda folder: np.ones((4, 4), np.int8)[::2, ::2],
    "columns": lambda folder: np.ones((2, 2), np.int8, order="F"),
    "memory map": in_a_file,
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_caller_keeps_an_array_of_its_own(source, tmp_path):
    given_array = SOURCES[source](tmp_path)
    layer = dense(given_array)
    given_array[:] = 100
    assert layer.weights.tolist() == [[1, 1], [1, 1]]
    assert layer.weights.flags.c_contiguous
    assert type(layer.weights) is np.ndarray


def test_the_parts_are_the_layers_own_as_well():
    thresholds, scale = np.zeros((2, 1), np.int32), np.ones(2)
    steps = dense(np.ones((2, 2), np.int8), Staircase(thresholds, 1))
    score = dense(np.ones((2, 2), np.int8), Potentials(scale, scale))
    thresholds[:], scale[:] = 9, 9
    assert steps.output.thresholds.tolist() == [[0], [0]]
    assert score.output.scale.tolist() == score.output.offset.tolist() == [1, 1]


COPIES = {
    "itself": lambda layers: layers,
    "copy": lambda layers: [copy.copy(layer) for layer in layers],
    "deepcopy": copy.deepcopy,
    "pickle": lambda layers: pickle.loads(pickle.dumps(layers)),
    "replace": lambda layers: [replace(layer) for layer in layers],
}


@pytest.mark.parametrize("how", COPIES)
@given(layers=models())
def test_a_copy_is_equal_and_frozen(how, layers):
    copied = tuple(COPIES[how](layers))
    assert content(copied) == content(layers)
    for layer in copied:
        for array in arrays_of(layer):
            assert not array.flags.writeable
            with pytest.raises(ValueError, match="cannot set WRITEABLE flag to True"):
                array.setflags(write=True)


def test_numbers_become_plain():
    layer = Convolutional(
        name=np.str_("conv"),
        weights=np.ones((1, 1, 2, 2), np.int8),
        weight_bits=np.int32(2),
        input_bits=np.uint8(1),
        strides=[np.int64(2), 1],
        pool=MaxPool([np.int8(2), 2], (np.int16(1), 1)),
        output=Staircase(np.zeros((2, 1), np.int32), np.int8(1)),
    )
    assert type(layer.name) is str
    numbers = (layer.weight_bits, layer.input_bits, layer.output.bits, *layer.strides)
    assert {type(number) for number in (*numbers, *layer.pool.size)} == {int}
    assert layer.pool == MaxPool((2, 2), (1, 1))
    assert layer.strides == (2, 1)
    # In the type given, 1 << 8 levels would have wrapped around.
    assert replace(layer, input_bits=np.uint8(8)).highest_input == 255


PARTS = [MaxPool((2, 2), (2, 2)), GlobalAveragePool()]
ARRAYS = [Staircase(np.zeros((2, 1), np.int32), 1), Potentials(np.ones(2), np.zeros(2))]


@pytest.mark.parametrize(
    "part", [*PARTS, *ARRAYS, *small_model()], ids=lambda p: type(p).__name__
)
def test_no_field_can_be_set(part):
    for field in [*fields(part), None]:
        with pytest.raises(FrozenInstanceError):
            setattr(part, field.name if field else "other", 1)


@pytest.mark.parametrize("part", [*ARRAYS, *small_model()], ids=lambda p: type(p).__name__)
def test_what_holds_arrays_is_equal_to_itself_alone(part):
    """Arrays have no one truth: comparing and hashing go by identity."""
    twin = copy.copy(part)
    assert twin is not part
    assert {part: 1} != {twin: 1}


def test_a_pool_compares_by_its_sizes():
    assert PARTS == [MaxPool((2, 2), (2, 2), "valid"), GlobalAveragePool()]
    assert PARTS[0] != MaxPool((2, 2), (2, 2), "same")


@pytest.mark.parametrize("kind", [*get_args(Layer), InputConvolutional])
def test_the_fields_of_a_layer_are_named(kind):
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        kind("name")
