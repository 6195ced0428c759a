"""quantize(): names and weights stay, layers and widths change."""

import keras
import numpy as np
import pytest
from keras import layers

from akida_lite import nn
from akida_lite.conversion import check_compatibility, compare, convert, quantize
from akida_lite.conversion.calibrating import Made
from akida_lite.errors import ConversionError, HardwareError, InputError, Problem
from akida_lite.zoo import vgg_cifar10


def values(tensor):
    return keras.ops.convert_to_numpy(tensor)


def widths(model):
    """Return the widths of every layer that has one: weights, or activation."""
    found = {}
    for layer in model.layers:
        if hasattr(layer, "quantizer"):
            found[layer.name] = layer.quantizer.bitwidth
        elif hasattr(layer, "bitwidth"):
            found[layer.name] = layer.bitwidth
    return found


@pytest.fixture(scope="module")
def float_model():
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), name="image"),
            layers.Conv2D(4, 3, activation="relu6", name="first"),
            layers.SeparableConv2D(6, 3, padding="same", name="second"),
            layers.BatchNormalization(name="norm"),
            layers.Activation("relu6", name="second_relu6"),
            layers.DepthwiseConv2D(3, name="third"),
            layers.ReLU(6, name="third_relu"),
            layers.Flatten(name="flat"),
            layers.Dense(5, activation="softmax", name="last"),
        ],
        name="small",
    )


def test_layers_become_their_twins(float_model):
    quantized = quantize(float_model, 4, 2, 8)
    assert quantized.name == "small"
    assert quantized.input_shape == float_model.input_shape
    assert [(layer.name, type(layer).__name__) for layer in quantized.layers[1:]] == [
        ("first", "QuantizedConv2D"),
        ("first_relu6", "ActivationDiscreteRelu"),
        ("second", "QuantizedSeparableConv2D"),
        ("norm", "BatchNormalization"),
        ("second_relu6", "ActivationDiscreteRelu"),
        ("third", "QuantizedDepthwiseConv2D"),
        ("third_relu", "ActivationDiscreteRelu"),
        ("flat", "Flatten"),
        ("last", "QuantizedDense"),
        ("last_softmax", "Activation"),
    ]
    assert widths(quantized) == {
        "first": 8,
        "first_relu6": 2,
        "second": 4,
        "second_relu6": 2,
        "third": 4,
        "third_relu": 2,
        "last": 4,
    }


def test_weights_are_kept(float_model):
    quantized = quantize(float_model, 4, 2)
    for name, variables in {
        "first": ["kernel", "bias"],
        "second": ["depthwise_kernel", "pointwise_kernel", "bias"],
        "third": ["kernel", "bias"],
        "last": ["kernel", "bias"],
        "norm": ["gamma", "beta", "moving_mean", "moving_variance"],
    }.items():
        for variable in variables:
            np.testing.assert_array_equal(
                values(getattr(quantized.get_layer(name), variable)),
                values(getattr(float_model.get_layer(name), variable)),
            )


def test_the_result_converts_and_agrees(float_model, rng):
    quantized = quantize(float_model, 4, 2, 8)
    with pytest.warns(UserWarning, match="'last_softmax'"):
        model = convert(quantized, input_scaling=(255, 0))
    images = rng.integers(0, 256, (4, 8, 8, 3), np.uint8)
    assert compare(quantized, model, images).labels_equal == 4


def test_zero_bits_keep_float(float_model, rng):
    same = quantize(float_model)
    x = rng.random((2, 8, 8, 3), np.float32)
    np.testing.assert_array_equal(values(same(x)), values(float_model(x)))
    assert widths(same) == {}
    assert type(same.get_layer("first_relu6")) is layers.Activation


def test_a_quantized_model_gets_other_widths(float_model):
    four = quantize(float_model, 4, 4, trainable_activations=True)
    two = quantize(
        four, weight_quantization=2, activ_quantization=3, input_weight_quantization=8
    )
    assert set(widths(two).values()) == {2, 3, 8}
    assert type(two.get_layer("first_relu6")) is nn.QuantizedReLU
    # Both climb to 6, in 15 steps and in 7.
    assert two.get_layer("first_relu6").gamma == float(np.float32(6 / 7))
    assert widths(quantize(two)) == widths(two)


def test_a_trained_activation_of_the_same_width_is_kept(float_model):
    four = quantize(float_model, 4, 4, trainable_activations=True)
    four.get_layer("first_relu6").set_weights([np.array(0.25), np.array(0.75)])
    again = quantize(four, 2, 4).get_layer("first_relu6")
    assert (again.t0, again.gamma) == (0.25, 0.75)


def test_another_quantizer(float_model):
    quantized = quantize(float_model, 4, 2, quantizer=nn.MaxPerAxisQuantizer)
    assert type(quantized.get_layer("first").quantizer) is nn.MaxPerAxisQuantizer
    assert type(quantized.get_layer("second").quantizer) is nn.MaxPerAxisQuantizer
    assert type(quantized.get_layer("second").quantizer_dw) is nn.MaxQuantizer
    assert type(quantized.get_layer("third").quantizer) is nn.MaxQuantizer


