"""Products in bfloat16: only while a step is taken, and only the products."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite import nn
from akida_lite.training.precision import products_in


def layer_of(bits):
    keras.utils.set_random_seed(1)
    layer = nn.QuantizedConv2D(4, 3, quantizer=nn.StdWeightQuantizer(bitwidth=bits))
    layer.build((None, 8, 8, 3))
    return layer


@pytest.fixture
def images(rng):
    return tf.constant(rng.normal(size=(2, 8, 8, 3)), tf.float32)


def test_a_layer_is_as_before_behind_the_block_and_behind_an_error(images):
    layer = layer_of(2)
    before = layer(images)
    with products_in("bfloat16", [layer]):
        assert layer(images).dtype == tf.bfloat16
    with pytest.raises(ValueError, match="incompatible"), products_in("bfloat16", [layer]):
        layer(images[0])
    after = layer(images)
    assert after.dtype == tf.float32
    np.testing.assert_array_equal(before, after)


def test_float32_changes_nothing(images):
    layer = layer_of(2)
    with products_in("float32", [layer]):
        inside = layer(images)
    np.testing.assert_array_equal(inside, layer(images))


def test_latent_weights_stay_float32_and_are_rounded_to_the_same_integers(images):
    layer = layer_of(4)
    ones = tf.ones((1, 3, 3, 3))
    whole = layer(ones)
    with products_in("bfloat16", [layer]), tf.GradientTape() as tape:
        products = layer(ones)
        assert layer.kernel.dtype == "float32"
        quantized = layer.quantizer.quantize(layer.kernel, layer.compute_dtype)
    gradient = tape.gradient(products, layer.kernel.value)
    assert gradient.dtype == tf.float32
    integers, scale = layer.quantizer.integers(np.asarray(layer.kernel))
    # Other numbers, by the last bits of bfloat16, for the same integers.
    found = np.rint(np.asarray(tf.cast(quantized, tf.float32)) * scale)
    np.testing.assert_array_equal(found, integers)
    assert not np.array_equal(tf.cast(products, tf.float32), whole)
    np.testing.assert_allclose(tf.cast(products, tf.float32), whole, rtol=0.02, atol=0.02)
