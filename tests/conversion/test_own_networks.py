"""What other people's networks run into: each is right, or refused with a fix that works."""

import functools
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

import akida_lite as al
from akida_lite import nn

PIXELS = np.random.default_rng(3).integers(0, 256, (4, 8, 8, 3), np.uint8)
FLOAT = PIXELS.astype(np.float32)


def network(*parts, shape=(8, 8, 3)):
    keras.utils.clear_session()
    keras.utils.set_random_seed(8)
    return keras.Sequential([keras.Input(shape), *parts], name="model")


def scaled():
    return layers.Rescaling(1 / 255, name="scale")


def quantized(*parts, samples=FLOAT, **options):
    return al.quantize(network(*parts), 4, 4, 8, samples=samples, **options)


def agrees(model):
    return al.compare(model, al.convert(model), PIXELS).all_equal


def relu(x):
    return ops.minimum(ops.relu(x), 0.3)


def softmax(x):
    return -x


class OwnCall(layers.Conv2D):
    def call(self, inputs):
        return -super().call(inputs)


class OwnProduct(layers.Conv2D):
    def convolution_op(self, inputs, kernel):
        return super().convolution_op(inputs, ops.abs(kernel))


class OwnName(layers.Conv2D):
    def __init__(self, *args, colour="red", **kwargs):
        super().__init__(*args, **kwargs)
        self.colour = colour

    def get_config(self):
        return {**super().get_config(), "colour": self.colour}


REFUSED = {
    "a function called relu": (
        lambda: [layers.Conv2D(2, 3, activation=relu, name="conv"), layers.Conv2D(2, 3)],
        "conv_relu",
        "relu is no staircase of whole levels",
    ),
    "a function called softmax": (
        lambda: [layers.Conv2D(2, 8, activation=softmax, name="conv")],
        "conv_softmax",
        "softmax is no staircase of whole levels",
    ),
    "leaky inside": (
        lambda: [layers.Conv2D(2, 3, activation="leaky_relu"), layers.Conv2D(2, 3)],
        "conv2d_leaky_relu",
        "leaky_relu is no staircase of whole levels",
    ),
    "own call": (
        lambda: [OwnCall(2, 3, name="own")],
        "own",
        "it is a Conv2D that computes in a way of its own",
    ),
    "own product": (
        lambda: [OwnProduct(2, 3, name="own")],
        "own",
        "it is a Conv2D that computes in a way of its own",
    ),
    "own slope": (
        lambda: [layers.Conv2D(2, 3), layers.PReLU(name="slope")],
        "slope",
        "it has no integer equivalent",
    ),
    "average of windows": (
        lambda: [layers.Conv2D(2, 3), layers.AveragePooling2D(2, name="mean")],
        "mean",
        "it has no integer equivalent",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_only_looks_like_keras_is_refused_by_layer(case):
    parts, layer, text = REFUSED[case]
    problems = al.check_compatibility(quantized(scaled(), *parts()))
    assert (layer, text) in [(each.layer, each.problem) for each in problems]


def test_a_subclass_that_computes_what_its_base_does_is_its_base():
    model = quantized(scaled(), OwnName(2, 3, name="own"), layers.ReLU(6))
    assert type(model.get_layer("own")) is nn.QuantizedConv2D
    assert agrees(model)


@pytest.mark.parametrize(
    "parts",
    [
        lambda: [layers.Conv2D(4, 3, activation=layers.ReLU(max_value=2.0))],
        lambda: [layers.Conv2D(4, 3, activation="relu", name="a"), layers.ReLU(name="a_relu")],
        lambda: [layers.Conv2D(4, 3), layers.ReLU(), layers.AveragePooling2D(6)],
        lambda: [layers.RandomZoom(0.1), layers.Conv2D(4, 3), layers.Activation("relu")],
    ],
    ids=["layer as activation", "names that are taken", "average of the whole map", "zoom"],
)
def test_what_is_clear_is_converted(parts):
    last = [layers.Flatten(), layers.Dense(3)]
    if isinstance(parts()[-1], layers.AveragePooling2D):
        last = [layers.Conv2D(3, 1)]
    assert agrees(quantized(scaled(), *[p for p in parts() if p.name != "a_relu"], *last))


@pytest.mark.parametrize("kind", ["divide", "subtract", "preprocess", "inverted"])
def test_operations_at_the_input_are_a_scaling(kind):
    keras.utils.set_random_seed(8)
    inputs = keras.Input((8, 8, 3))
    x = {
        "divide": lambda: inputs / 255.0,
        "subtract": lambda: (inputs - 128) / 64.0,
        "preprocess": lambda: keras.applications.mobilenet.preprocess_input(inputs),
        "inverted": lambda: 1.0 - inputs / 255.0,
    }[kind]()
    x = ops.relu(layers.Conv2D(4, 3)(x))
    x = ops.mean(x, axis=(1, 2))
    model = al.quantize(
        keras.Model(inputs, ops.softmax(layers.Dense(3)(x))), 4, 4, 8, samples=FLOAT
    )
    with pytest.warns(UserWarning, match="is left out"):
        assert agrees(model)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Flatten(data_format="channels_first", name="bad"),
        lambda: layers.GlobalAveragePooling2D(data_format="channels_first", name="bad"),
        lambda: layers.ZeroPadding2D(data_format="channels_first", name="bad"),
        lambda: layers.MaxPooling2D(data_format="channels_first", name="bad"),
    ],
)
def test_every_layer_that_reads_channels_first_is_named(layer):
    model = network(scaled(), layers.Conv2D(8, 1), layers.ReLU(), layer())
    problems = al.check_compatibility(model)
    assert "bad" in [each.layer for each in problems if "channels_first" in each.problem]
    with pytest.raises(al.ConversionError, match="data_format='channels_first'"):
        al.quantize(model, 4, 4)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_normalization_keeps_what_it_was_adapted_to(padding):
    normalization = layers.Normalization(axis=None if padding == "same" else -1)
    normalization.adapt(FLOAT)
    model = network(normalization, layers.Conv2D(4, 3, padding=padding), layers.ReLU(),
                    layers.Flatten(), layers.Dense(3))  # fmt: skip
    for samples in (FLOAT, None):
        made = al.quantize(model, 8, samples=samples)
        difference = np.abs(np.asarray(made(FLOAT)) - np.asarray(model(FLOAT))).max()
        assert difference < 0.05 * np.abs(np.asarray(model(FLOAT))).max()


