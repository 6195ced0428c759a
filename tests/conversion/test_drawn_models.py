"""Any small Keras model: converted, it computes exactly what the model means."""

import warnings
from fractions import Fraction

import keras
import numpy as np
import pytest
import rational_network
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras_models import quantized_model, with_another_width
from strategies import events

from akida_lite.conversion import check_compatibility, compare, convert
from akida_lite.engine import trace
from akida_lite.errors import ConversionError, InputError
from akida_lite.layers import Potentials

INPUT_BITS = 3


def draw_model_and_images(data):
    drawn = quantized_model(data)
    bits = INPUT_BITS if drawn.sparse else 8
    return drawn, data.draw(events(drawn.input_shape, bits, largest_batch=2))


def converted(drawn):
    options = {
        "input_scaling": drawn.input_scaling,
        "input_is_sparse": drawn.sparse,
        "input_bits": INPUT_BITS,
    }
    assert check_compatibility(drawn.headed, **options) == []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "layer .* is left out")
        return convert(drawn.headed, **options)


def meaning(drawn, images):
    a, b = map(Fraction, drawn.input_scaling or (1, 0))
    return rational_network.evaluate(
        drawn.operations, (rational_network.fractions(images) - b) / a
    )


@settings(max_examples=80)
@given(st.data())
def test_integers_are_what_the_model_means(data):
    drawn, images = draw_model_and_images(data)
    if data.draw(st.booleans()):
        with_another_width(data, drawn)
    model = converted(drawn)
    *_, (last, output) = trace(model.layers, images, backend="reference")
    _, real = meaning(drawn, images)
    real = real.reshape(output.shape)
    if drawn.activated:
        gamma = Fraction(drawn.operations_of(rational_network.Staircase)[-1].gamma)
        np.testing.assert_array_equal(output, real / gamma)
        return
    assert isinstance(last.output, Potentials)
    scale, offset = map(rational_network.fractions, (last.output.scale, last.output.offset))
    if not drawn.rounds:
        np.testing.assert_array_equal(output.astype(object) * scale + offset, real)
        return
    # A third is no float: the nearest whole potential is the one that is meant.
    means = scale != 0
    worth = (real - offset)[..., means] / scale[means]
    np.testing.assert_array_equal(np.vectorize(round, otypes=[int])(worth), output[..., means])


@settings(max_examples=30)
@given(st.data())
def test_predictions_are_those_of_the_scores_meant(data):
    drawn, images = draw_model_and_images(data)
    model = converted(drawn)
    assume(not drawn.activated and model.output_shape[:2] == (1, 1))
    _, real = meaning(drawn, images)
    real = real.reshape(len(images), -1)
    if real.shape[1] > 1:
        expected = real.argmax(axis=1)
        # A third is no float: only scores that are exact say which of two equal ones is first.
        assume(not drawn.rounds)
    elif model.head is None:
        with pytest.raises(InputError, match="one channel, of which none is highest"):
            model.predict(images)
        return
    else:
        expected = real[:, 0] > 0
    np.testing.assert_array_equal(model.predict(images), expected)


@settings(max_examples=20)
@given(st.data())
def test_a_layer_with_another_layout_is_always_named(data):
    drawn, _ = draw_model_and_images(data)
    laid_out = [each for each in drawn.model.layers if hasattr(each, "data_format")]
    assume(laid_out)
    layer = data.draw(st.sampled_from(laid_out))
    layer.data_format = "channels_first"
    options = {"input_scaling": drawn.input_scaling, "input_is_sparse": drawn.sparse}
    problems = check_compatibility(drawn.headed, **options)
    named = [each.layer for each in problems if "channels_first" in each.problem]
    assert named == [layer.name]
    with pytest.raises(ConversionError) as caught:
        convert(drawn.headed, **options)
    assert list(caught.value.problems) == problems


@settings(max_examples=50)
@given(st.data())
def test_keras_computes_what_the_model_means(data):
    drawn, images = draw_model_and_images(data)
    assume(not drawn.rounds)
    a, b = drawn.input_scaling or (1, 0)
    computed = drawn.model((images.astype(np.float32) - b) / a)
    _, real = meaning(drawn, images)
    computed = keras.ops.convert_to_numpy(computed).astype(np.float64)
    np.testing.assert_array_equal(computed, real.astype(np.float64))
    model = converted(drawn)
    comparison = compare(drawn.headed, model, images)
    assert comparison.all_equal
    has_classes = drawn.model.output_shape[-1] > 1 or model.head is not None
    assert comparison.labels_equal == (len(images) if has_classes else None)
