"""Networks that nobody here wrote: from plain Keras to the same integers everywhere."""

import warnings

import keras
import numpy as np
import onnxruntime
import plain_networks
import pytest
from keras import layers

import akida_lite as al

EVENTS = {"input_is_sparse": True, "input_bits": 8}


def pixels_of(samples, model):
    return samples.astype(np.uint8).reshape(len(samples), *model.input_shape)


def same_everywhere(quantized, samples, tmp_path, **options):
    """Convert, and demand the same values from Keras, a saved file and an ONNX file."""
    assert al.check_compatibility(quantized, **options) == []
    model = al.convert(quantized, **options)
    x = pixels_of(samples, model)
    comparison = al.compare(quantized, model, x)
    assert comparison.all_equal, str(comparison)
    output = model.forward(x)
    model.save(tmp_path / "model.akl")
    np.testing.assert_array_equal(al.Model.load(tmp_path / "model.akl").forward(x), output)
    model.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    name = session.get_inputs()[0].name
    np.testing.assert_array_equal(session.run(None, {name: x})[0], output)
    return model


# What the fix of a rule makes of the layer that it names: a width, or an argument.
FIXES = {
    "CONV-WEIGHT-BITS": 2,
    "FC-WEIGHT-BITS": 2,
    "SEP-WEIGHT-BITS": 4,
    "PADDING": {"padding": "same"},
    "INPUT-KERNEL": {"kernel_size": (5, 5)},
}


def with_arguments(network, changes):
    """Return a network whose layers, by name, have other arguments; weights are drawn anew."""

    def copied(layer):
        config = {**layer.get_config(), **changes.get(layer.name, {})}
        return type(layer).from_config(config)

    return keras.models.clone_model(network, clone_function=copied, recursive=True)


def on_the_chip(build, tmp_path, *bits, scaled=lambda network, samples: samples, **options):
    """Follow the messages of the default device until it takes the network."""
    widths, arguments, heard = {}, {}, set()
    while True:
        network, samples = plain_networks.drawn(lambda: with_arguments(build(), arguments))
        samples = scaled(network, samples)
        quantized = al.quantize(network, *bits, samples=samples, layers=widths)
        model = al.convert(quantized, **options)
        try:
            placement = model.map()
        except al.HardwareError as error:
            said = {(problem.layer, problem.rule) for problem in error.problems}
        else:
            break
        # No advice leads back to the complaint that it was for.
        assert not said & heard
        heard |= said
        for layer, rule in said:
            fix = FIXES[rule]
            if isinstance(fix, dict):
                arguments[layer] = {**arguments.get(layer, {}), **fix}
            else:
                widths[layer] = fix
    model = same_everywhere(quantized, samples, tmp_path, **options)
    assert al.Model.load(tmp_path / "model.akl").map().n_nps == placement.n_nps > 0
    return model, heard


@pytest.mark.filterwarnings("ignore:layer .* is left out")
@pytest.mark.parametrize(
    ("build", "rules"),
    [
        (plain_networks.ds_cnn, {"INPUT-KERNEL", "CONV-WEIGHT-BITS", "PADDING"}),
        (plain_networks.mobilenet, {"CONV-WEIGHT-BITS", "PADDING"}),
        (plain_networks.svhn_for_a_chip, {"CONV-WEIGHT-BITS", "FC-WEIGHT-BITS"}),
        (plain_networks.binary_for_a_chip, {"CONV-WEIGHT-BITS"}),
        (plain_networks.regression, {"CONV-WEIGHT-BITS", "PADDING"}),
    ],
)
def test_networks_reach_the_chip_by_its_messages(build, rules, tmp_path):
    _, heard = on_the_chip(build, tmp_path, 4, 4, 8)
    assert {rule for _, rule in heard} == rules


def test_what_no_argument_mends_is_said_by_layer():
    refused = {"svhn": ("PADDING", "conv2d_1"), "binary": ("POOL-SIZE", "conv2d_1")}
    for name, (rule, layer) in refused.items():
        network, samples = plain_networks.drawn(getattr(plain_networks, name))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "layer .* is left out")
            model = al.convert(al.quantize(network, 4, 4, 8, samples=samples))
        with pytest.raises(al.HardwareError) as caught:
            model.map()
        assert (rule, layer) in {(each.rule, each.layer) for each in caught.value.problems}


def test_vectors_reach_the_chip_as_events_of_four_bits(tmp_path):
    """Features of 8 bits are refused: the message says which widths events may have."""
    network, samples = plain_networks.drawn(plain_networks.mlp)
    wide = al.convert(al.quantize(network, 2, 4, samples=samples), **EVENTS)
    with pytest.raises(al.HardwareError) as caught:
        wide.map()
    (problem,) = caught.value.problems
    assert (problem.layer, problem.rule) == ("dense", "FC-EVENT-BITS")
    assert "events that are fed, input_bits of 1, 2 or 4" in problem.remedy
    narrow = {"input_is_sparse": True, "input_bits": 4}
    sixteenth = lambda network, samples: samples // 16  # noqa: E731
    on_the_chip(plain_networks.mlp, tmp_path, 4, 4, scaled=sixteenth, **narrow)