@pytest.mark.parametrize("gamma", [1.5, -1.5])
def test_a_normalization_behind_a_pooled_activation_is_absorbed(gamma):
    for order in ("before", "after"):
        parts = [layers.BatchNormalization(name="norm"), layers.MaxPooling2D()]
        if order == "after":
            parts.reverse()
        model = network(scaled(), layers.Conv2D(4, 3, activation="relu"), *parts,
                        layers.Flatten(), layers.Dense(3))  # fmt: skip
        model.get_layer("norm").gamma.assign(np.full(4, gamma))
        model.get_layer("norm").beta.assign([0.5, -0.5, 1, 0])
        made = al.quantize(model, 8, 8, 8, samples=FLOAT)
        if gamma < 0 and order == "before":
            assert [p.layer for p in al.check_compatibility(made)] == ["norm"]
            continue
        assert agrees(made)
        float_again = al.quantize(model, 8, samples=FLOAT)
        for layer in float_again.layers:
            if hasattr(layer, "quantizer"):
                layer.quantizer = nn.WeightFloat()
        difference = np.abs(np.asarray(float_again(FLOAT)) - np.asarray(model(FLOAT))).max()
        assert difference < 0.05 * np.abs(np.asarray(model(FLOAT))).max()


def test_the_layout_is_handed_on_whatever_keras_is_set_to():
    keras.config.set_image_data_format("channels_first")
    try:
        last = {"data_format": "channels_last"}
        model = network(
            layers.Conv2D(4, 3, **last), layers.ReLU(6), layers.Flatten(**last), layers.Dense(2)
        )
        made = al.quantize(model, 4, 4, 8, samples=FLOAT / 255)
        again = type(made).from_config(made.get_config())
        assert made.layers[1].data_format == again.layers[1].data_format == "channels_last"
        integers = al.convert(made, input_scaling=(255, 0))
        assert al.compare(made, integers, PIXELS).all_equal
    finally:
        keras.config.set_image_data_format("channels_last")


