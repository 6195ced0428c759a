"""Which integer layers a Keras model becomes."""

import keras
import numpy as np
import pytest
from keras import layers

from akida_lite import nn
from akida_lite.conversion import check_compatibility, compare, convert
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    SeparableConvolutional,
)


def conv(filters, kernel_size, name, **kwargs):
    quantizer = nn.MaxQuantizer(4)
    return nn.QuantizedConv2D(filters, kernel_size, quantizer=quantizer, name=name, **kwargs)


def dense(units, name):
    return nn.QuantizedDense(units, quantizer=nn.MaxQuantizer(4), name=name)


def chain(*parts, shape=(8, 8, 1)):
    keras.utils.set_random_seed(7)
    return keras.Sequential([keras.Input(shape), *parts], name="model")


def agrees(keras_model, model, rng):
    images = rng.integers(0, 256, (3, *model.input_shape), np.uint8)
    return compare(keras_model, model, images).all_equal


def test_nested_models_are_flattened(rng):
    inner = keras.Sequential(
        [keras.Input((8, 8, 1)), conv(3, 3, "first"), nn.QuantizedReLU(2)], name="inner"
    )
    keras_model = chain(inner, layers.Flatten(), dense(2, "last"))
    model = convert(keras_model, input_scaling=(1, 0))
    assert [layer.name for layer in model] == ["first", "last"]
    assert agrees(keras_model, model, rng)


def test_depthwise_and_pointwise_merge_with_both_quantizers_strides_and_biases(rng):
    keras_model = chain(
        conv(3, 3, "first"),
        nn.QuantizedReLU(2),
        nn.QuantizedDepthwiseConv2D(
            3, strides=2, padding="same", quantizer=nn.MaxQuantizer(8), name="dw"
        ),
        conv(4, 1, "pw"),
        nn.QuantizedReLU(2),
    )
    for name in ("dw", "pw"):
        layer = keras_model.get_layer(name)
        layer.bias.assign(np.linspace(-1, 1, layer.bias.shape[0]))
    model = convert(keras_model, input_scaling=(1, 0))
    merged = model.get_layer("dw_pw")
    assert isinstance(merged, SeparableConvolutional)
    assert (merged.strides, merged.padding, merged.weight_bits) == ((2, 2), "same", 8)
    assert np.abs(merged.depthwise).max() == 127
    assert np.abs(merged.pointwise).max() == 7
    assert agrees(keras_model, model, rng)


def test_depthwise_with_its_own_activation_gets_an_identity(rng):
    keras_model = chain(
        conv(3, 3, "first"),
        nn.QuantizedReLU(2),
        nn.QuantizedDepthwiseConv2D(3, quantizer=nn.MaxQuantizer(4), name="dw"),
        layers.BatchNormalization(name="norm"),
        nn.QuantizedReLU(2),
    )
    keras_model.get_layer("norm").gamma.assign([1, -1, 1])
    model = convert(keras_model, input_scaling=(1, 0))
    np.testing.assert_array_equal(
        model.get_layer("dw").pointwise, np.diag(np.int8([1, -1, 1]))[np.newaxis, np.newaxis]
    )
    assert agrees(keras_model, model, rng)


@pytest.mark.parametrize("keepdims", [True, False])
def test_a_mean_behind_an_activation_moves_behind_the_next_products(keepdims, rng):
    last = conv(3, 1, "last") if keepdims else dense(3, "last")
    keras_model = chain(
        conv(4, 1, "first"),
        nn.QuantizedReLU(3),
        layers.GlobalAveragePooling2D(keepdims=keepdims),
        layers.Dropout(0.5),
        last,
    )
    model = convert(keras_model, input_scaling=(255, 0))
    assert isinstance(model.get_layer("last"), Convolutional)
    assert model.get_layer("last").pool == GlobalAveragePool()
    assert agrees(keras_model, model, rng)


