"""Stored weights come back bit for bit, and only into the network they belong to."""

import keras
import numpy as np
import pytest

import akida_lite as al
from akida_lite import nn
from akida_lite.files import sha256_of
from akida_lite.storage.container import read_container, write_container
from akida_lite.zoo import load_weights, save_weights

SHAPE = (8, 8, 3)


def network(bits=4, filters=5, quantizer=None, dense="dense", relu=True):
    inputs = keras.Input(SHAPE)
    x = nn.conv_block(
        inputs, 4, 3, name="conv", weight_quantization=bits, activ_quantization=bits,
        add_batchnorm=True, use_bias=False,
    )  # fmt: skip
    x = nn.separable_conv_block(
        x, filters, 3, name="separable", weight_quantization=bits, activ_quantization=bits
    )
    if relu:
        x = nn.QuantizedReLU(3, name="relu")(x)
    x = keras.layers.Flatten()(x)
    kernel = nn.weight_quantizer(bits) if quantizer is None else quantizer
    return keras.Model(inputs, nn.QuantizedDense(3, kernel, name=dense)(x))


@pytest.fixture
def trained(rng):
    return with_weights(network(), rng)


def with_weights(model, rng):
    model.set_weights(
        [rng.uniform(0.05, 1, w.shape).astype(np.float32) for w in model.get_weights()]
    )
    return model


def integers(model):
    """Return every quantized kernel as integers and scale."""
    found = []
    for layer in model.layers:
        for name, owner in (
            ("kernel", "quantizer"),
            ("depthwise_kernel", "quantizer_dw"),
            ("pointwise_kernel", "quantizer"),
        ):
            # Separable layers of Keras have no kernel, plain ones no depthwise kernel.
            if hasattr(layer, owner) and getattr(layer, name, None) is not None:
                kernel = np.asarray(getattr(layer, name))
                found.append(getattr(layer, owner).integers(kernel))
    return found


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_outputs_and_integers_come_back_bit_for_bit(bits, rng, tmp_path):
    model = with_weights(network(bits), rng)
    save_weights(tmp_path / "w.akw", model, {"note": "kept"})
    again = network(bits)
    load_weights(tmp_path / "w.akw", again)
    assert len(integers(model)) == 4
    for (kernel, scale), (same, its) in zip(integers(model), integers(again), strict=True):
        np.testing.assert_array_equal(kernel, same)
        np.testing.assert_array_equal(scale, its)
    x = rng.uniform(0, 1, (6, *SHAPE)).astype(np.float32)
    # Called, not compiled: compiling turns division by a constant scale into a product.
    np.testing.assert_array_equal(np.asarray(model(x)), np.asarray(again(x)))
    assert read_container(tmp_path / "w.akw")[0]["note"] == "kept"


def test_saving_what_was_loaded_gives_the_same_bytes(trained, tmp_path):
    save_weights(tmp_path / "once.akw", trained, {})
    again = network()
    load_weights(tmp_path / "once.akw", again)
    save_weights(tmp_path / "twice.akw", again, {})
    assert (tmp_path / "once.akw").read_bytes() == (tmp_path / "twice.akw").read_bytes()


def test_float_kernels_are_rounded_to_half_precision_and_nothing_else_is(rng, tmp_path):
    model = with_weights(network(0), rng)
    save_weights(tmp_path / "w.akw", model, {})
    again = network(0)
    load_weights(tmp_path / "w.akw", again)
    for variable, same in zip(model.variables, again.variables, strict=True):
        value = np.asarray(variable)
        if "kernel" in variable.name:
            value = value.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(np.asarray(same), value)


def test_a_scale_for_each_filter_is_refused(rng, tmp_path):
    model = with_weights(network(quantizer=nn.MaxPerAxisQuantizer(4)), rng)
    with pytest.raises(al.InputError) as refused:
        save_weights(tmp_path / "w.akw", model, {})
    assert str(refused.value) == (
        "layer 'dense' (QuantizedDense): MaxPerAxisQuantizer has a scale for each filter. "
        "Fix: use a quantizer with one scale, such as StdWeightQuantizer."
    )
    assert not (tmp_path / "w.akw").exists()


NETWORK = "build the network that the weights were trained for"
WIDTHS = "ask for the widths that the weights were trained with"


