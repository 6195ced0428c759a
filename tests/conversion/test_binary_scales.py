"""Scales become powers of two, and the network stays what it was."""

import keras
import numpy as np
import pytest
from every_block import network

from akida_lite import nn
from akida_lite.conversion import convert
from akida_lite.conversion.binary_scales import make_scales_binary
from akida_lite.engine import trace
from akida_lite.nn.kernels import quantized_kernels


def scales(layer):
    return [
        float(quantizer.integers(np.asarray(kernel))[1])
        for kernel, quantizer in quantized_kernels(layer)
    ]


@pytest.fixture(params=[False, True], ids=["no bias", "bias"])
def model(request, rng):
    keras.utils.set_random_seed(1)
    return network(rng, use_bias=request.param)


def test_scales_are_powers_of_two_where_batch_normalization_follows(model):
    before = {layer.name: scales(layer) for layer in model.layers}
    make_scales_binary(model)
    after = {layer.name: scales(layer) for layer in model.layers}
    assert after["scores"] == before["scores"]
    found = [s for name, each in after.items() if name != "scores" for s in each]
    assert len(found) == 5
    assert all(np.frexp(scale)[0] == 0.5 for scale in found)
    assert all(
        new <= old < 2 * new
        for name in before.keys() - {"scores"}
        for old, new in zip(before[name], after[name], strict=True)
    )


def test_the_integer_model_stays_the_same(model, rng):
    before = convert(model, input_scaling=(255, 0))
    make_scales_binary(model)
    after = convert(model, input_scaling=(255, 0))
    for old, new in zip(before.layers, after.layers, strict=True):
        for name in ("weights", "depthwise", "pointwise"):
            np.testing.assert_array_equal(getattr(old, name, 0), getattr(new, name, 0))
    images = rng.integers(0, 256, (20, 8, 8, 3), np.uint8)
    emitted = [trace(each.layers, images, backend="reference") for each in (before, after)]
    for (layer, old), (_, new) in zip(*emitted, strict=True):
        assert len(np.unique(old, axis=0)) > 1, layer.name
        np.testing.assert_array_equal(old, new)


def test_scales_of_each_filter_stay(rng):
    model = network(rng, use_bias=False)
    layer = model.get_layer("mean")
    layer.quantizer = nn.MaxPerAxisQuantizer(4)
    kernel = np.array(layer.kernel)
    make_scales_binary(model)
    assert isinstance(layer.quantizer, nn.MaxPerAxisQuantizer)
    np.testing.assert_array_equal(kernel, layer.kernel)