def head(units, activation):
    return quantized(scaled(), layers.Conv2D(4, 8), layers.ReLU(), layers.Flatten(),
                     layers.Dense(units, activation=activation, name="last"))  # fmt: skip


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_one_channel_before_a_sigmoid_has_two_classes(activation, tmp_path):
    keras_model = head(1, activation)
    score = keras.Model(keras_model.inputs, keras_model.get_layer("last").output)
    bias = keras_model.get_layer("last").bias
    bias.assign(bias - np.median(score.predict(FLOAT, verbose=0)))
    with pytest.warns(UserWarning, match="is left out"):
        model = al.convert(keras_model, labels=["cat", "dog"])
    middle = 0.5 if activation == "sigmoid" else 0
    wanted = keras_model.predict(FLOAT, verbose=0)[:, 0] > middle
    assert 0 < wanted.sum() < len(wanted)
    model.save(tmp_path / "m.akl")
    for each in (model, al.Model.load(tmp_path / "m.akl")):
        np.testing.assert_array_equal(each.predict(PIXELS), wanted)
        assert (each.head, each.labels) == (activation, ("cat", "dog"))
    assert al.compare(keras_model, model, PIXELS).labels_equal == len(PIXELS)


def test_one_channel_that_is_a_quantity_has_no_classes():
    keras_model = head(1, None)
    model = al.convert(keras_model)
    comparison = al.compare(keras_model, model, PIXELS)
    assert comparison.labels_equal is None
    assert "same label" not in str(comparison)
    with pytest.raises(al.InputError) as caught:
        model.predict(PIXELS)
    assert str(caught.value) == (
        "layer 'last' (FullyConnected): its map has shape (1, 1, 1): one channel, of which "
        "none is highest. Fix: use evaluate(x) > 0 where it stands for two classes, "
        "evaluate(x) where it is a quantity."
    )
    with pytest.raises(al.InputError, match="option 'head': 'softmax' is not one of"):
        al.Model(model.layers, head="softmax")


@pytest.mark.parametrize("samples", [None, FLOAT])
def test_the_ceiling_of_a_relu_is_honoured(samples):
    model = quantized(scaled(), layers.Conv2D(4, 3), layers.ReLU(0.01, name="act"),
                      samples=samples)  # fmt: skip
    assert model.get_layer("act").max_value == 0.01
    assert model.predict(FLOAT * 100, verbose=0).max() == np.float32(0.01)
    learning = quantized(scaled(), layers.Conv2D(4, 3), layers.ReLU(0.01, name="act"),
                         samples=samples, trainable_activations=True)  # fmt: skip
    assert learning.get_layer("act").gamma == float(np.float32(0.01 / 15 * 1.0))


def test_a_relu_without_a_ceiling_is_named_where_there_are_no_samples():
    with pytest.warns(UserWarning, match="states no ceiling") as caught:
        quantized(scaled(), layers.Conv2D(4, 3, activation="relu", name="a"), samples=None)
    assert [str(each.message) for each in caught if each.category is UserWarning] == [
        "layers 'a_relu': the ReLU states no ceiling, so that its range is a guess. Fix: pass "
        "samples=, some hundred inputs, from which it is chosen; or train on."
    ]


def test_the_same_width_changes_nothing():
    model = quantized(
        scaled(),
        layers.Conv2D(4, 3, activation="relu"),
        layers.SeparableConv2D(4, 3, activation="relu"),
        layers.Dropout(0.1),
        quantizer=nn.TrainableStdWeightQuantizer,
        trainable_activations=True,
    )
    for layer in model.layers:
        for variable in layer.weights:
            if variable.name.startswith("threshold"):
                variable.assign(variable + 0.25)
    for again in (al.quantize(model, 4, 4, 8), al.quantize(model), al.quantize(model, 0, 4)):
        assert again.to_json() == model.to_json()
        for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    narrower = al.quantize(model, 2)
    assert type(narrower.layers[2].quantizer) is nn.TrainableStdWeightQuantizer
    learned = [v for v in narrower.layers[2].weights if v.name == "threshold"]
    assert [float(v) for v in learned] == [3.25]


