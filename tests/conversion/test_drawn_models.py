"""Any small Keras model: converted, it computes exactly what the model means."""

from fractions import Fraction

import keras
import numpy as np
import rational_network
from hypothesis import assume, given
from hypothesis import strategies as st
from keras_models import quantized_model
from strategies import events

from akida_lite.conversion import check_compatibility, compare, convert
from akida_lite.engine import trace
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
    assert check_compatibility(drawn.model, **options) == []
    return convert(drawn.model, **options)


def meaning(drawn, images):
    a, b = map(Fraction, drawn.input_scaling or (1, 0))
    return rational_network.evaluate(
        drawn.operations, (rational_network.fractions(images) - b) / a
    )


@given(st.data())
def test_integers_are_what_the_model_means(data):
    drawn, images = draw_model_and_images(data)
    *_, (last, output) = trace(converted(drawn).layers, images, backend="reference")
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


@given(st.data())
def test_keras_computes_what_the_model_means(data):
    drawn, images = draw_model_and_images(data)
    assume(not drawn.rounds)
    a, b = drawn.input_scaling or (1, 0)
    computed = drawn.model((images.astype(np.float32) - b) / a)
    _, real = meaning(drawn, images)
    computed = keras.ops.convert_to_numpy(computed).astype(np.float64)
    np.testing.assert_array_equal(computed, real.astype(np.float64))
    comparison = compare(drawn.model, converted(drawn), images)
    assert comparison.all_equal
    has_classes = drawn.model.output_shape[-1] > 1
    assert comparison.labels_equal == (len(images) if has_classes else None)