def test_the_float_network_of_the_zoo_becomes_the_quantized_one():
    quantized = quantize(vgg_cifar10(), 2, 3, 8, quantizer=nn.weight_quantizer)
    expected = vgg_cifar10(
        weights_quantization=2, activ_quantization=3, input_weights_quantization=8
    )
    assert quantized.to_json() == expected.to_json()


@pytest.fixture
def keras_mobilenet():
    """Return the MobileNet that Keras ships, untrained."""
    keras.utils.set_random_seed(0)
    return keras.applications.MobileNet((96, 96, 3), weights=None, alpha=0.25, classes=10)


def converted_to(network, weight_bits):
    """Return the quantized network and its integer model."""
    quantized = quantize(network, weight_bits, 4, 8)
    assert check_compatibility(quantized, input_scaling=(128, 128)) == []
    with pytest.warns(UserWarning, match="'predictions'"):
        return quantized, convert(quantized, input_scaling=(128, 128))


def test_mobilenet_of_keras_converts(keras_mobilenet, rng):
    quantized, model = converted_to(keras_mobilenet, 4)
    assert len(model) == 28
    images = rng.integers(0, 256, (1, 96, 96, 3), np.uint8)
    assert compare(quantized, model, images).labels_equal == 1


def test_mobilenet_of_keras_fits_once_the_fix_is_followed(keras_mobilenet):
    _, model = converted_to(keras_mobilenet, 4)
    with pytest.raises(HardwareError) as caught:
        model.map()
    problems = caught.value.problems
    pointwise = [f"conv_pw_{index}" for index in range(1, 14)]
    assert [problem.layer for problem in problems] == [*pointwise, "conv_preds"]
    assert all("quantize its weights to 2 bits" in problem.remedy for problem in problems)
    _, followed = converted_to(keras_mobilenet, 2)
    assert followed.map().n_nps == 27


def test_widths_are_checked(float_model):
    with pytest.raises(InputError) as caught:
        quantize(float_model, 1, 9, input_weights_quantization=True)
    assert str(caught.value).splitlines() == [
        "quantize: weights_quantization: 1 is not 0 (float) or one of 2 to 8 (bits). Fix: "
        "choose one of them.",
        "quantize: activ_quantization: 9 is not 0 (float) or one of 1 to 8 (bits). Fix: choose "
        "one of them.",
        "quantize: input_weights_quantization: True is not 0 (float) or one of 2 to 8 (bits). "
        "Fix: choose one of them.",
    ]
    with pytest.raises(TypeError, match="unexpected keyword argument 'bits'"):
        quantize(float_model, bits=4)


def test_every_layer_without_a_twin_is_reported():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            layers.Conv2D(4, 3, dilation_rate=2, name="wide"),
            layers.ReLU(negative_slope=0.1, name="leaky"),
            layers.Conv2D(4, 3, groups=2, name="grouped"),
        ]
    )
    with pytest.raises(ConversionError) as caught:
        quantize(model, 4, 4)
    assert str(caught.value).splitlines() == [
        "layer 'wide' (Conv2D): dilation_rate=(2, 2) is not supported, only 1 is. Fix: use "
        "dilation_rate=1 and a larger kernel.",
        "layer 'leaky' (ReLU): negative_slope=0.1 and threshold=0.0, 0 and 0 are expected: a "
        "staircase starts at 0. Fix: use a plain ReLU, and train again.",
        "layer 'grouped' (Conv2D): groups=2 is not supported, only 1 is. Fix: use groups=1, or "
        "a QuantizedSeparableConv2D.",
    ]


def test_branches_are_refused():
    inputs = keras.Input((8, 8, 1))
    first = layers.Conv2D(1, 1)(inputs)
    model = keras.Model(inputs, layers.Add(name="add")([first, inputs]))
    with pytest.raises(ConversionError) as caught:
        quantize(model, 4, 4)
    assert str(caught.value) == (
        "layer 'add' (Add): it joins 2 branches, the layers must form one chain. Fix: remove "
        "the branches: skip connections have no integer equivalent here."
    )


class Refusing(layers.Layer):
    """A layer that some samples do not suit, and that says so in its own way."""

    def __init__(self, error):
        super().__init__(name="mine")
        self.error = error

    def call(self, inputs):
        raise self.error


def test_a_layers_own_error_is_not_hidden_behind_that_of_samples(rng):
    samples = rng.random((3, 8, 8, 3), np.float32)
    own = InputError(Problem("layer 'mine'", "a sample is dark", "leave it out"))
    with pytest.raises(InputError) as caught:
        Made(Refusing(own)).run(samples)
    assert str(caught.value) == "layer 'mine': a sample is dark. Fix: leave it out."
    with pytest.raises(ConversionError) as caught:
        Made(Refusing(ValueError("dark"))).run(samples)
    assert str(caught.value) == (
        "layer 'mine' (Refusing): it cannot be called on samples of shape (3, 8, 8, 3) "
        "(ValueError). Fix: change the model until model.predict(samples) works."
    )
