"""Every reason why a Keras model has no integer equivalent: where, what, the fix."""

import numpy as np
import pytest
from keras import layers
from refused_models import (
    IMAGE,
    ORDER,
    RETRAIN,
    SCALINGS,
    VALUES,
    WHOLE,
    Doubled,
    PerColumn,
    TooFar,
    act,
    chain,
    changed,
    conv,
    dense,
    messages,
    norm,
    separable,
)

from akida_lite import nn
from akida_lite.conversion import check_compatibility, convert
from akida_lite.errors import ConversionError


@pytest.mark.parametrize("case", ORDER)
def test_one_message_a_cause(case):
    parts, message = ORDER[case]
    shape = (8, 8, 2) if "channels" in case else IMAGE
    scaling = None if "(Rescaling)" in message else (1, 0)
    assert messages(chain(*parts(), shape=shape), input_scaling=scaling) == [message]


@pytest.mark.parametrize("path", VALUES)
def test_one_message_a_value(path):
    value, message = VALUES[path]
    assert messages(changed(**{path: value})) == [message]


def test_a_step_of_0_is_as_bad_as_one_below():
    assert messages(changed(act___step=0)) == [
        "layer 'act' (QuantizedReLU): its first threshold is 0.5 and its step 0, finite "
        f"numbers and a step above 0 are expected. Fix: {RETRAIN}."
    ]


def test_integers_beyond_their_width():
    assert messages(changed(conv__quantizer=TooFar(4))) == [
        "layer 'conv' (QuantizedConv2D): its quantizer gives integers beyond ±7, the range of "
        "4 bits. Fix: clip them in the quantizer."
    ]


def test_weights_in_keras_that_are_not_those_of_the_integers():
    assert messages(changed(conv__quantizer=Doubled(4))) == [
        "layer 'conv' (QuantizedConv2D): the quantizer of its kernel gives other weights in "
        "Keras than integers divided by its scale. Fix: derive it from "
        "nn.LinearWeightQuantizer, and write only scale_factor() anew."
    ]


def test_width_of_the_weights():
    quantizer = nn.MaxQuantizer(4)
    quantizer.bitwidth = 9
    assert messages(changed(conv__quantizer=quantizer)) == [
        "layer 'conv' (QuantizedConv2D): its kernel has 9 bits, 2 to 8 are accepted. Fix: give "
        "it a quantizer of 2 to 8 bits."
    ]


def test_equal_weights_have_no_standard_deviation():
    model = changed(conv__quantizer=nn.StdWeightQuantizer(bitwidth=4), conv__kernel=0.0)
    assert messages(model) == [
        "layer 'conv' (QuantizedConv2D): the quantizer's scale of its kernel is inf, a finite "
        "number above 0 is expected. Fix: train the layer, or use MaxQuantizer: weights that "
        "are all equal have no standard deviation."
    ]


def test_scales_of_a_depthwise_kernel():
    layer = separable(name="last")
    model = chain(conv(), act(), layer)
    layer.quantizer_dw = PerColumn(4)
    assert messages(model) == [
        "layer 'last' (QuantizedSeparableConv2D): the quantizer's scale of its depthwise "
        "kernel has shape (7,), () is expected. Fix: use a quantizer with one scale for the "
        "tensor."
    ]


def test_potential_beyond_32_bits():
    layer = dense(1, name="wide")
    model = chain(layer, shape=(700_000,))
    layer.quantizer = nn.FixedScaleQuantizer(1.0, 8)
    layer.kernel.assign(np.full(layer.kernel.shape, 127.0))
    assert messages(model, input_is_sparse=True, input_bits=8) == [
        "layer 'wide' (QuantizedDense): a potential can reach 22669500000, beyond 2147483647, "
        "the range of 32 bits. Fix: use fewer bits for its weights or its input, or a smaller "
        "kernel."
    ]


@pytest.mark.parametrize("scaling", SCALINGS)
def test_input_scaling(scaling):
    expected = f"option 'input_scaling': {SCALINGS[scaling]}"
    assert messages(chain(conv(padding="same")), input_scaling=scaling) == [expected]


def test_pixels_are_divided_once():
    model = chain(layers.Rescaling(1 / 255, name="scale"), conv())
    assert messages(model, input_scaling=(255, 0)) == [
        "option 'input_scaling': (255, 0) divides the pixels, and so does layer 'scale' of the "
        "model. Fix: leave it out: the layer is taken into account."
    ]
    assert messages(model, input_scaling=None) == []


