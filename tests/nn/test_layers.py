"""Quantized layers: sums by hand, refused arguments, saving, and their latent weights."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from akida_lite import nn
from akida_lite.nn import layers

QUANTIZER = nn.FixedScaleQuantizer(4.0, 3)

MAKERS = {
    "QuantizedConv2D": lambda **options: nn.QuantizedConv2D(4, 3, **options),
    "QuantizedDepthwiseConv2D": lambda **options: nn.QuantizedDepthwiseConv2D(3, **options),
    "QuantizedSeparableConv2D": lambda **options: nn.QuantizedSeparableConv2D(4, 3, **options),
    "QuantizedDense": lambda **options: nn.QuantizedDense(4, **options),
}


def test_every_layer_is_tested_here_and_stands_in_the_reference():
    assert set(MAKERS) == set(layers.__all__)
    reference = Path(__file__).parents[2] / "docs" / "reference" / "keras.rst"
    listed = set(reference.read_text("utf-8").split())
    assert {f"nn.{name}" for name in MAKERS} <= listed


@pytest.fixture
def x(rng):
    # Small integers: every float32 sum below is exact, in any order.
    return rng.integers(0, 16, (2, 5, 6, 3)).astype(np.float32)


def filled(layer, x, rng):
    """Build the layer and give it weights, a bias included, that are not its start values."""
    layer(tf.constant(x))
    layer.set_weights(
        [rng.uniform(-1, 1, w.shape).astype(np.float32) for w in layer.get_weights()]
    )
    return layer


def quantized(w):
    return np.clip(np.round(w * 4), -3, 3) / 4


def correlated(x, kernel, strides, padding):
    """Return the sum over the window, position by position; kernel (kh, kw, c, n)."""
    kh, kw = kernel.shape[:2]
    height, width = x.shape[1:3]
    if padding == "same":
        out = [
            -(-size // stride) for size, stride in zip((height, width), strides, strict=True)
        ]
        total = [
            max((o - 1) * s + k - size, 0)
            for o, s, k, size in zip(out, strides, (kh, kw), (height, width), strict=True)
        ]
        margins = [(t // 2, t - t // 2) for t in total]
        x = np.pad(x, [(0, 0), *margins, (0, 0)])
    rows = range(0, x.shape[1] - kh + 1, strides[0])
    columns = range(0, x.shape[2] - kw + 1, strides[1])
    windows = [[x[:, r : r + kh, c : c + kw] for c in columns] for r in rows]
    return np.array(
        [[np.einsum("bhwc,hwcn->bn", window, kernel) for window in row] for row in windows]
    ).transpose(2, 0, 1, 3)


def diagonal(depthwise):
    """Return a depthwise kernel as the full kernel that does the same."""
    full = np.zeros((*depthwise.shape[:3], depthwise.shape[2]))
    for channel in range(depthwise.shape[2]):
        full[:, :, channel, channel] = depthwise[:, :, channel, 0]
    return full


CASES = [((1, 1), "valid"), ((2, 2), "same"), ((1, 1), "same")]


@pytest.mark.parametrize(("strides", "padding"), CASES)
def test_convolution(strides, padding, x, rng):
    layer = nn.QuantizedConv2D(4, 3, QUANTIZER, strides=strides, padding=padding)
    kernel, _ = filled(layer, x, rng).get_weights()
    layer.bias.assign(np.float32([0.5, -1, 2, 0]))
    expected = correlated(x, quantized(kernel), strides, padding) + np.array([0.5, -1, 2, 0])
    np.testing.assert_array_equal(np.asarray(layer(x)), expected)


@pytest.mark.parametrize(("strides", "padding"), CASES)
def test_depthwise_convolution(strides, padding, x, rng):
    layer = nn.QuantizedDepthwiseConv2D(3, QUANTIZER, strides=strides, padding=padding)
    kernel, _ = filled(layer, x, rng).get_weights()
    layer.bias.assign(np.float32([0.5, -1, 2]))
    spread = correlated(x, diagonal(quantized(kernel)), strides, padding)
    expected = spread + np.array([0.5, -1, 2])
    np.testing.assert_array_equal(np.asarray(layer(x)), expected)


@pytest.mark.parametrize(("strides", "padding"), CASES)
def test_separable_convolution(strides, padding, x, rng):
    layer = nn.QuantizedSeparableConv2D(
        4, 3, QUANTIZER, quantizer_dw=nn.FixedScaleQuantizer(2.0, 4), strides=strides,
        padding=padding, use_bias=False,
    )  # fmt: skip
    depthwise, pointwise = filled(layer, x, rng).get_weights()
    depthwise = np.clip(np.round(depthwise * 2), -7, 7) / 2
    spread = correlated(x, diagonal(depthwise), strides, padding)
    expected = correlated(spread, quantized(pointwise), (1, 1), "valid")
    np.testing.assert_array_equal(np.asarray(layer(x)), expected)


def test_one_quantizer_for_both_kernels_scales_each_of_them_alone(x, rng):
    layer = nn.QuantizedSeparableConv2D(4, 3, nn.MaxQuantizer(4), use_bias=False)
    depthwise, pointwise = filled(layer, x, rng).get_weights()
    assert layer.quantizer_dw is layer.quantizer
    scales = [float(layer.quantizer.integers(w)[1]) for w in (depthwise, pointwise)]
    assert scales[0] != scales[1]


def test_dense(x, rng):
    layer = nn.QuantizedDense(4, QUANTIZER)
    kernel, _ = filled(layer, x, rng).get_weights()
    layer.bias.assign(np.float32([0.5, -1, 2, 0]))
    expected = x @ quantized(kernel) + [0.5, -1, 2, 0]
    np.testing.assert_array_equal(np.asarray(layer(x)), expected)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_without_quantizer_a_layer_is_its_keras_parent(make, x, rng):
    layer = filled(make(), x, rng)
    parent = type(layer).__mro__[2]
    assert parent.__module__.startswith("keras.")
    known = {key: v for key, v in layer.get_config().items() if "quantizer" not in key}
    plain = parent.from_config(known)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    difference = np.abs(np.asarray(layer(x)) - np.asarray(plain(x))).max()
    assert difference < 1e-4


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_latent_weights_get_gradients(make, x, rng):
    layer = filled(make(quantizer=nn.StdWeightQuantizer(2.0, 2)), x, rng)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(layer(tf.constant(x)) ** 2)
    gradients = tape.gradient(loss, [v.value for v in layer.trainable_variables])
    assert all(np.any(np.asarray(gradient)) for gradient in gradients)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_mixed_precision_keeps_latent_weights_and_integers_in_float32(make, x, rng):
    quantizer = nn.StdWeightQuantizer(2.0, 8)
    full = filled(make(quantizer=quantizer), x, rng)
    half = make(quantizer=quantizer, dtype="mixed_float16")
    half.build(x.shape)
    half.set_weights(full.get_weights())
    assert {v.dtype for v in half.variables} == {"float32"}
    assert half(tf.constant(x)).dtype == "float16"
    for variable, same in zip(half.variables, full.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(same))
    # Half precision rounds what is multiplied, not which level a weight takes: a kernel
    # quantized in half precision would be off by whole levels of 8 bits.
    exact, found = np.asarray(full(x)), np.asarray(half(tf.constant(x)), np.float32)
    assert np.abs(exact - found).max() <= 2e-3 * np.abs(x).sum(axis=(1, 2, 3)).max()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_double_precision_keeps_the_integers_of_float32(make, x, rng):
    quantizer = nn.StdWeightQuantizer(2.0, 8)
    full = filled(make(quantizer=quantizer), x, rng)
    double = make(quantizer=quantizer, dtype="float64")
    double.build(x.shape)
    double.set_weights(full.get_weights())
    assert {v.dtype for v in double.variables} == {"float32"}
    exact, found = np.asarray(double(x.astype(np.float64))), np.asarray(full(x))
    assert exact.dtype == np.float64
    # As near as float32 sums come; a kernel of other integers is off by a level in 127.
    assert np.abs(exact - found).max() <= 1e-5 * np.abs(x).sum(axis=(1, 2, 3)).max()


@pytest.mark.parametrize("quantizer", [nn.MaxQuantizer(8), nn.FixedScaleQuantizer(31.7, 8)])
def test_double_precision_divides_integers_in_double_precision(quantizer, rng):
    w = rng.standard_normal((3, 3, 4, 5)).astype(np.float32)
    integers, scale = quantizer.integers(w)
    found = np.asarray(quantizer.quantize(tf.constant(w), "float64"))
    np.testing.assert_array_equal(found, integers / scale)


@pytest.mark.parametrize("make", [nn.ActivationDiscreteRelu, nn.QuantizedReLU])
def test_mixed_precision_keeps_the_staircase_in_float32(make):
    layer = make(4, dtype="mixed_float16")
    outputs = layer(tf.constant([[0.3, 1.0]]))
    assert outputs.dtype == "float16"
    assert all(v.dtype == "float32" for v in layer.variables)


REFUSED = {
    "activation": ("relu", "add a QuantizedReLU or ActivationDiscreteRelu layer"),
    "data_format": ("channels_first", "transpose the data to channels_last"),
    "dilation_rate": (2, "use dilation_rate=1 and a larger kernel"),
    "groups": (2, "use groups=1, or a QuantizedSeparableConv2D"),
    "depth_multiplier": (2, "use depth_multiplier=1"),
    "activity_regularizer": ("l2", "regularize the kernel instead"),
}
NEUTRAL = {
    "activation": (None, "linear"),
    "data_format": (None, "channels_last"),
    "dilation_rate": (1, (1, 1)),
    "groups": (1,),
    "depth_multiplier": (1,),
    "activity_regularizer": (None,),
}


@pytest.mark.parametrize("argument", REFUSED)
@pytest.mark.parametrize("kind", MAKERS)
def test_arguments_without_integer_equivalent_are_refused(kind, argument):
    value, remedy = REFUSED[argument]
    for name in ({"name": "my"}, {}):
        with pytest.raises(TypeError) as refused:
            MAKERS[kind](**{argument: value}, **name)
        assert str(refused.value) == (
            f"layer {name.get('name', kind)!r} ({kind}): {argument}={value!r} is not "
            f"supported, only {NEUTRAL[argument][0]!r} is. Fix: {remedy}."
        )


@pytest.mark.parametrize("kind", MAKERS)
def test_neutral_values_of_refused_arguments_are_accepted(kind):
    for argument, values in NEUTRAL.items():
        for value in values:
            assert (
                MAKERS[kind](**{argument: value})
                .get_config()
                .keys()
                .isdisjoint(REFUSED.keys() - {"data_format"})
            )


@pytest.mark.parametrize("kind", ["QuantizedDepthwiseConv2D", "QuantizedSeparableConv2D"])
def test_a_depthwise_kernel_has_one_scale(kind):
    argument = "quantizer" if kind == "QuantizedDepthwiseConv2D" else "quantizer_dw"
    with pytest.raises(ValueError, match="scales per axis") as refused:
        MAKERS[kind](**{argument: nn.MaxPerAxisQuantizer(4)}, name="dw")
    assert str(refused.value) == (
        f"layer 'dw': depthwise {argument} scales per axis, which a depthwise kernel cannot. "
        "Fix: use MaxQuantizer or StdWeightQuantizer."
    )


@pytest.mark.parametrize("kind", MAKERS)
def test_configurations_round_trip(kind, x, rng):
    quantizers = {"quantizer": nn.StdWeightQuantizer(1.5, 3)}
    if kind == "QuantizedSeparableConv2D":
        quantizers["quantizer_dw"] = nn.MaxQuantizer(5)
    options = {"padding": "same", "strides": 2} if kind != "QuantizedDense" else {}
    layer = filled(MAKERS[kind](name="my", **quantizers, **options), x, rng)
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(np.asarray(again(x)), np.asarray(layer(x)))


def test_a_whole_model_is_saved_and_loaded_bit_for_bit(x, rng, tmp_path):
    inputs = keras.Input(x.shape[1:])
    y = nn.QuantizedConv2D(4, 3, nn.TrainableStdWeightQuantizer(2.0, 4))(inputs)
    y = nn.QuantizedReLU(2)(y)
    y = nn.QuantizedDepthwiseConv2D(2, nn.MaxQuantizer(4), use_bias=False)(y)
    y = nn.QuantizedSeparableConv2D(
        4, 1, nn.MaxPerAxisQuantizer(4), nn.FixedScaleQuantizer(3.0, 2)
    )(y)
    y = nn.ActivationDiscreteRelu(4)(y)
    y = nn.QuantizedDense(3, nn.StdWeightQuantizer(1.2, 2))(keras.layers.Flatten()(y))
    model = keras.Model(inputs, y)
    model.set_weights(
        [rng.uniform(0.1, 1, w.shape).astype(np.float32) for w in model.get_weights()]
    )
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict_on_batch(x), model.predict_on_batch(x))
    assert [v.path.split("/")[-1] for v in again.variables].count("threshold") == 1


def test_blocks_are_layer_pooling_normalization_activation():
    inputs = keras.Input((8, 8, 3))
    x = nn.conv_block(
        inputs, 4, 3, name="a", weight_quantization=2, activ_quantization=2, pooling="max",
        add_batchnorm=True, padding="same",
    )  # fmt: skip
    x = nn.separable_conv_block(
        x, 5, 3, name="b", weight_quantization=4, activ_quantization=0, pooling="global_avg"
    )
    x = nn.dense_block(x, 2, name="c", activ_quantization=None)
    layers = keras.Model(inputs, x).layers[1:]
    assert [(layer.name, type(layer).__name__) for layer in layers] == [
        ("a", "QuantizedConv2D"),
        ("a_maxpool", "MaxPooling2D"),
        ("a_BN", "BatchNormalization"),
        ("a_relu", "ActivationDiscreteRelu"),
        ("b", "QuantizedSeparableConv2D"),
        ("b_global_avg", "GlobalAveragePooling2D"),
        ("b_relu", "ReLU"),
        ("c", "QuantizedDense"),
    ]
    # What the converter needs: the pooling pads as the convolution does.
    assert layers[1].padding == "same"


@pytest.mark.parametrize("block", [nn.conv_block, nn.separable_conv_block])
def test_another_pooling_is_refused(block):
    with pytest.raises(ValueError, match="is not one of None") as refused:
        block(keras.Input((8, 8, 3)), 4, 3, name="a", pooling="avg")
    assert str(refused.value) == (
        "layer 'a': pooling='avg' is not one of None, 'max', 'global_avg'. Fix: choose one of "
        "them; the chip has no other pooling."
    )


def test_straight_through_gives_the_rounded_value_to_the_last_bit(rng):
    from akida_lite.nn.straight_through import straight_through

    x = tf.constant(rng.normal(0, 3, 10000).astype(np.float32))
    np.testing.assert_array_equal(np.asarray(straight_through(x, tf.round(x))), np.round(x))