def test_one_trainable_quantizer_for_two_layers_is_refused():
    shared = nn.TrainableStdWeightQuantizer(bitwidth=4)
    with pytest.raises(al.InputError) as caught:
        network(nn.QuantizedConv2D(2, 3, shared), nn.QuantizedConv2D(2, 3, shared, name="two"))
    assert str(caught.value) == (
        "layer 'two': its quantizer is that of another layer too, and one threshold cannot be "
        "trained for both. Fix: make a TrainableStdWeightQuantizer for each."
    )


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
def test_a_saved_model_is_read_in_a_new_process(ending, tmp_path):
    two = {"quantizer": nn.TrainableStdWeightQuantizer(bitwidth=4)}
    two["quantizer_dw"] = nn.TrainableStdWeightQuantizer(bitwidth=4)
    model = network(nn.QuantizedConv2D(2, 3, nn.MaxQuantizer(4)), nn.QuantizedReLU(2),
                    nn.QuantizedSeparableConv2D(2, 3, **two))  # fmt: skip
    path = tmp_path / f"q.{ending}"
    model.save(path)
    code = f"""import akida_lite as al, numpy as np
model = al.load_keras({str(path)!r})
np.save({str(tmp_path / "out.npy")!r}, model(np.load({str(tmp_path / "x.npy")!r})))"""
    np.save(tmp_path / "x.npy", FLOAT)
    subprocess.run([sys.executable, "-c", code], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), np.asarray(model(FLOAT)))


def test_files_that_are_no_keras_models(tmp_path):
    (tmp_path / "x.keras").write_bytes(b"nothing")
    for name, text in (
        ("x.txt", "its ending is '.txt'. Fix: name a file of keras.Model.save(): .keras, .h5"),
        ("none.keras", "there is no such file. Fix: name a file that keras.Model.save()"),
        ("x.keras", "Keras cannot load it ("),
    ):
        with pytest.raises(al.FileFormatError) as caught:
            al.load_keras(tmp_path / name)
        assert text in str(caught.value)


