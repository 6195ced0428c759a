"""ONNX Runtime's kernels compute what the proofs assume, to the last bit."""

import numpy as np
import onnx
import onnxruntime
import pytest

from akida_lite.engine.onnx.cut_points import DIVIDING, MULTIPLYING


def outputs_of(nodes, constants, x, filters):
    helper = onnx.helper
    graph = helper.make_graph(
        nodes,
        "kernel",
        [helper.make_tensor_value_info("x", onnx.TensorProto.UINT8, x.shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.UINT8, (len(x), filters, 1, 1))],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = helper.make_opsetid("", 14)
    model = helper.make_model(graph, ir_version=7, opset_imports=[opset])
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0][:, :, 0, 0]


def quantized_convolution(x, kernel, biases, scales):
    one, zero = np.array(1, np.float32), np.array(0, np.uint8)
    names = "x one zero w scales zero_w one zero biases".split()
    node = onnx.helper.make_node("QLinearConv", names, ["y"])
    constants = {
        "one": one,
        "zero": zero,
        "w": kernel,
        "scales": scales,
        "zero_w": np.array(0, np.int8),
        "biases": biases,
    }
    return outputs_of([node], constants, x, len(biases))


def float_convolution(x, kernel, biases, scales):
    make = onnx.helper.make_node
    nodes = [
        make("Cast", ["x"], ["real"], to=onnx.TensorProto.FLOAT),
        make("Conv", ["real", "w", "biases"], ["sums"]),
        make("QuantizeLinear", ["sums", "scales", "zeros"], ["y"], axis=1),
    ]
    constants = {
        "w": kernel.astype(np.float32),
        "biases": biases.astype(np.float32),
        "scales": scales,
        "zeros": np.zeros(len(biases), np.uint8),
    }
    return outputs_of(nodes, constants, x, len(biases))


WAYS = {"int8": (quantized_convolution, MULTIPLYING), "float32": (float_convolution, DIVIDING)}


@pytest.mark.parametrize("images", [1, 7, 64])
@pytest.mark.parametrize("filters", [1, 5, 16, 37])
@pytest.mark.parametrize("way", WAYS)
def test_rounding_and_saturation_are_those_of_the_proof(way, filters, images, rng):
    convolve, arithmetic = WAYS[way]
    channels = 24
    x = rng.integers(0, 256, (images, channels, 1, 1), np.uint8)
    kernel = rng.integers(-60, 61, (filters, channels, 1, 1), np.int8)
    biases = rng.integers(-(10**5), 10**5, filters, np.int32)
    # Powers of two put many sums on a tie; the others put some near one.
    steps = np.where(np.arange(filters) % 2, 2.0**11, rng.uniform(100, 3000, filters))
    scales = (1 / steps if arithmetic is MULTIPLYING else steps).astype(np.float32)
    sums = x[:, :, 0, 0].astype(np.int64) @ kernel[:, :, 0, 0].T.astype(np.int64) + biases
    expected = arithmetic.levels(sums, scales)
    np.testing.assert_array_equal(convolve(x, kernel, biases, scales), expected)


@pytest.mark.parametrize("way", WAYS)
def test_ties_go_to_the_even_level(way):
    convolve, arithmetic = WAYS[way]
    x = np.arange(256, dtype=np.uint8).reshape(256, 1, 1, 1)
    kernel = np.ones((1, 1, 1, 1), np.int8)
    scales = np.array([0.5 if arithmetic is MULTIPLYING else 2], np.float32)
    levels = convolve(x, kernel, np.zeros(1, np.int32), scales)[:, 0]
    assert levels[:8].tolist() == [0, 0, 1, 2, 2, 2, 3, 4]


def test_sums_beyond_24_bits_are_rounded_as_the_proof_rounds_them(rng):
    x = rng.integers(0, 256, (200, 8, 1, 1), np.uint8)
    kernel = rng.integers(-60, 61, (3, 8, 1, 1), np.int8)
    biases = np.int32([2**24 + 1, 2**30, -(2**31) + 10**6])
    scales = np.float32([2**-17, 2**-23, 1])
    sums = x[:, :, 0, 0].astype(np.int64) @ kernel[:, :, 0, 0].T.astype(np.int64) + biases
    found = quantized_convolution(x, kernel, biases, scales)
    np.testing.assert_array_equal(found, MULTIPLYING.levels(sums, scales))
