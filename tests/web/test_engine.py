"""The engine in JavaScript gives the integers, events and operations of the reference."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import events as drawn_events
from strategies import input_layers, largest_potentials, runs

from akida_lite import Model
from akida_lite.engine import trace
from akida_lite.fixed_point import INT32_MAX, INT32_MIN, weight_limit
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
from akida_lite.web.payload import inline, payload_of, script

MODEL = {"name": "", "labels": None, "input_scaling": (1.0, 0)}


def payload(layers, images):
    return inline(payload_of(layers, MODEL, images[:1], images))


def assert_same(node, layers, images):
    """Run images in both engines and compare all there is."""
    flat = images.reshape(len(images), -1).tolist()
    results = node.ask(method="run", payload=payload(layers, images), images=flat)
    model = Model(layers)
    expected = [maps for _, maps in trace(layers, images, backend="reference")]
    for number, result in enumerate(results):
        outputs = [maps[number].ravel().tolist() for maps in expected]
        assert result["maps"] == outputs
        assert result["potentials"] == outputs[-1]
        output = model.forward(images[number : number + 1], backend="reference")
        statistics = list(model.get_statistics().values())
        reported = result["layers"]
        assert [layer["name"] for layer in reported] == [layer.name for layer in layers]
        for key, name in (
            ("inputEvents", "input_events"),
            ("events", "output_events"),
            ("operations", "ops"),
        ):
            assert [r[key] for r in reported] == [getattr(s, name) for s in statistics]
        if output.shape[1:3] == (1, 1) and output.shape[3] > 1:
            assert result["index"] == model.predict(images[number : number + 1])[0]
        else:
            assert result["index"] is None
    assert node.ask(method="selfTest", payload=payload(layers, images))["same"] is True


@settings(max_examples=150, deadline=None)
@given(runs())
def test_drawn_models(node, run):
    layers, images = run
    assert_same(node, layers, images)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_models_of_one_layer(node, data):
    layer = data.draw(input_layers(last=True))
    assert_same(node, (layer,), data.draw(drawn_events(layer.input_shape, layer.input_bits)))


def test_potentials_at_the_edge_of_32_bits(node):
    assert_same(node, *largest_potentials())


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("filters", [1, 64, 65, 130])
def test_every_width_of_weights_and_blocks_of_filters(node, bits, filters):
    rng = np.random.default_rng(bits)
    limit = weight_limit(bits)
    layers = (
        InputData(name="in", input_shape=(2, 1, 40), input_bits=8),
        FullyConnected(
            name="out",
            weights=rng.integers(-limit, limit, (80, filters), np.int8, endpoint=True),
            weight_bits=bits,
            input_bits=8,
            output=Potentials(rng.uniform(0.1, 2, filters), rng.normal(size=filters)),
        ),
    )
    assert_same(node, layers, rng.integers(0, 256, (2, 2, 1, 40), np.uint8))


@pytest.mark.parametrize("sign", [-1, 1])
def test_depthwise_sums_beyond_16_bits(node, sign):
    layers = (
        InputData(name="in", input_shape=(5, 5, 3), input_bits=8),
        SeparableConvolutional(
            name="out",
            depthwise=np.full((5, 5, 3, 1), sign * 127, np.int8),
            pointwise=np.full((1, 1, 3, 2), 127, np.int8),
            weight_bits=8,
            input_bits=8,
            output=Potentials(np.ones(2), np.zeros(2)),
        ),
    )
    assert_same(node, layers, np.full((1, 5, 5, 3), 255, np.uint8))


def of_two_scores_layers():
    """Layers whose two scores are the two values that enter."""
    return (
        InputData(name="in", input_shape=(1, 1, 2), input_bits=2),
        FullyConnected(
            name="out",
            weights=np.eye(2, dtype=np.int8),
            weight_bits=2,
            input_bits=2,
            output=Potentials(np.ones(2), np.zeros(2)),
        ),
    )


def of_two_scores(**metadata):
    images = np.array([[[[1, 2]]]], np.uint8)
    return payload_of(of_two_scores_layers(), MODEL | metadata, images, images)


@pytest.mark.parametrize("weight", [-1, 0, 1])
def test_one_channel_tells_two_classes_apart_or_none(node, weight):
    layers = (
        InputData(name="in", input_shape=(1, 1, 1), input_bits=2),
        FullyConnected(
            name="out",
            weights=np.array([[weight]], np.int8),
            weight_bits=2,
            input_bits=2,
            output=Potentials(np.ones(1), np.zeros(1)),
        ),
    )
    image = np.array([[[[3]]]], np.uint8)
    for head, labels in (("sigmoid", ["no", "yes"]), (None, None)):
        model = Model(layers, head=head, labels=labels)
        given = inline(payload_of(layers, model.metadata, image, image))
        (result,) = node.ask(method="run", payload=given, images=[[3]])
        expected = int(model.predict(image)[0]) if head else None
        assert result["index"] == expected
        assert result["label"] == (None if expected is None else labels[expected])


@pytest.mark.parametrize("scale", [(1, 1), (1, 2), (-1, -1)])
def test_potentials_are_compared_where_their_units_are_equal(node, scale):
    output = Potentials(np.array(scale, float), np.zeros(2))
    events, scores = of_two_scores_layers()
    layers = (events, replace(scores, output=output))
    images = np.array([[[[3, 2]]]], np.uint8)
    (result,) = node.ask(method="run", payload=payload(layers, images), images=[[3, 2]])
    assert result["comparable"] is (scale == (1, 1))
    assert result["index"] == Model(layers).predict(images)[0] == (0 if scale == (1, 1) else 1)
    assert result["scores"] == [3 * scale[0], 2 * scale[1]]


def test_the_class_has_its_name(node):
    named = inline(of_two_scores(labels=["left", "</script>"]))
    assert node.ask(method="run", payload=named, images=[[1, 2]])[0]["label"] == "</script>"
    unnamed = inline(of_two_scores())
    assert node.ask(method="run", payload=unnamed, images=[[2, 2]])[0]["label"] == "0"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ([1], "image: it is Uint8Array of 1 values. Fix: give a Uint8Array of 1 x 1 x 2 = 2"),
        (
            [1, 4],
            "image: it has values above 3, the highest of 2-bit events. Fix: give 0 to 3.",
        ),
    ],
)
def test_an_image_that_does_not_fit_is_refused(node, image, message):
    answer = node.ask(method="run", payload=inline(of_two_scores()), images=[image])
    assert message in answer["error"]


def test_a_script_in_15_bits_says_what_base64_says(node):
    given = of_two_scores()
    text = script(given)
    assert text.startswith(b"\xff\xfe")
    text = text.decode("utf-16")
    assert text.startswith('akidaLite.deliver("')
    units = text[len('akidaLite.deliver("') : -len('");\n')]
    assert {0x4000 <= ord(unit) < 0xC000 for unit in units} == {True}
    assert node.ask(method="run", payload=units, images=[[1, 2]])[0]["potentials"] == [1, 2]


@pytest.mark.parametrize("at", [4, 60, -1])
def test_a_flipped_bit_is_noticed(node, at):
    damaged = bytearray(of_two_scores())
    damaged[at] ^= 1
    assert "error" in node.ask(method="selfTest", payload=inline(bytes(damaged)))


def test_the_self_test_says_where_the_bits_differ(node):
    images = np.array([[[[1, 2]]]], np.uint8)
    right = of_two_scores()
    # What the reference said about the last layer, replaced by something else.
    plain = zlib.decompress(right[4:])
    checksum = zlib.crc32(np.array([1, 2], "<i4").tobytes())
    wrong = zlib.compress(plain.replace(str(checksum).encode(), str(checksum - 1).encode()))
    altered = inline(len(wrong).to_bytes(4, "little") + wrong)
    answer = node.ask(method="selfTest", payload=altered)
    assert answer["same"] is False
    assert answer["differences"] == [{"image": 0, "layer": "out"}]
    assert len(images) == answer["images"]


def potentials(filters):
    return Potentials(np.ones(filters), np.zeros(filters))


def full_steps(filters):
    """Thresholds at both ends of 32 bits, and between."""
    ends = [INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX - 1, INT32_MAX]
    return Staircase(np.tile(np.array(ends, np.int32), (filters, 1)), 3)


def of_fully_connected(sign, output):
    shape = (17, 15, 260)
    return shape, FullyConnected(
        name="out",
        weights=np.full((int(np.prod(shape)), 2), sign * 127, np.int8),
        weight_bits=8,
        input_bits=8,
        output=output,
    )


def of_separable(sign, output):
    return (5, 5, 20), SeparableConvolutional(
        name="out",
        depthwise=np.full((5, 5, 20, 1), 127, np.int8),
        pointwise=np.full((1, 1, 20, 2), sign * 127, np.int8),
        weight_bits=8,
        input_bits=8,
        output=output,
    )


def of_average(sign, output):
    return (16, 16, 259), Convolutional(
        name="out",
        weights=np.full((1, 1, 259, 2), sign * 127, np.int8),
        weight_bits=8,
        input_bits=8,
        pool=GlobalAveragePool(),
        output=output,
    )


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("output", [potentials, full_steps])
@pytest.mark.parametrize("kind", [of_fully_connected, of_separable, of_average])
def test_sums_that_nearly_fill_32_bits(node, kind, sign, output):
    shape, layer = kind(sign, output(2))
    assert layer.potential_bound(shape) > 0.95 * INT32_MAX
    layers = (InputData(name="in", input_shape=shape, input_bits=8), layer)
    assert_same(node, layers, np.full((1, *shape), 255, np.uint8))


def test_more_than_256_channels(node):
    rng = np.random.default_rng(0)

    def w(*shape, limit=1):
        return rng.integers(-limit, limit, shape, np.int8, endpoint=True)

    def steps(filters, bits):
        thresholds = rng.integers(-200, 900, (filters, 2**bits - 1), np.int32)
        return Staircase(np.sort(thresholds, axis=1), bits)

    layers = (
        InputConvolutional(
            name="first",
            input_shape=(7, 5, 3),
            weights=w(3, 3, 3, 300, limit=7),
            weight_bits=4,
            input_bits=8,
            padding_value=99,
            output=steps(300, 4),
        ),
        SeparableConvolutional(
            name="second",
            depthwise=w(3, 2, 300, 1, limit=7),
            pointwise=w(1, 1, 300, 321, limit=7),
            weight_bits=4,
            input_bits=4,
            strides=(1, 2),
            padding="same",
            pool=MaxPool((3, 2), (2, 1), "same"),
            output=steps(321, 2),
        ),
        Convolutional(
            name="third",
            weights=w(2, 3, 321, 257),
            weight_bits=2,
            input_bits=2,
            padding="same",
            output=steps(257, 1),
        ),
        FullyConnected(
            name="out",
            weights=w(257 * 4 * 3, 1000),
            weight_bits=2,
            input_bits=1,
            output=potentials(1000),
        ),
    )
    assert_same(node, layers, rng.integers(0, 256, (2, 7, 5, 3), np.uint8))