@pytest.mark.parametrize(
    ("other", "problem", "remedy"),
    [
        (
            {"filters": 6},
            "'separable.pointwise_kernel' is (1, 1, 4, 5), the model has (1, 1, 4, 6)",
            NETWORK,
        ),
        (
            {"dense": "scores"},
            "'scores.kernel' is missing, the model has (80, 3)",
            NETWORK,
        ),
        (
            {"bits": 0},
            "'conv.kernel' is quantized, the model quantizes it to 0 bits (0: not)",
            WIDTHS,
        ),
        ({"bits": 2}, "'conv.kernel' holds integers of more bits than the model's 2", WIDTHS),
    ],
)
def test_weights_of_another_network_are_refused(other, problem, remedy, trained, tmp_path):
    path = tmp_path / "w.akw"
    save_weights(path, trained, {})
    model = network(**other)
    before = model.get_weights()
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, model)
    assert str(refused.value) == f"file '{path}': {problem}. Fix: {remedy}."
    for one, same in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


def test_float_weights_do_not_fit_a_quantized_network(rng, tmp_path):
    save_weights(tmp_path / "w.akw", with_weights(network(0), rng), {})
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(tmp_path / "w.akw", network())
    assert str(refused.value) == (
        f"file '{tmp_path / 'w.akw'}': 'conv.kernel' is float, the model quantizes it to 4 "
        f"bits (0: not). Fix: {WIDTHS}."
    )


def test_more_weights_than_the_network_has_are_refused(trained, tmp_path):
    path = tmp_path / "w.akw"
    save_weights(path, trained, {})
    content, arrays = read_container(path)
    write_container(path, content, {**arrays, "more.kernel": np.zeros(2, np.float32)})
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, network())
    assert str(refused.value) == (
        f"file '{path}': the model has no 'more.kernel'. Fix: {NETWORK}."
    )


def test_a_saved_integer_model_is_no_file_of_weights(tmp_path):
    path = tmp_path / "model.akl"
    write_container(path, {"layers": []}, {})
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, network())
    assert str(refused.value) == (
        f"file '{path}': it holds no Keras weights. Fix: name a file of "
        "akida_lite.zoo.save_weights()."
    )


# -- kernels that stand in the file of the integer model ------------------------------------


@pytest.fixture
def pair(rng, tmp_path):
    """A network some of whose filters conversion negates, and both files of it."""
    model = with_weights(network(relu=False), rng)
    (norm,) = (la for la in model.layers if isinstance(la, keras.layers.BatchNormalization))
    norm.gamma.assign(norm.gamma * [1, -1, 1, -1])
    al.convert(model, input_scaling=(255, 0)).save(tmp_path / "m.akl")
    save_weights(tmp_path / "m.akw", model, {"note": "kept"}, integers=tmp_path / "m.akl")
    return model, tmp_path / "m.akw", tmp_path / "m.akl"


def test_what_the_integer_model_holds_is_stored_once(pair):
    model, path, _ = pair
    content, arrays = read_container(path)
    assert content["note"] == "kept"
    assert not [name for name in arrays if name.endswith("kernel")]
    np.testing.assert_array_equal(arrays["conv.kernel.signs"], [1, -1, 1, -1])
    again = network(relu=False)
    load_weights(path, again)
    for one, other in zip(integers(model), integers(again), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1] == other[1]
    x = np.random.default_rng(5).uniform(0, 1, (3, *SHAPE)).astype(np.float32)
    np.testing.assert_array_equal(
        np.asarray(again.predict_on_batch(x)), np.asarray(model.predict_on_batch(x))
    )


def test_what_the_integer_model_does_not_hold_stays_in_the_file(pair, rng, tmp_path):
    _, _, integer_file = pair
    other = with_weights(network(filters=6, relu=False), rng)
    save_weights(tmp_path / "other.akw", other, {}, integers=integer_file)
    _, arrays = read_container(tmp_path / "other.akw")
    kept = {name for name in arrays if name.endswith("kernel")}
    assert "separable.pointwise_kernel" in kept
    again = network(filters=6, relu=False)
    load_weights(tmp_path / "other.akw", again)
    for one, found in zip(integers(other), integers(again), strict=True):
        np.testing.assert_array_equal(one[0], found[0])


def test_without_its_integers_a_file_is_refused(pair):
    _, path, integer_file = pair
    integer_file.unlink()
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, network(relu=False))
    assert str(refused.value) == (
        f"file '{path}': its integers are in 'm.akl', which is not beside it. "
        "Fix: keep both files in one folder."
    )


