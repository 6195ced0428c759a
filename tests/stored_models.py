"""Small models of every layer type, drawn by hypothesis, and their comparison."""

from dataclasses import fields, is_dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from akida_lite.fixed_point import activation_levels, weight_limit
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

# Beyond these, some potential would have no finite score in float32.
FLOATS = st.floats(-1e28, 1e28)


@st.composite
def weights(draw, shape, bits):
    limit = weight_limit(bits)
    return draw(hnp.arrays(np.int8, shape, elements=st.integers(-limit, limit)))


@st.composite
def staircases(draw, filters):
    bits = draw(st.integers(1, 4))
    shape = (filters, activation_levels(bits))
    return Staircase(np.sort(draw(hnp.arrays(np.int32, shape)), axis=1), bits)


@st.composite
def potentials(draw, filters):
    scale, offset = (draw(hnp.arrays(np.float64, filters, elements=FLOATS)) for _ in "ab")
    return Potentials(scale, offset)


@st.composite
def models(draw):
    """Input layer, any of the event layers, a fully connected layer without activation."""
    height, width, channels, filters = (draw(st.integers(2, 5)) for _ in range(4))
    bits = draw(st.integers(2, 8))
    name = draw(st.text(st.characters(codec="utf-8"), max_size=5).filter(str.isprintable))
    shape = (height, width, channels)
    if draw(st.booleans()):
        chain = [InputData(name=name, input_shape=shape, input_bits=draw(st.integers(1, 8)))]
        arriving, event_bits = channels, chain[0].input_bits
    else:
        chain = [
            InputConvolutional(
                name=name,
                input_shape=shape,
                weights=draw(weights((2, 1, channels, filters), bits)),
                weight_bits=bits,
                input_bits=8,
                padding_value=draw(st.integers(0, 255)),
                output=draw(staircases(filters)),
            )
        ]
        arriving, event_bits = filters, chain[0].act_bits
    kernels = {
        Convolutional: {"weights": draw(weights((1, 2, arriving, filters), bits))},
        SeparableConvolutional: {
            "depthwise": draw(weights((2, 2, arriving, 1), bits)),
            "pointwise": draw(weights((1, 1, arriving, filters), bits)),
        },
    }
    kind = draw(st.sampled_from(list(kernels)))
    pool = MaxPool((2, 1), (1, 2), draw(st.sampled_from(["same", "valid"])))
    chain.append(
        kind(
            name="middle",
            weight_bits=bits,
            input_bits=event_bits,
            output=draw(staircases(filters)),
            pool=draw(st.sampled_from([None, GlobalAveragePool(), pool])),
            **kernels[kind],
        )
    )
    rows = int(np.prod(chain[1].output_shape((height, width, arriving))))
    chain.append(
        FullyConnected(
            name="last",
            weights=draw(weights((rows, 3), 2)),
            weight_bits=2,
            input_bits=chain[1].act_bits,
            output=draw(potentials(3)),
        )
    )
    return tuple(chain)


def content(value):
    """Return `value` with dataclasses and arrays spelled out, so that == compares all."""
    if is_dataclass(value):
        parts = {field.name: content(getattr(value, field.name)) for field in fields(value)}
        return (type(value).__name__, parts)
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, tuple):
        return tuple(content(part) for part in value)
    return (type(value), value)


def small_model():
    """Return one fixed model whose two arrays of int8 have equal shape and size."""
    rng = np.random.default_rng(7)

    def layer(name, bits_in, output):
        kernel = rng.integers(-1, 2, (4, 4), dtype=np.int8)
        return FullyConnected(
            name=name, weights=kernel, weight_bits=2, input_bits=bits_in, output=output
        )

    return (
        InputData(name="events", input_shape=(1, 1, 4), input_bits=1),
        layer("hidden", 1, Staircase(np.tile(np.int32([0, 1, 2]), (4, 1)), 2)),
        layer("scores", 2, Potentials(np.ones(4), np.zeros(4))),
    )
