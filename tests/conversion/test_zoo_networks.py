"""Both architectures of the zoo convert, and choose the labels that Keras chooses."""

import keras
import numpy as np
import pytest

from akida_lite.conversion import check_compatibility, convert
from akida_lite.datasets import load_cifar10_sample
from akida_lite.zoo import mobilenet_cifar10, vgg_cifar10

SCALING = (255, 0)


def with_statistics(model):
    """Give every batch normalization parameters as training would leave them."""
    random = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            filters = layer.moving_mean.shape[0]
            layer.gamma.assign(random.uniform(0.5, 1.5, filters))
            layer.beta.assign(random.normal(0.3, 0.3, filters))
            layer.moving_mean.assign(random.normal(0, 0.1, filters))
            layer.moving_variance.assign(random.uniform(0.05, 0.5, filters))
    return model


@pytest.mark.parametrize(
    ("build", "weights", "activ", "input_weights"),
    [(vgg_cifar10, 2, 2, 2), (mobilenet_cifar10, 4, 4, 8)],
    ids=["vgg", "mobilenet"],
)
def test_network_converts_and_agrees_with_keras(build, weights, activ, input_weights):
    keras.utils.set_random_seed(1)
    keras_model = with_statistics(
        build(
            weights_quantization=weights,
            activ_quantization=activ,
            input_weights_quantization=input_weights,
        )
    )
    assert check_compatibility(keras_model, input_scaling=SCALING) == []
    model = convert(keras_model, input_scaling=SCALING)
    images, _ = load_cifar10_sample()
    scores = keras.ops.convert_to_numpy(keras_model(images[:4] / np.float32(255)))
    np.testing.assert_array_equal(model.predict(images[:4]), scores.argmax(axis=1))
    assert model.name == keras_model.name
    assert model.input_scaling == SCALING
