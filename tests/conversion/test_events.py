"""Operations that events cause, counted in Keras, are those of the integer model."""

import every_block
import keras
import numpy as np
import pytest

import akida_lite as al
from akida_lite import nn
from akida_lite.conversion.events import event_sources


def others(rng):
    """Return a model with the kinds of block that `every_block` lacks."""
    four = nn.StdWeightQuantizer(bitwidth=4)
    x = entry = keras.Input((8, 8, 3))
    x = nn.QuantizedConv2D(6, 3, quantizer=four)(x)
    x = nn.ActivationDiscreteRelu(2)(x)
    # The maximum comes after the activation: events are what leaves it.
    x = keras.layers.MaxPooling2D(2)(x)
    x = nn.QuantizedDepthwiseConv2D(3, quantizer=four, padding="same", name="depthwise")(x)
    x = nn.QuantizedConv2D(5, 1, quantizer=four, name="pointwise")(x)
    x = nn.QuantizedReLU(4, name="trained")(x)
    x = nn.QuantizedDepthwiseConv2D(3, quantizer=four, name="alone")(x)
    x = nn.ActivationDiscreteRelu(3)(x)
    x = keras.layers.Flatten()(x)
    x = nn.QuantizedDense(7, quantizer=four)(x)
    x = nn.ActivationDiscreteRelu(1)(x)
    x = nn.QuantizedDense(3, quantizer=four)(x)
    model = keras.Model(entry, x)
    # Nothing normalizes: some filters of every layer have to fire.
    for layer in model.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(rng.uniform(0, 1.5, layer.bias.shape))
    return model


def means(rng):
    """Return a model that takes the mean of events before a dense layer."""
    four = nn.StdWeightQuantizer(bitwidth=4)
    x = entry = keras.Input((8, 8, 3))
    x = nn.QuantizedConv2D(6, 3, quantizer=four)(x)
    x = nn.ActivationDiscreteRelu(2)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = nn.QuantizedDense(3, quantizer=four)(x)
    return keras.Model(entry, x)


@pytest.mark.parametrize("network", [every_block.network, others, means])
def test_events_cost_what_the_statistics_say(network, rng):
    keras.utils.set_random_seed(1)
    keras_model = network(rng)
    x = rng.integers(0, 256, (5, 8, 8, 3), np.uint8)
    model = al.convert(keras_model, input_scaling=(255, 0))
    model.forward(x)
    statistics = list(model.get_statistics().values())[1:]
    assert all(layer.input_events for layer in statistics)
    sources = event_sources(keras_model)
    assert [s.operations for s in sources] == [layer.ops_per_event for layer in statistics]
    images = x.astype(np.float32) / 255
    emitted = [keras.Model(keras_model.input, source.layer.output) for source in sources]
    events = [int(np.count_nonzero(part(images))) for part in emitted]
    assert events == [layer.input_events for layer in statistics]


def test_the_loss_of_fit_grows_by_the_strength_for_a_million_operations(rng):
    keras_model = every_block.network(rng)
    x = rng.integers(0, 256, (4, 8, 8, 3), np.uint8)
    model = al.convert(keras_model, input_scaling=(255, 0))
    model.forward(x)
    layers = model.get_statistics().values()
    operations = sum(la.input_events * la.ops_per_event for la in layers if la.counts_input) / 4
    al.penalize_events(keras_model, 2.0)
    keras_model.compile(optimizer="sgd", loss=lambda wanted, found: 0 * found)
    images = x.astype(np.float32) / 255
    loss = keras_model.evaluate(images, np.zeros(4), verbose=0)
    # Both are sums in float32.
    assert round(loss, 5) == round(2.0 * operations / 1e6, 5)
    al.penalize_events(keras_model, 0)
    assert not any(layer.activity_regularizer for layer in keras_model.layers)


def test_fit_lowers_what_it_is_charged_for(rng):
    x = rng.integers(0, 256, (64, 8, 8, 3), np.uint8)
    operations = {}
    for strength in (0, 100.0):
        keras.utils.set_random_seed(3)
        keras_model = every_block.network(np.random.default_rng(3))
        al.penalize_events(keras_model, strength)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        keras_model.compile(optimizer=keras.optimizers.Adam(0.02), loss=loss)
        images, labels = x.astype(np.float32) / 255, np.arange(64) % 4
        keras_model.fit(images, labels, batch_size=8, epochs=2, verbose=0, shuffle=False)
        model = al.convert(keras_model, input_scaling=(255, 0))
        model.forward(x)
        operations[strength] = model.get_statistics().ops
    assert operations[100.0] < operations[0]


@pytest.mark.parametrize("strength", [-0.1, float("inf"), float("nan")])
def test_a_strength_is_0_or_more(strength, rng):
    with pytest.raises(al.InputError, match=f"option 'strength': {strength} is not a finite"):
        al.penalize_events(every_block.network(rng), strength)


def test_a_network_that_cannot_be_converted_is_refused_with_every_problem():
    keras_model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(4, name="first"), keras.layers.ELU(name="elu")]
    )
    with pytest.raises(al.ConversionError) as caught:
        al.penalize_events(keras_model, 1.0)
    assert [problem.layer for problem in caught.value.problems] == ["first", "elu"]
