"""The graph gives the reference's integers, by whichever way a layer is lowered."""

from collections import Counter

import numpy as np
import onnx
import pytest
from hypothesis import given
from strategies import runs
from trained_like import mobilenet_like, vgg_like

from akida_lite.engine import reference
from akida_lite.engine.onnx import runtime as onnx_runtime
from akida_lite.engine.onnx.exporting import build
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    Potentials,
    SeparableConvolutional,
    Staircase,
)


def assert_same(ours, expected):
    np.testing.assert_array_equal(ours, expected, strict=True)


def assert_equal_after_every_layer(layers, x, threads=None):
    ours, expected = onnx_runtime.prepare(layers, threads), reference.prepare(layers, None)
    for one, other in zip(ours.every_output(x), expected.every_output(x), strict=True):
        assert_same(one, other)
    assert_same(ours.output(x), expected.output(x))
    _, counts = ours.counted(x)
    assert counts == expected.counted(x)[1]


def operators(layers):
    """Number of nodes of each type."""
    return Counter(node.op_type for node in build(layers).graph.node)


def extremes(shape, highest, rng, images=6):
    """Images of nothing, of the highest value only, and of both at random."""
    x = rng.integers(0, 2, (images, *shape)).astype(np.uint8) * highest
    x[0], x[1] = 0, highest
    return x


@given(runs())
def test_chains_of_every_layer_type(case):
    assert_equal_after_every_layer(*case)


TRAINED_LIKE = {
    "vgg 2/2": lambda rng: vgg_like(rng),
    "vgg 3/3": lambda rng: vgg_like(rng, weight_bits=3, act_bits=3),
    "vgg 4/4": lambda rng: vgg_like(rng, weight_bits=4, act_bits=4),
    "vgg 2/1": lambda rng: vgg_like(rng, act_bits=1),
    "mobilenet 4/4, input 8": mobilenet_like,
    "mobilenet 2/2, input 2": lambda rng: mobilenet_like(
        rng, weight_bits=2, act_bits=2, input_weight_bits=2
    ),
    "mobilenet 3/4, input 4": lambda rng: mobilenet_like(
        rng, weight_bits=3, act_bits=4, input_weight_bits=4
    ),
}


@pytest.mark.parametrize("name", TRAINED_LIKE)
def test_trained_models_run_in_8_bits_up_to_the_last_layer(name, rng):
    layers = TRAINED_LIKE[name](rng)
    x = rng.integers(0, 256, (5, *layers[0].input_shape), np.uint8)
    assert_equal_after_every_layer(layers, x)
    assert_equal_after_every_layer(layers, extremes(x.shape[1:], 255, rng))
    found = operators(layers)
    separable = sum(isinstance(layer, SeparableConvolutional) for layer in layers)
    # The last pointwise product gives potentials; an input of 8 x 8 bits may need float32.
    in_8_bits = len(layers) - 1 - ("QuantizeLinear" in found) + separable
    assert found["QLinearConv"] == in_8_bits
    assert found["Greater"] == found["ConvInteger"] == found["MatMul"] == 0


def pixels(weights, output, pool=None):
    return (
        InputConvolutional(
            name="pixels",
            input_shape=(5, 4, weights.shape[2]),
            weights=weights,
            weight_bits=8,
            input_bits=8,
            padding_value=128,
            output=output,
            pool=pool,
        ),
    )


def events(shape, layer):
    return (InputData(name="events", input_shape=shape, input_bits=layer.input_bits), layer)


def spaced(filters, levels, first=0.3, distance=1000.7):
    """Thresholds that batch normalization could have left, a little apart in each filter."""
    distances = distance + 0.37 * np.arange(filters)[:, np.newaxis]
    cuts = np.floor(first + distances * np.arange(levels)).astype(np.int32)
    return Staircase(cuts, levels.bit_length())


def signs(shape, size):
    """Weights of one size and both signs."""
    return np.random.default_rng(5).choice(np.int8([-size, size]), shape)


def uneven(filters):
    """Thresholds with no constant distance between them."""
    return Staircase(np.tile(np.int32([-900, -899, 5]), (filters, 1)), 2)


def scores(filters):
    return Potentials(np.ones(filters), np.zeros(filters))


WIDE = {"weight_bits": 8, "input_bits": 8}
FULL = signs((7, 7, 12, 2), 127)
DEPTH = np.full((3, 3, 20, 1), 127, np.int8)
MIX = np.full((1, 1, 20, 2), -127, np.int8)


def deep(output, pool=None):
    """A convolution whose potentials float32 cannot hold."""
    layer = Convolutional(name="deep", weights=FULL, output=output, pool=pool, **WIDE)
    return events((8, 7, 12), layer)


def separable(output, depthwise=DEPTH, pointwise=MIX, bits=4):
    layer = SeparableConvolutional(
        name="separable",
        depthwise=depthwise,
        pointwise=pointwise,
        weight_bits=8,
        input_bits=bits,
        output=output,
    )
    return events((4, 5, depthwise.shape[2]), layer)