@pytest.mark.filterwarnings("ignore:layer .* is left out")
@pytest.mark.parametrize(
    ("build", "layer_count"),
    [
        (plain_networks.ds_cnn, 6),
        (plain_networks.mobilenet, 16),
        (plain_networks.svhn, 6),
        (plain_networks.binary, 3),
        (plain_networks.regression, 3),
    ],
)
def test_networks_that_convert_at_once(build, layer_count, tmp_path):
    network, samples = plain_networks.drawn(build)
    quantized = al.quantize(network, 4, 4, 8, samples=samples)
    model = same_everywhere(quantized, samples, tmp_path)
    assert len(model) == layer_count
    with pytest.raises(al.HardwareError) as caught:
        model.map()
    names = {layer.name for layer in model}
    assert all(p.layer in names and p.rule and p.remedy for p in caught.value.problems)


def test_vectors_are_events(tmp_path):
    network, samples = plain_networks.drawn(plain_networks.mlp)
    quantized = al.quantize(network, 4, 4, samples=samples)
    (problem,) = al.check_compatibility(quantized, input_scaling=(1, 0))
    assert "pass input_is_sparse=True" in problem.remedy
    assert "input_bits=8" in problem.remedy
    model = same_everywhere(quantized, samples, tmp_path, **EVENTS)
    assert quantized.get_layer("dense_1_re_lu").max_value <= 4
    with pytest.raises(al.InputError, match=r"reshape\(-1, 1, 1, 39\)"):
        model.forward(samples.astype(np.uint8))


@pytest.mark.filterwarnings("ignore:layer .* is left out")
def test_transfer_learning_of_keras_guide(tmp_path):
    network, samples = plain_networks.drawn(plain_networks.transfer)
    quantized = al.quantize(network, 4, 4, 8, samples=samples)
    (problem,) = al.check_compatibility(quantized)
    assert problem.layer == "rescaling"
    # The fix names a layer: written instead, it is the end of the matter.
    scale, offset = problem.remedy.partition("Rescaling(")[2].partition(")")[0].split(", ")
    network.get_layer("rescaling").scale = float(scale)
    network.get_layer("rescaling").offset = float(offset)
    followed = al.quantize(network, 4, 4, 8, samples=samples)
    assert not followed.get_layer("conv1").trainable
    model = same_everywhere(followed, samples, tmp_path)
    assert (len(model), model.head) == (28, "sigmoid")
    classes = model.predict(pixels_of(samples, model))
    by_keras = np.asarray(followed(samples, training=False))[:, 0] > 0.5
    np.testing.assert_array_equal(classes, by_keras)

    def rescaled(network, samples):
        network.get_layer("rescaling").scale = float(scale)
        return samples

    _, heard = on_the_chip(plain_networks.transfer, tmp_path, 4, 4, 8, scaled=rescaled)
    assert {rule for _, rule in heard} == {"CONV-WEIGHT-BITS"}


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (plain_networks.unet, {"up", "across"}),
        (plain_networks.residual, {"sum"}),
    ],
)
def test_networks_that_are_no_chain_hear_every_reason_at_once(build, expected):
    network, _ = plain_networks.drawn(build)
    problems = al.check_compatibility(network)
    assert expected <= {problem.layer for problem in problems}
    with pytest.raises(al.ConversionError) as caught:
        al.convert(network)
    assert list(caught.value.problems) == problems
    with pytest.raises(al.ConversionError, match="it joins 2 branches"):
        al.quantize(network, 4, 4)


def test_a_normalization_becomes_part_of_the_layer_behind_it():
    network, samples = plain_networks.drawn(plain_networks.svhn)
    quantized = al.quantize(network, 8, 8, 8, samples=samples)
    assert not any(isinstance(each, layers.BatchNormalization) for each in quantized.layers)
    # What is absorbed is the same function: float weights show it without rounding.
    for layer in quantized.layers:
        if hasattr(layer, "quantizer"):
            layer.quantizer = al.nn.WeightFloat()
    first = keras.Model(quantized.inputs, quantized.get_layer("conv2d_1").output)
    wanted = keras.Model(network.inputs, network.layers[3].output)
    assert first.count_params() == wanted.count_params() - 4 * 8


def test_every_width_that_the_chip_asks_for_can_be_given():
    keras.utils.set_random_seed(4)
    network = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="first"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="second"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(8, activation="relu", name="third"),
            layers.Dense(3, name="last"),
        ]
    )
    rng = np.random.default_rng(4)
    samples = rng.integers(0, 256, (16, 16, 16, 1)).astype(np.float32)
    model = al.quantize(network, 8, 8, samples=samples)
    with pytest.raises(al.HardwareError) as caught:
        al.convert(model).map()
    assert {problem.layer for problem in caught.value.problems} >= {"second", "third", "last"}
    narrow = dict.fromkeys(("second", "third", "last"), 2)
    narrow |= dict.fromkeys(("first_relu", "second_relu", "third_relu"), 2)
    followed = al.quantize(network, 8, 8, samples=samples, layers=narrow)
    assert al.convert(followed).map().n_nps > 0
    for name in ("first_relu", "second_relu", "third_relu", "second", "third", "last"):
        model = al.quantize_layer(model, name, 2)
    assert al.convert(model).map().n_nps == al.convert(followed).map().n_nps
