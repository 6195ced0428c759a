"""Thresholds move away from integers, and the network stays what it was."""

import keras
import numpy as np
import pytest
from every_block import network

from akida_lite import nn
from akida_lite.conversion import compare, convert
from akida_lite.conversion.margins import widen_margins

SCALINGS = [(255, 0), (128, 100)]


def staircases(model, scaling):
    layers = convert(model, input_scaling=scaling).layers[:-1]
    return {layer.name: layer.output.thresholds for layer in layers}


def norms_of(model):
    return [la for la in model.layers if isinstance(la, keras.layers.BatchNormalization)]


def betas(model):
    return {norm.name: np.array(norm.beta) for norm in norms_of(model)}


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("bits", [1, 4])
def test_the_integer_model_stays_the_same(rng, scaling, bias, bits):
    model = network(rng, use_bias=bias, activ_quantization=bits)
    for norm in norms_of(model)[1:]:
        # Some filters fall; not those whose maximum is taken before.
        norm.gamma.assign(rng.choice([-1.0, 1.0], norm.gamma.shape))
    before, shifts = staircases(model, scaling), betas(model)
    widen_margins(model, scaling)
    after = staircases(model, scaling)
    assert before.keys() == after.keys()
    for name, table in before.items():
        assert len(np.unique(table)) > 1
        np.testing.assert_array_equal(table, after[name])
    for name, beta in betas(model).items():
        assert (beta != shifts[name]).mean() > 0.9


def one_filter(bits, intercept, a=1):
    """Return a model whose only staircase has an edge at, or beside, each eighth pixel."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            nn.QuantizedConv2D(1, 1, use_bias=False, quantizer=nn.MaxQuantizer(2), name="only"),
            layers.BatchNormalization(epsilon=0.0, name="norm"),
            nn.ActivationDiscreteRelu(bits, name="stairs"),
            layers.Flatten(name="flat"),
            nn.QuantizedDense(3, quantizer=nn.MaxQuantizer(4), name="scores"),
        ]
    )
    model.get_layer("only").kernel.assign(np.ones((1, 1, 1, 1)))
    gamma = model.get_layer("stairs").gamma
    model.get_layer("norm").set_weights(
        [np.array([v], np.float32) for v in (gamma * a / 8, gamma / 2 + intercept, 0.0, 1.0)]
    )
    return model


def test_filters_have_the_same_distance_to_the_integers_on_both_sides():
    gamma = nn.ActivationDiscreteRelu(2).gamma
    # Levels begin a quarter of a pixel below the eighth ones.
    model = one_filter(2, 0.25 * gamma / 8)
    widen_margins(model, (1, 0))
    (beta,) = np.array(model.get_layer("norm").beta)
    assert beta == np.float32(gamma / 2 + 0.5 * gamma / 8)


def test_keras_decides_as_the_integers_where_a_potential_was_at_the_edge():
    model = one_filter(4, 0.0, a=255)
    x = np.arange(256, dtype=np.uint8).reshape(16, 4, 4, 1)
    converted = convert(model, input_scaling=(255, 0))
    before = compare(model, converted, x).layers[0]
    assert before.equal < before.values
    widen_margins(model, (255, 0))
    after = compare(model, convert(model, input_scaling=(255, 0)), x).layers[0]
    assert after.equal == after.values


def test_what_has_no_shift_or_no_room_stays(rng):
    without = network(rng, use_bias=False)
    for norm in norms_of(without):
        norm.center = False
    before = {name: np.array(v) for name, v in weights(without)}
    widen_margins(without, (255, 0))
    for name, value in weights(without):
        np.testing.assert_array_equal(before[name], value)

    # One potential is worth less than float32 tells apart beside such a shift; or nothing.
    for slope in (1e-9, 0.0):
        model = one_filter(2, 1.0)
        norm = model.get_layer("norm")
        norm.gamma.assign([slope])
        beta = np.array(norm.beta)
        table = staircases(model, (1, 0))
        widen_margins(model, (1, 0))
        np.testing.assert_array_equal(beta, norm.beta)
        np.testing.assert_array_equal(table["only"], staircases(model, (1, 0))["only"])


def weights(model):
    return [(f"{la.name}/{v.name}", v) for la in model.layers for v in la.weights]