WAYS = {
    # Weights above 64 on pixels would saturate where pairs are added in int16.
    "unsigned weights": (
        pixels(np.full((3, 3, 3, 2), 127, np.int8), spaced(2, 1)),
        "QLinearConv",
        "uint8",
    ),
    "signed weights": (
        pixels(np.full((3, 3, 3, 2), 64, np.int8), spaced(2, 1)),
        "QLinearConv",
        "int8",
    ),
    "float32, then rounding": (
        pixels(signs((3, 3, 3, 16), 127), spaced(16, 15)),
        "QuantizeLinear",
        "float32",
    ),
    "float32 and comparisons": (
        pixels(signs((3, 3, 3, 2), 5), uneven(2)),
        "Greater",
        "float32",
    ),
    "float32, pooled": (
        pixels(signs((3, 3, 3, 2), 5), uneven(2), MaxPool((3, 2), (2, 1), "same")),
        "Greater",
        "float32",
    ),
    "int32 and comparisons": (deep(uneven(2)), "ConvInteger", "uint8"),
    "int32 potentials": (deep(scores(2)), "ConvInteger", "uint8"),
    "int32, pooled as float64": (
        deep(scores(2), MaxPool((2, 2), (1, 2), "same")),
        "MaxPool",
        "uint8",
    ),
    "int32, added up": (deep(uneven(2), GlobalAveragePool()), "ReduceSum", "uint8"),
    "separable in int32": (separable(uneven(2), bits=8), "MatMul", "int32"),
    "separable in float32": (
        separable(uneven(2), signs((3, 3, 4, 1), 100), signs((1, 1, 4, 2), 1)),
        "Greater",
        "float32",
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_every_way_to_lower_a_layer(name, rng):
    layers, operator, dtype = WAYS[name]
    first = layers[0]
    highest = 2**first.input_bits - 1
    assert operators(layers)[operator], operators(layers)
    assert dtype in weight_types(layers)
    assert_equal_after_every_layer(layers, extremes(first.input_shape, highest, rng))
    x = rng.integers(0, highest, (3, *first.input_shape), np.uint8, endpoint=True)
    assert_equal_after_every_layer(layers, x)


def weight_types(layers):
    """Types of the constants with the shape of a kernel or matrix."""
    constants = build(layers).graph.initializer
    return {
        onnx.helper.tensor_dtype_to_np_dtype(constant.data_type).name
        for constant in constants
        if len(constant.dims) > 1
    }


def test_sums_at_the_ends_of_their_range_do_not_saturate_in_between(rng):
    """Byte times byte, added in pairs: exact only where the lowering keeps them small."""
    for bits, limit in ((8, 127), (4, 7), (2, 1)):
        for input_bits in (8, 4, 2):
            weights = rng.choice(np.int8([-limit, limit]), (96, 33))
            layer = FullyConnected(
                name="ends",
                weights=weights,
                weight_bits=bits,
                input_bits=input_bits,
                output=spaced(33, 15, 0.2, limit * 100.3),
            )
            layers = events((1, 1, 96), layer)
            x = extremes((1, 1, 96), 2**input_bits - 1, rng, images=40)
            x[2] = (weights[:, 0] > 0) * x.max()
            x[3] = (weights[:, 0] < 0) * x.max()
            assert_equal_after_every_layer(layers, x)


@pytest.mark.parametrize("name", TRAINED_LIKE)
def test_threads_and_batches_change_nothing(name, rng):
    layers = TRAINED_LIKE[name](rng)
    x = rng.integers(0, 256, (9, *layers[0].input_shape), np.uint8)
    whole = onnx_runtime.prepare(layers, 1).output(x)
    for threads in (2, 3):
        program = onnx_runtime.prepare(layers, threads)
        assert_same(program.output(x), whole)
        parts = [program.output(x[at : at + 2]) for at in range(0, 9, 2)]
        assert_same(np.concatenate(parts), whole)


def test_a_layer_in_the_middle_may_end_in_a_constant(rng):
    """A filter whose gain is zero: its level depends on nothing."""
    never, always = np.int32([2**31 - 1] * 3), np.int32([-(2**31)] * 3)
    some = np.int32([-(2**31), 4, 2**31 - 1])
    layers = pixels(
        rng.integers(-3, 4, (3, 3, 2, 3), np.int8),
        Staircase(np.stack([never, always, some]), 2),
    )
    x = rng.integers(0, 256, (4, 5, 4, 2), np.uint8)
    assert_equal_after_every_layer(layers, x)
    assert operators(layers)["QLinearConv"] == 1
    levels = onnx_runtime.prepare(layers, None).output(x)
    assert (levels[..., 0] == 0).all()
    assert (levels[..., 1] == 3).all()
    assert set(np.unique(levels[..., 2])) == {1, 2}


@pytest.mark.parametrize("model", [vgg_like, mobilenet_like])
def test_without_products_of_bytes_the_integers_are_the_same(model, rng):
    layers = model(rng)
    graph = build(layers, eight_bits=False)
    assert "QLinearConv" not in {node.op_type for node in graph.graph.node}
    x = extremes(layers[0].input_shape, 255, rng)
    (found,) = onnx_runtime._session(graph, None).run(None, {"input": x})
    assert_same(found, reference.prepare(layers, None).output(x))
