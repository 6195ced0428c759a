"""Differences are counted where they are seen, and where they are born."""

import dataclasses

import keras
import numpy as np
import pytest

from akida_lite import Model, nn
from akida_lite.conversion import compare, convert
from akida_lite.engine import trace
from akida_lite.errors import ConversionError, InputError
from akida_lite.layers import Staircase


@pytest.fixture
def keras_model():
    keras.utils.set_random_seed(3)
    parts = []
    for index in range(3):
        parts.append(
            nn.QuantizedConv2D(4, 3, quantizer=nn.MaxQuantizer(4), name=f"conv_{index}")
        )
        parts.append(nn.ActivationDiscreteRelu(2, name=f"act_{index}"))
    return keras.Sequential([keras.Input((9, 9, 1)), *parts], name="three")


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (5, 9, 9, 1), np.uint8)


def shifted(layer, by):
    """Return a layer whose first filter reaches every level `by` later."""
    thresholds = layer.output.thresholds.copy()
    thresholds[0] += by
    return dataclasses.replace(layer, output=Staircase(thresholds, layer.output.bits))


def test_models_that_agree(keras_model, images):
    comparison = compare(keras_model, convert(keras_model, input_scaling=(64, 0)), images)
    assert comparison.all_equal
    assert [layer.name for layer in comparison.layers] == ["conv_0", "conv_1", "conv_2"]
    assert [layer.values for layer in comparison.layers] == [5 * 49 * 4, 5 * 25 * 4, 5 * 9 * 4]
    assert [layer.born_here for layer in comparison.layers] == [0, 0, 0]
    assert (comparison.images, comparison.labels_equal) == (5, 5)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_a_difference_is_born_in_one_layer_and_seen_in_the_next(
    keras_model, images, batch_size
):
    model = convert(keras_model, input_scaling=(64, 0))
    first, second, third = model.layers
    broken = Model([first, shifted(second, 40), third], input_scaling=(64, 0))
    comparison = compare(keras_model, broken, images, batch_size=batch_size)
    before, here, after = comparison.layers
    assert (before.equal, before.born_here) == (before.values, 0)
    assert here.equal < here.values
    assert here.born_here == here.values - here.equal
    assert after.equal < after.values
    assert after.born_here == 0
    difference = here.first_difference
    assert difference.channel == 0
    assert difference.keras > difference.integer
    assert "born here" in str(comparison)


def test_the_first_difference_is_the_first_in_the_order_of_images_and_positions(
    keras_model, images
):
    model = convert(keras_model, input_scaling=(64, 0))
    first, *others = model.layers
    broken = Model([shifted(first, 40), *others], input_scaling=(64, 0))
    right, wrong = (
        np.asarray(next(trace(each.layers, images, backend="reference"))[1])
        for each in (model, broken)
    )
    places = np.argwhere(right != wrong)
    assert len(places) > 1
    difference = compare(keras_model, broken, images).layers[0].first_difference
    found = (difference.image, difference.y, difference.x, difference.channel)
    assert found == tuple(places[0])


def test_it_does_not_count_as_a_run(keras_model, images):
    model = convert(keras_model, input_scaling=(64, 0))
    compare(keras_model, model, images)
    assert len(model.get_statistics()) == 0


def test_models_that_do_not_belong_together(keras_model, images):
    model = convert(keras_model, input_scaling=(1, 0))
    with pytest.raises(InputError) as caught:
        compare(keras_model, Model(model.layers[:2], name="two"), images)
    assert str(caught.value) == (
        "model 'two': its layers are conv_0, conv_1; those of the Keras model become conv_0, "
        "conv_1, conv_2. Fix: compare a model with the Keras model that it was converted from."
    )


def test_a_model_that_cannot_be_converted(keras_model, images):
    model = convert(keras_model, input_scaling=(1, 0))
    with pytest.raises(ConversionError, match="it has not been built"):
        compare(keras.Sequential([keras.layers.Flatten()]), model, images)


def test_images_and_batch_size_are_checked(keras_model, images):
    model = convert(keras_model, input_scaling=(1, 0))
    with pytest.raises(InputError, match="reads uint8 pixels"):
        compare(keras_model, model, images.astype(np.float32))
    with pytest.raises(InputError, match=r"option 'batch_size': 2\.5 is no integer"):
        compare(keras_model, model, images, batch_size=2.5)
    with pytest.raises(InputError, match="option 'batch_size': 0 is below 1"):
        compare(keras_model, model, images, batch_size=0)


def test_no_images(keras_model, images):
    comparison = compare(keras_model, convert(keras_model, input_scaling=(1, 0)), images[:0])
    assert (comparison.images, comparison.labels_equal) == (0, 0)
    assert comparison.all_equal