def test_filters_with_negative_gamma_are_negated_before_they_are_pooled(rng):
    keras_model = chain(
        conv(3, 3, "first"),
        layers.BatchNormalization(name="norm"),
        layers.MaxPooling2D(),
        nn.QuantizedReLU(3),
        conv(2, 3, "second"),
        layers.BatchNormalization(name="last_norm"),
        layers.GlobalMaxPooling2D(),
    )
    keras_model.get_layer("norm").gamma.assign([1, -1, -0.5])
    keras_model.get_layer("last_norm").gamma.assign([-1, 1])
    model = convert(keras_model, input_scaling=(255, 0))
    assert (model.get_layer("second").output.scale > 0).all()
    assert agrees(keras_model, model, rng)


def test_zeros_that_equal_those_of_same_become_same(rng):
    keras_model = chain(
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        conv(2, 3, "first", strides=2),
        nn.QuantizedReLU(2),
        layers.ZeroPadding2D(1),
        conv(2, 3, "second"),
    )
    model = convert(keras_model, input_scaling=(255, 128))
    assert [layer.padding for layer in model] == ["same", "same"]
    assert model.input_shape == (8, 8, 1)
    assert model.get_layer("first").padding_value == 128
    assert agrees(keras_model, model, rng)


def test_pooling_may_pad_otherwise_than_the_convolution(rng):
    keras_model = chain(
        conv(2, 3, "first", padding="valid"),
        nn.QuantizedReLU(2),
        layers.MaxPooling2D(3, 2, padding="same"),
        layers.Flatten(),
        dense(2, "last"),
    )
    model = convert(keras_model, input_scaling=(1, 0))
    assert model.get_layer("first").pool == MaxPool((3, 3), (2, 2), "same")
    assert agrees(keras_model, model, rng)


def test_sparse_input_comes_first():
    keras_model = chain(dense(2, "last"), shape=(12,))
    model = convert(keras_model, input_is_sparse=True, input_bits=1)
    first, last = model
    assert isinstance(first, InputData)
    assert isinstance(last, FullyConnected)
    assert (first.name, first.input_shape, first.input_bits) == ("last_input", (1, 1, 12), 1)
    # The width that the chip's own layers emit at most is what events have unless told.
    assert convert(keras_model, input_is_sparse=True).layers[0].input_bits == 4


def test_reshape_between_vector_and_map(rng):
    keras_model = chain(
        conv(3, 8, "first"),
        nn.QuantizedReLU(2),
        layers.Reshape((3,)),
        dense(2, "second"),
        nn.QuantizedReLU(2),
        layers.Reshape((1, 1, 2)),
        conv(2, 1, "third"),
        layers.Flatten(),
    )
    model = convert(keras_model, input_scaling=(1, 0))
    assert [type(layer) for layer in model] == [
        InputConvolutional,
        FullyConnected,
        Convolutional,
    ]
    assert agrees(keras_model, model, rng)


def test_published_thresholds_differ_by_little_and_only_where_floored(rng):
    keras_model = chain(
        conv(8, 3, "first"),
        layers.BatchNormalization(name="norm"),
        nn.QuantizedReLU(4),
        shape=(8, 8, 3),
    )
    keras_model.get_layer("norm").moving_variance.assign(rng.uniform(0.1, 1, 8))
    exactly = convert(keras_model, input_scaling=(255, 0))
    published = convert(keras_model, input_scaling=(255, 0), thresholds="published")
    assert published.metadata["origin"]["thresholds"] == "published"
    first, second = (model.layers[0].output.thresholds for model in (exactly, published))
    np.testing.assert_array_equal(first[:, 0], second[:, 0])
    assert set(np.unique(first - second)) == {0, 1}


def test_labels_and_origin_are_kept():
    model = convert(chain(conv(2, 8, "first")), input_scaling=(1, 0), labels=["cat", "dog"])
    assert model.labels == ("cat", "dog")
    assert model.metadata["origin"] == {"keras_model": "model", "thresholds": "exact"}


def test_a_model_that_was_converted_is_left_as_it_was():
    keras_model = chain(conv(2, 3, "first"), nn.QuantizedReLU(2))
    before = [array.copy() for array in keras_model.get_weights()]
    config = keras_model.to_json()
    assert check_compatibility(keras_model, input_scaling=(1, 0)) == []
    convert(keras_model, input_scaling=(1, 0))
    assert keras_model.to_json() == config
    for old, new in zip(before, keras_model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