def test_an_activation_that_cannot_be_copied_is_named():
    model = network(
        layers.Conv2D(2, 3, activation=functools.partial(keras.activations.relu), name="conv")
    )
    with pytest.raises(al.ConversionError) as caught:
        al.quantize(model, 4, 4)
    (problem,) = caught.value.problems
    assert problem.layer == "conv"
    assert problem.problem.startswith("it cannot be copied (Cannot serialize object")
    assert problem.remedy == "use functions of Keras, such as activation='relu'"
    assert [p.layer for p in al.check_compatibility(model, input_scaling=(1, 0))] == ["conv"]


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`")
def test_lora_is_part_of_the_weights_and_int8_is_refused():
    model = network(scaled(), layers.Conv2D(2, 8), layers.ReLU(6), layers.Flatten(),
                    layers.Dense(4, name="dense"))  # fmt: skip
    model.get_layer("dense").enable_lora(2)
    model.get_layer("dense").lora_kernel_b.assign(np.ones((2, 4)))
    made = al.quantize(model, 8, 8, samples=FLOAT)
    held, effective = made.get_layer("dense").kernel, model.get_layer("dense").kernel
    np.testing.assert_array_equal(np.asarray(held), np.asarray(effective))
    assert agrees(made)
    plain = network(scaled(), layers.Conv2D(2, 8), layers.Flatten(), layers.Dense(4, name="d"))
    plain.quantize("int8")
    text = "Keras has quantized it to int8, which leaves none of the weights that are rounded "
    problems = [p.problem for p in al.check_compatibility(plain) if p.layer == "d"]
    assert problems[0] == text + "here"
    with pytest.raises(al.ConversionError, match="take the model as it was before"):
        al.quantize(plain, 4, 4)


def test_widths_of_single_layers_are_checked():
    model = network(scaled(), layers.Conv2D(2, 3, name="conv"), layers.ReLU(6, name="act"))
    with pytest.raises(al.InputError) as caught:
        al.quantize(model, 4, 4, layers={"conv": 1, "cnv": 2})
    assert str(caught.value).splitlines() == [
        "option 'layers': 'conv': 1 is not 0 (as it is) or one of 2 to 8 (bits). Fix: choose "
        "one of them.",
        "option 'layers': 'cnv': no layer of this name has weights or is an activation. Fix: "
        "choose among 'conv', 'act'.",
    ]
    with pytest.raises(al.InputError, match="layer 7: the model has 3 layers"):
        al.quantize_layer(model, 7, 2)
    assert al.quantize_layer(model, 1, 2).get_layer("conv").quantizer.bitwidth == 2
    assert al.quantize(model=model, layers={"act": 2}).get_layer("act").bitwidth == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (FLOAT[0], "it is a ndarray of shape (8, 8, 3) and type float32, numbers of shape "
         "(n, 8, 8, 3) are expected. Fix: give one array of inputs as the model is fed them, "
         "without labels."),
        (FLOAT[:0], "it is a ndarray of shape (0, 8, 8, 3) and type float32, "),
        ("x", "it is a str of shape () and type <U1, numbers of shape (n, 8, 8, 3) are"),
        ((FLOAT, [1, 2]), "it is a tuple of shape () and type object, numbers of shape (n"),
        (np.where(PIXELS < 9, np.inf, FLOAT), "values are NaN or infinite. Fix: leave out the "
         "inputs that hold them."),
    ],
)  # fmt: skip
def test_samples_that_the_model_cannot_read_are_refused(given, message):
    with pytest.raises(al.InputError) as caught:
        quantized(scaled(), layers.Conv2D(2, 3), layers.ReLU(), samples=given)
    assert str(caught.value).startswith("option 'samples': ")
    assert message in str(caught.value)


def test_options_of_another_kind_are_refused():
    model = network(scaled(), layers.Conv2D(2, 3, name="conv"), layers.ReLU(6, name="act"))
    with pytest.raises(al.InputError) as caught:
        al.quantize(model, 4, 4, layers=["conv"], quantizer="max", activation="relu")
    assert str(caught.value).splitlines() == [
        "option 'layers': ['conv'] is no dictionary of names and bits. Fix: give one such as "
        "{'dense_2': 2}.",
        "option 'quantizer': 'max' cannot be called with bitwidth=. Fix: give a class, such as "
        "nn.MaxQuantizer.",
        "option 'activation': 'relu' cannot be called with bitwidth=. Fix: give a class, such "
        "as nn.QuantizedReLU.",
    ]
    with pytest.raises(al.InputError, match="quantize: input_weights_quantization: "):
        al.quantize(model, 4, 4, FLOAT)
    with pytest.raises(al.InputError, match="layer None: the model has 3 layers"):
        al.quantize_layer(model, None, 2)
    with pytest.raises(al.ConversionError, match="it is a int, a keras"):
        al.quantize_layer(3, 0, 2)


def test_twin_names_of_nested_models_are_told_apart():
    inner = [
        keras.Sequential(
            [keras.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same", name="c")]
        )
        for _ in range(2)
    ]
    model = quantized(scaled(), inner[0], layers.ReLU(6), inner[1])
    assert [layer.name for layer in al.convert(model)] == ["c", "c_1"]
    assert agrees(model)


def test_shapes_and_options_that_cannot_be_are_listed_and_never_raised():
    model = network(scaled(), nn.QuantizedConv2D(2, 3, nn.MaxQuantizer(4)))
    for options in (
        {"input_scaling": "x"},
        {"input_scaling": (1, 2, 3)},
        {"input_is_sparse": True, "input_bits": "x"},
        {"input_is_sparse": True, "input_bits": True},
    ):
        assert len(al.check_compatibility(model, **options)) == 1


def through(function):
    """Return a float model with a function of its own behind the first convolution."""
    keras.utils.set_random_seed(8)
    inputs = keras.Input((8, 8, 3))
    h = function(layers.Conv2D(4, 3)(inputs / 255.0))
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(h)))


def test_a_ceiling_given_to_the_function_of_keras_is_honoured():
    model = through(lambda h: keras.activations.relu(h, max_value=0.01))
    made = al.quantize(model, 8, 8, 8, samples=FLOAT)
    assert made.layers[-3].max_value == 0.01
    assert agrees(made)
    sloped = through(lambda h: keras.activations.relu(h, negative_slope=0.1))
    with pytest.raises(al.ConversionError, match=r"negative_slope=0\.1 and threshold=0"):
        al.quantize(sloped, 8, 8)
    (problem,) = al.check_compatibility(al.quantize(sloped, 8))
    assert problem.problem == "ReLU is no staircase of whole levels"


@pytest.mark.parametrize(
    ("function", "problem", "remedy"),
    [
        (lambda h: ops.clip(h, 0, 6), "it has no integer equivalent", "use keras.layers.ReLU,"),
        (lambda h: ops.maximum(h, 0), "it has no integer equivalent", "use keras.layers.ReLU,"),
        (lambda h: ops.max_pool(h, 2), "it has no integer equivalent", "use keras.layers.MaxP"),
        (lambda h: ops.power(h, 2), "it has no integer equivalent", "compute it before the mo"),
        (
            ops.elu,
            "Elu is no staircase of whole levels",
            "replace it by a ReLU of Keras and tr",
        ),
    ],
)
def test_other_operations_are_refused_with_the_layer_to_use(function, problem, remedy):
    (found,) = al.check_compatibility(al.quantize(through(function), 8, 8, 8, samples=FLOAT))
    assert found.problem == problem
    assert found.remedy.startswith(remedy)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="functions of TensorFlow")
def test_functions_of_tensorflow_are_those_of_keras():
    import tensorflow

    def model(room, last):
        keras.utils.set_random_seed(8)
        return network(
            scaled(),
            layers.Conv2D(4, 3, activation=room.relu6, name="conv"),
            layers.Flatten(),
            layers.Dense(3, activation=getattr(room, last), name="dense"),
        )

    for last in ("softmax", "log_softmax", "sigmoid", "tanh"):
        ours, theirs = (
            al.quantize(model(room, last), 4, 4, 8, samples=FLOAT)
            for room in (keras.activations, tensorflow.nn)
        )
        with pytest.warns(UserWarning, match=f"'dense_{last}' .* is left out"):
            assert al.compare(theirs, al.convert(theirs), PIXELS).all_equal
        # A file can hold it, which it cannot hold of TensorFlow's own functions.
        one, other = (each.get_layer(f"dense_{last}").get_config() for each in (ours, theirs))
        assert one == other
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "first",
    [
        lambda: layers.Rescaling([1 / 255, 1 / 128, -1 / 64]),
        lambda: layers.Normalization(mean=[123, 123, 123], variance=[3000, 3100, 3200]),
    ],
    ids=["factors", "one pixel is zero"],
)
def test_a_padded_layer_absorbs_channels_that_have_one_zero(first):
    parts = [layers.Conv2D(4, 3, padding="same", name="conv"), layers.ReLU(), layers.Flatten()]
    model = network(first(), *parts, layers.Dense(3))
    made = al.quantize(model, 8, 8, 8, samples=FLOAT)
    assert agrees(made)
    # Not rounded, it computes what it did.
    made.get_layer("conv").quantizer = nn.WeightFloat()
    model, made = (
        keras.Model(each.inputs[0], each.get_layer("conv").output) for each in (model, made)
    )
    wanted, given = np.asarray(model(FLOAT)), np.asarray(made(FLOAT))
    assert np.abs(given - wanted).max() < 0.02 * np.abs(wanted).max()


def test_factors_behind_an_activation_are_absorbed_by_a_padded_layer():
    model = network(scaled(), layers.Conv2D(3, 3, activation="relu"),
                    layers.Rescaling([2.0, 3.0, 0.5], name="factors"),
                    layers.Conv2D(4, 3, padding="same"), layers.ReLU(), layers.Flatten(),
                    layers.Dense(3))  # fmt: skip
    assert agrees(al.quantize(model, 8, 8, 8, samples=FLOAT))
    model.get_layer("factors").offset = 0.25
    problems = al.check_compatibility(al.quantize(model, 8, 8, 8, samples=FLOAT))
    assert [each.layer for each in problems] == ["factors"]


def test_grey_images_without_an_axis_of_channels():
    model = network(layers.Reshape((8, 8, 1)), scaled(), layers.Conv2D(2, 3, activation="relu"),
                    layers.Flatten(), layers.Dense(3), shape=(8, 8))  # fmt: skip
    grey = PIXELS[..., :1]
    made = al.quantize(model, 4, 4, 8, samples=FLOAT[..., 0])
    integers = al.convert(made)
    assert integers.input_shape == (8, 8, 1)
    assert al.compare(made, integers, grey).all_equal
    with pytest.raises(al.InputError, match=r"Fix: give x\.reshape\(-1, 8, 8, 1\)"):
        integers.predict(grey[..., 0])


EVENTS = np.random.default_rng(4).integers(0, 16, (20, 4, 4, 2), np.uint8)


@pytest.mark.parametrize(
    "first",
    [
        lambda: [layers.Flatten(), nn.QuantizedDense(3, nn.MaxQuantizer(4))],
        lambda: [nn.QuantizedConv2D(3, 3, nn.MaxQuantizer(4)), layers.Flatten()],
        lambda: [nn.QuantizedSeparableConv2D(3, 3, nn.MaxQuantizer(4)), layers.Flatten()],
        lambda: [nn.QuantizedDepthwiseConv2D(3, quantizer=nn.MaxQuantizer(4)),
                 nn.QuantizedConv2D(3, 1, nn.MaxQuantizer(4)), layers.Flatten()],
    ],
    ids=["dense", "convolution", "separable", "depthwise and 1x1"],
)  # fmt: skip
@pytest.mark.parametrize("per_channel", [False, True])
def test_events_that_are_shifted_before_a_layer_that_pads_nothing(first, per_channel):
    offset = [-1.5, -4.0] if per_channel else -2.5
    parts = [nn.QuantizedReLU(4), nn.QuantizedDense(3, nn.MaxQuantizer(4))]
    model = network(layers.Rescaling(0.5, offset), *first(), *parts, shape=(4, 4, 2))
    integers = al.convert(model, input_is_sparse=True)
    assert al.compare(model, integers, EVENTS).all_equal
    given = al.convert(keras.Sequential([keras.Input((4, 4, 2)), *model.layers[1:]]),
                       input_is_sparse=True, input_scaling=(2, 5))  # fmt: skip
    same = np.array_equal(given.forward(EVENTS), integers.forward(EVENTS))
    assert same is not per_channel


def test_a_vector_that_keras_normalizes():
    vectors = EVENTS.reshape(20, 32)
    model = network(
        layers.Normalization(mean=[7.0] * 32, variance=[16.0] * 32),
        layers.Dense(16, activation="relu"),
        layers.Dense(4),
        shape=(32,),
    )
    made = al.quantize(model, 8, 8, 8, samples=vectors.astype(np.float32))
    integers = al.convert(made, input_is_sparse=True)
    assert al.compare(made, integers, vectors.reshape(-1, 1, 1, 32)).all_equal


def test_samples_that_were_divided_before_are_noticed():
    parts = [layers.Conv2D(2, 3, activation="relu"), layers.Flatten(), layers.Dense(2)]
    model = network(scaled(), *parts)
    with pytest.warns(UserWarning, match="option 'samples'") as caught:
        al.quantize(model, 8, 8, 8, samples=(FLOAT - FLOAT.min()) / FLOAT.max())
    assert [str(each.message) for each in caught if each.category is UserWarning] == [
        "option 'samples': they span 0 to 1, and layer 'scale' multiplies them by 0.00392, as "
        "if they were pixels. Fix: give the inputs as the model is fed them, before that layer."
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        al.quantize(model, 8, 8, 8, samples=FLOAT)
        al.quantize(network(*parts), 8, 8, 8, samples=FLOAT / 255)