def test_other_integers_than_it_was_saved_with_are_refused(pair):
    _, path, integer_file = pair
    expected = sha256_of(integer_file)
    model = al.Model(al.Model.load(integer_file).layers, name="other")
    model.save(integer_file)
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, network(relu=False))
    assert str(refused.value) == (
        f"file '{path}': its integers are in 'm.akl', which has SHA-256 "
        f"{sha256_of(integer_file)}; {expected} is expected. "
        "Fix: take both files from the same place."
    )


@pytest.mark.parametrize("named", ["../m.akl", 7, None])
def test_integers_elsewhere_are_never_looked_for(pair, named):
    _, path, _ = pair
    content, arrays = read_container(path)
    integers = {"file": named, "sha256": "0"}
    write_container(path, {**content, "integers": integers}, arrays)
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, network(relu=False))
    assert str(refused.value) == (
        f"file '{path}': it names {named!r} as its integers. "
        "Fix: get the file again from where it came from."
    )


@pytest.mark.parametrize("signs", [[1, -1, 1], [1, -1, 1, 0], [1, -1, 1, 2]])
def test_signs_that_do_not_fit_a_kernel_are_refused(signs, pair):
    _, path, _ = pair
    content, arrays = read_container(path)
    arrays["conv.kernel.signs"] = np.array(signs, np.int8)
    write_container(path, content, arrays)
    with pytest.raises(al.FileFormatError) as refused:
        load_weights(path, network(relu=False))
    assert str(refused.value) == (
        f"file '{path}': 'conv.kernel' is missing, the model has (3, 3, 3, 4). Fix: {NETWORK}."
    )


KERNEL = "conv.kernel"
ONE_SCALE = "one number above 0 is expected, which single precision holds"
HOSTILE_WEIGHTS = {
    "scale-zero": (
        {"conv__kernel__scale": np.float64(0)},
        f"the scale of '{KERNEL}' is 0.0, {ONE_SCALE}",
    ),
    "scale-negative": (
        {"conv__kernel__scale": np.float64(-1)},
        f"the scale of '{KERNEL}' is -1.0, {ONE_SCALE}",
    ),
    "scale-nan": (
        {"conv__kernel__scale": np.float64("nan")},
        f"the scale of '{KERNEL}' is nan, {ONE_SCALE}",
    ),
    "scale-tiny": (
        {"conv__kernel__scale": np.float64(1e-300)},
        f"the scale of '{KERNEL}' is 1e-300, {ONE_SCALE}",
    ),
    "scale-huge": (
        {"conv__kernel__scale": np.float64(1e308)},
        f"the scale of '{KERNEL}' is 1e+308, {ONE_SCALE}",
    ),
    "scale-of-a-bias": (
        {"dense__bias__scale": np.float64(1)},
        "the model has no 'dense.bias.scale'",
    ),
    "signs-beside-their-kernel": (
        {"conv__kernel__signs": np.ones(4, np.int8)},
        f"the model has no '{KERNEL}.signs'",
    ),
    "scales": (
        {"conv__kernel__scale": np.ones(2)},
        f"the scale of '{KERNEL}' is [1. 1.], {ONE_SCALE}",
    ),
    "lowest-byte": (
        {"conv__kernel": np.full((3, 3, 3, 4), -128, np.int8)},
        f"'{KERNEL}' holds integers of more bits than the model's 4",
    ),
    "bias-nan": (
        {"dense__bias": np.full(3, np.nan, np.float32)},
        "'dense.bias' holds what is no number",
    ),
    "bias-beyond-float32": (
        {"dense__bias": np.full(3, 1e300)},
        "'dense.bias' holds what is no number",
    ),
    "negative-variance": (
        {"conv_BN__moving_variance": np.full(4, -1, np.float32)},
        "'conv_BN.moving_variance' is negative, down to -1",
    ),
}


@pytest.mark.parametrize("case", HOSTILE_WEIGHTS)
def test_weights_that_cannot_be_used_leave_the_model_as_it_was(
    case, trained, tmp_path, monkeypatch
):
    changed, problem = HOSTILE_WEIGHTS[case]
    path = tmp_path / "weights.akw"
    save_weights(path, trained, {})
    content, arrays = read_container(path)
    arrays |= {key.replace("__", "."): np.asarray(value) for key, value in changed.items()}
    monkeypatch.setattr("akida_lite.zoo.store.read_container", lambda path: (content, arrays))
    model = network()
    before = model.get_weights()
    with pytest.raises(al.FileFormatError) as caught:
        load_weights(path, model)
    assert str(caught.value).startswith(f"file '{path}': {problem}. Fix: ")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