@pytest.mark.parametrize("first", [norm, layers.Normalization])
def test_pixels_that_were_divided_before_a_normalization_are_asked_for(first):
    given = {} if first is norm else {"mean": 0.5, "variance": 0.0625}
    layer = first(name="first", **given)
    model = chain(layer, conv())
    if first is norm:
        layer.moving_variance.assign([0.0625 - layer.epsilon])
    assert messages(model, input_scaling=None) == [
        "option 'input_scaling': it is left out, and 'first' multiplies what it reads by 4, as "
        f"if the pixels had been divided before. Fix: {SCALINGS[None].partition('Fix: ')[2]}"
    ]
    assert messages(model, input_scaling=(255, 0)) == []
    assert messages(chain(layers.Rescaling(0.5), conv()), input_scaling=None) == []


def test_shift_of_sparse_input():
    options = {"input_scaling": (1, 3), "input_is_sparse": True}
    assert messages(chain(conv()), **options, input_bits=9) == [
        "option 'input_bits': 9 is not one of 1 to 8. Fix: choose the width of the events.",
    ]
    assert messages(chain(conv(padding="same")), **options) == [
        "option 'input_scaling': b=3 with input_is_sparse=True, and 'conv' reads zeros around "
        "the map: they are absent events, and must be 0 in Keras too. Fix: use b=0, or no "
        "padding in 'conv', and train again.",
    ]
    assert messages(chain(conv()), **options) == []


@pytest.mark.parametrize("case", WHOLE)
def test_models_that_are_no_chain(case):
    build, expected = WHOLE[case]
    assert messages(build()) == expected


def test_what_a_layer_without_an_equivalent_hides_is_not_judged():
    model = chain(layers.Permute((2, 1, 3), name="turn"), layers.MaxPooling2D(), act(),
                  dense(), shape=(8, 8, 3))  # fmt: skip
    assert [text.partition(":")[0] for text in messages(model, input_scaling=None)] == [
        "layer 'turn' (Permute)",
        "layer 'dense' (QuantizedDense)",
    ]
    model = chain(conv(), act(), layers.Flatten(), layers.UnitNormalization(name="unit"))
    assert [text.partition(":")[0] for text in messages(model)] == [
        "layer 'unit' (UnitNormalization)"
    ]


def test_every_problem_is_reported_in_the_order_of_the_layers():
    model = chain(
        layers.Conv2D(2, 3, name="first"),
        layers.ReLU(name="relu"),
        conv(name="second"),
        norm(axis=1),
        act(),
        layers.MaxPooling2D(name="max"),
        layers.GlobalAveragePooling2D(name="mean"),
        dense(name="third"),
        layers.Activation("softmax", name="soft"),
    )
    model.get_layer("third").kernel.assign(np.full((2, 2), np.nan))
    problems = check_compatibility(model, input_scaling=(0, 0))
    assert [problem.layer for problem in problems] == [None, "first", "relu", "norm", "third"]
    with pytest.raises(ConversionError) as caught:
        convert(model, input_scaling=(0, 0))
    assert list(caught.value.problems) == problems


def test_published_thresholds_of_a_constant_filter():
    model = changed(norm__gamma=0)
    with pytest.raises(ConversionError) as caught:
        convert(model, input_scaling=(1, 0), thresholds="published")
    assert str(caught.value) == (
        "layer 'norm' (BatchNormalization): a gamma is 0: the first threshold and the step of "
        "its filter are infinite, which the published form cannot say. Fix: use "
        "thresholds='exact', or retrain the gamma."
    )


def test_form_of_the_thresholds():
    message = "option 'thresholds': 'rounded' is none of 'exact', 'published'. Fix: choose one "
    message += "of them."
    assert messages(chain(conv()), thresholds="rounded") == [message]
    with pytest.raises(ConversionError, match="option 'thresholds': 'rounded' is none of"):
        convert(chain(conv()), input_scaling=(1, 0), thresholds="rounded")


def test_an_activation_after_the_scores_is_left_out_with_a_warning():
    model = chain(conv(), layers.Softmax(name="soft"))
    message = (
        r"layer 'soft' \(Softmax\) is left out: the integer model gives the scores before it, "
        "which have the same order"
    )
    with pytest.warns(UserWarning, match=message):
        assert len(convert(model, input_scaling=(1, 0))) == 1
