"""Every refusal of a layer or of a chain, by its text; what is accepted is made plain."""

from dataclasses import replace

import numpy as np
import pytest

from akida_lite.errors import LayerError
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
    layer_shapes,
)

SCORE = Potentials(np.ones(2), np.zeros(2))
STEPS = Staircase(np.zeros((2, 3), np.int32), 2)
WIDTHS = {"weight_bits": 2, "input_bits": 1}
KERNEL = np.ones((3, 3, 2, 2), np.int8)
EVENTS = InputData(name="events", input_shape=(4, 4, 2), input_bits=1)
IMAGE = InputConvolutional(
    name="image", input_shape=(4, 4, 2), weights=KERNEL, output=STEPS, **WIDTHS
)
CONV = Convolutional(name="conv", weights=KERNEL, output=STEPS, **WIDTHS)
SEP = SeparableConvolutional(
    name="sep",
    depthwise=KERNEL[..., :1],
    pointwise=KERNEL[:1, :1],
    output=STEPS,
    **WIDTHS,
)
DENSE = FullyConnected(name="dense", weights=KERNEL[0, 0], output=SCORE, **WIDTHS)

AN_INT = "Fix: give an int."
WIDE = f"Fix: choose 1 to {256}."


class Odd:
    """Prints as one word."""

    def __repr__(self):
        return "odd"


REFUSED = [
    # The types of fields.
    (EVENTS, {"input_bits": 2.0}, "input_bits is 2.0, an integer is expected. " + AN_INT),
    (EVENTS, {"input_bits": True}, "input_bits is True, an integer is expected. " + AN_INT),
    (EVENTS, {"input_bits": "2"}, "input_bits is '2', an integer is expected. " + AN_INT),
    (EVENTS, {"input_bits": None}, "input_bits is None, an integer is expected. " + AN_INT),
    (IMAGE, {"padding_value": 3.0}, "padding_value is 3.0, an integer is expected. " + AN_INT),
    (
        CONV,
        {"strides": (1, np.True_)},
        f"strides[1] is {np.True_!r}, an integer is expected. " + AN_INT,
    ),
    (
        CONV,
        {"strides": (1, 2**63)},
        "strides[1] has 64 bits, an integer of 32 is expected. Fix: give a smaller one.",
    ),
    (
        EVENTS,
        {"input_shape": (1, 1, 10**5000)},
        "input_shape[2] has 16610 bits, an integer of 32 is expected. Fix: give a smaller one.",
    ),
    (
        CONV,
        {"strides": 2},
        "strides is a int, a tuple of 2 integers is expected. Fix: give 2 integers in a tuple.",
    ),
    (
        CONV,
        {"strides": (1, 1, 1)},
        "strides has 3 values, 2 integers are expected. Fix: give 2 integers in a tuple.",
    ),
    (CONV, {"padding": 0}, "padding is 0, text is expected. Fix: give a str."),
    (
        EVENTS,
        {"name": "a\nb"},
        "name='a\\nb' is not printable. "
        "Fix: leave out line breaks, control characters and surrogates.",
    ),
    (
        EVENTS,
        {"name": "\ud800"},
        "name='\\ud800' is not printable. "
        "Fix: leave out line breaks, control characters and surrogates.",
    ),
    (
        EVENTS,
        {"name": "\x1b[31m"},
        "name='\\x1b[31m' is not printable. "
        "Fix: leave out line breaks, control characters and surrogates.",
    ),
    (
        EVENTS,
        {"name": "n" * 1001},
        "name has 1001 characters, at most 1000 are accepted. Fix: shorten it.",
    ),
    (
        DENSE,
        {"weights": [[1, 1]]},
        "weights is a list, a numpy array is expected. Fix: convert it with np.asarray(...).",
    ),
    (
        DENSE,
        {"weights": np.ma.masked_equal(KERNEL[0, 0], 1)},
        "weights is a MaskedArray, a numpy array is expected. "
        "Fix: convert it with np.asarray(...).",
    ),
    (
        DENSE,
        {"weights": np.zeros((2, 0), np.int8)},
        "weights is int8 of shape (2, 0), numbers are expected. "
        "Fix: build the layer through convert().",
    ),
    (
        DENSE,
        {"weights": np.array([[None]])},
        "weights is object of shape (1, 1), numbers are expected. "
        "Fix: build the layer through convert().",
    ),
    (
        DENSE,
        {"output": None},
        "output is None, Staircase or Potentials is expected. "
        "Fix: give Staircase or Potentials.",
    ),
    (
        CONV,
        {"pool": "max"},
        "pool is a str, MaxPool or GlobalAveragePool or None is expected. "
        "Fix: give MaxPool or GlobalAveragePool or None.",
    ),
    (
        CONV,
        {"pool": MaxPool((2, 2.5), (2, 2))},
        "pool.size[1] is 2.5, an integer is expected. " + AN_INT,
    ),
    (
        DENSE,
        {"output": Staircase(np.zeros((2, 3), np.int32), 2.0)},
        "output.bits is 2.0, an integer is expected. " + AN_INT,
    ),
    (
        DENSE,
        {"output": Potentials([1.0, 1.0], np.zeros(2))},
        "output.scale is a list, a numpy array is expected. "
        "Fix: convert it with np.asarray(...).",
    ),
    # Widths, shapes and ranges.
    (
        EVENTS,
        {"input_bits": 9},
        "input_bits=9 is outside 1 to 8. Fix: choose input_bits from 1 to 8.",
    ),
    (
        CONV,
        {"input_bits": 0},
        "input_bits=0 is outside 1 to 8. Fix: choose input_bits from 1 to 8.",
    ),
    (CONV, {"weight_bits": 1}, "weight_bits=1 is outside 2 to 8. Fix: choose 2 to 8."),
    (CONV, {"weight_bits": 9}, "weight_bits=9 is outside 2 to 8. Fix: choose 2 to 8."),
    (
        CONV,
        {"weights": KERNEL * 2},
        "weights exceeds ±1, the range of 2-bit weights. "
        "Fix: declare the width the weights have.",
    ),
    (
        CONV,
        {"weights": KERNEL * -2},
        "weights exceeds ±1, the range of 2-bit weights. "
        "Fix: declare the width the weights have.",
    ),
    (
        SEP,
        {"pointwise": KERNEL[:1, :1] * 2},
        "pointwise exceeds ±1, the range of 2-bit weights. "
        "Fix: declare the width the weights have.",
    ),
    (
        CONV,
        {"weight_bits": 8, "weights": np.full_like(KERNEL, -128)},
        "weights exceeds ±127, the range of 8-bit weights. "
        "Fix: declare the width the weights have.",
    ),
    (
        CONV,
        {"weights": KERNEL.astype(np.int16)},
        "weights is int16 of shape (3, 3, 2, 2), int8 of rank 4 is expected. "
        "Fix: build the layer through convert().",
    ),
    (
        DENSE,
        {"weights": KERNEL},
        "weights is int8 of shape (3, 3, 2, 2), int8 of rank 2 is expected. "
        "Fix: build the layer through convert().",
    ),
    (
        SEP,
        {"depthwise": KERNEL[:, :, :1, :1]},
        "depthwise (3, 3, 1, 1) and pointwise (1, 1, 2, 2) do not fit: (kh, kw, c_in, 1) and "
        "(1, 1, c_in, filters) are expected. Fix: give every axis of one name the same length.",
    ),
    (
        SEP,
        {"pointwise": KERNEL},
        "depthwise (3, 3, 2, 1) and pointwise (3, 3, 2, 2) do not fit: (kh, kw, c_in, 1) and "
        "(1, 1, c_in, filters) are expected. Fix: give every axis of one name the same length.",
    ),
    (
        IMAGE,
        {"padding_value": 256},
        "padding_value=256 is not a pixel, 0 to 255. "
        "Fix: choose an input scaling whose shift lies in 0 to 255.",
    ),
    (
        IMAGE,
        {"padding_value": -1},
        "padding_value=-1 is not a pixel, 0 to 255. "
        "Fix: choose an input scaling whose shift lies in 0 to 255.",
    ),
    (
        CONV,
        {"strides": (0, 1)},
        f"kernel size (3, 3) or strides (0, 1) is outside 1 to 256. {WIDE}",
    ),
    (
        CONV,
        {"strides": (257, 1)},
        f"kernel size (3, 3) or strides (257, 1) is outside 1 to 256. {WIDE}",
    ),
    (
        CONV,
        {"pool": MaxPool((3000, 3000), (1, 1), "same")},
        f"pool size (3000, 3000) or strides (1, 1) is outside 1 to 256. {WIDE}",
    ),
    (
        SEP,
        {"pool": MaxPool((2, 2), (1, 0))},
        f"pool size (2, 2) or strides (1, 0) is outside 1 to 256. {WIDE}",
    ),
    (
        CONV,
        {"padding": "full"},
        "kernel padding='full' is neither 'same' nor 'valid'. Fix: choose one of the two.",
    ),
    (
        CONV,
        {"pool": MaxPool((2, 2), (2, 2), "SAME")},
        "pool padding='SAME' is neither 'same' nor 'valid'. Fix: choose one of the two.",
    ),
    (
        EVENTS,
        {"input_shape": (4, 0, 2)},
        "input_shape (4, 0, 2) is empty. Fix: give every side 1 or more.",
    ),
    (
        IMAGE,
        {"input_shape": (4, -1, 2)},
        "input_shape (4, -1, 2) is empty. Fix: give every side 1 or more.",
    ),
    (
        EVENTS,
        {"input_shape": (1 << 14, 1 << 14, 2)},
        "input_shape (16384, 16384, 2) has 536870912 values, at most 268435456 are accepted. "
        "Fix: use smaller maps or fewer channels.",
    ),
    # Outputs.
    (
        DENSE,
        {"output": Potentials(np.ones(2, np.float32), np.zeros(2))},
        "scale is float32 of shape (2,), float64 of shape (2,) is expected. "
        "Fix: give one value a filter.",
    ),
    (
        DENSE,
        {"output": Potentials(np.ones(2), np.zeros(3))},
        "offset is float64 of shape (3,), float64 of shape (2,) is expected. "
        "Fix: give one value a filter.",
    ),
    *(
        (
            DENSE,
            {"output": output},
            "scale or offset is not finite, or gives scores beyond float32. "
            "Fix: give finite numbers; train or convert the model again.",
        )
        for output in (
            Potentials(np.array([1, np.nan]), np.zeros(2)),
            Potentials(np.array([1, np.inf]), np.zeros(2)),
            Potentials(np.ones(2), np.array([-np.inf, 0])),
            Potentials(np.array([1, 1e300]), np.zeros(2)),
            Potentials(np.array([1, 8e28]), np.zeros(2)),
            Potentials(np.ones(2), np.array([0, -1.8e38])),
            Potentials(np.array([1, -1e30]), np.zeros(2)),
        )
    ),
    (
        CONV,
        {"output": Staircase(np.zeros((2, 3), np.int32), 9)},
        "act_bits=9 is outside 1 to 8. Fix: choose act_bits from 1 to 8.",
    ),
    (
        CONV,
        {"output": Staircase(np.zeros((2, 3)), 2)},
        "thresholds are float64 of shape (2, 3), int32 of shape (2, 3) is expected. "
        "Fix: give one threshold a filter and level.",
    ),
    (
        CONV,
        {"output": Staircase(np.zeros((2, 3), ">i4"), 2)},
        "thresholds are >i4 of shape (2, 3), int32 of shape (2, 3) is expected. "
        "Fix: give one threshold a filter and level.",
    ),
    (
        CONV,
        {"output": Staircase(np.zeros((2, 4), np.int32), 2)},
        "thresholds are int32 of shape (2, 4), int32 of shape (2, 3) is expected. "
        "Fix: give one threshold a filter and level.",
    ),
    (
        CONV,
        {"output": Staircase(np.array([[0, 1, 2], [0, 1, 0]], np.int32), 2)},
        "thresholds decrease from one level to the next. "
        "Fix: sort them: a higher level needs a higher potential.",
    ),
]


@pytest.mark.parametrize(("layer", "fields", "message"), REFUSED)
def test_a_layer_is_refused_with_the_fix(layer, fields, message):
    with pytest.raises(LayerError) as caught:
        replace(layer, **fields)
    name = fields.get("name", layer.name)[:1000]
    assert str(caught.value) == f"layer {name!r} ({type(layer).__name__}): {message}"


@pytest.mark.parametrize(("name", "shown"), [(None, "None"), (7, "7"), (Odd(), "odd")])
def test_a_name_that_is_no_text_is_shown_as_it_is(name, shown):
    with pytest.raises(LayerError) as caught:
        replace(EVENTS, name=name)
    assert str(caught.value) == (
        f"layer '{shown}' (InputData): name is {shown}, text is expected. Fix: give a str."
    )


TALL = np.ones((5, 5, 2, 2), np.int8)
TWO = "dense"
CHAINS = [
    ((), "layer '' (nothing): a model starts with an input layer. Fix: put an "
     "InputConvolutional or an InputData first."),
    ((CONV,), "layer 'conv' (Convolutional): a model starts with an input layer. Fix: put an "
     "InputConvolutional or an InputData first."),
    (("conv",), "layer '' (str): a model starts with an input layer. Fix: put an "
     "InputConvolutional or an InputData first."),
    ((EVENTS, "conv"), "layer 1: is a str, no integer layer. Fix: give what convert() "
     "returns."),
    ((EVENTS, EVENTS), "layer 'events' (InputData): is an input layer but is not first. Fix: "
     "put it first, or leave it out."),
    ((EVENTS, replace(IMAGE, name="second")), "layer 'second' (InputConvolutional): is an "
     "input layer but is not first. Fix: put it first, or leave it out."),
    ((EVENTS, replace(CONV, input_bits=3)), "layer 'conv' (Convolutional): reads 3-bit events, "
     "the layer before emits 1. Fix: declare the width that arrives."),
    ((replace(EVENTS, input_shape=(4, 4, 3)), CONV), "layer 'conv' (Convolutional): the input "
     "has 3 channels, the kernel 2. Fix: feed it the map it was trained on."),
    ((EVENTS, DENSE), "layer 'dense' (FullyConnected): the input map (4, 4, 2) has 32 values, "
     "the weights have 2 rows. Fix: feed it the map it was trained on."),
    ((EVENTS, replace(CONV, output=SCORE), CONV), "layer 'conv' (Convolutional): has no "
     "activation but is not last. Fix: give it a Staircase."),
    *(((EVENTS, replace(CONV, weights=TALL, padding="valid", pool=pool)), "layer 'conv' "
       "(Convolutional): the map (4, 4, 2) is smaller than the window. Fix: enlarge the "
       "input.") for pool in (None, GlobalAveragePool(), MaxPool((1, 1), (1, 1)))),
    ((EVENTS, replace(CONV, padding="valid", pool=MaxPool((3, 1), (1, 1)))), "layer 'conv' "
     "(Convolutional): the map (2, 2, 2) is smaller than the window. Fix: enlarge the input."),
    ((replace(EVENTS, input_shape=(1 << 13, 1 << 13, 2)), replace(CONV, weights=np.ones(
        (1, 1, 2, 8), np.int8), output=Potentials(np.ones(8), np.zeros(8)))), "layer 'conv' "
     "(Convolutional): the map (8192, 8192, 8) has 536870912 values, at most 268435456 are "
     "accepted. Fix: use smaller maps or fewer channels."),
    ((replace(EVENTS, input_shape=(8, 1 << 19, 2)), replace(CONV, weights=np.ones(
        (256, 1, 2, 2), np.int8))), "layer 'conv' (Convolutional): the padded map (263, 524288,"
     " 2) has 275775488 values, at most 268435456 are accepted. Fix: use smaller maps or "
     "fewer channels."),
    ((replace(EVENTS, input_shape=(8, 1 << 19, 2)), replace(CONV, weights=np.ones(
        (1, 1, 2, 2), np.int8), pool=MaxPool((256, 1), (1, 1), "same"))), "layer 'conv' "
     "(Convolutional): the padded map (263, 524288, 2) has 275775488 values, at most "
     "268435456 are accepted. Fix: use smaller maps or fewer channels."),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "message"), CHAINS)
def test_a_chain_is_refused_with_the_fix(layers, message):
    with pytest.raises(LayerError) as caught:
        layer_shapes(layers)
    assert str(caught.value) == message


def test_a_potential_may_fill_32_bits_and_no_more():
    """128 channels of 255, summed over the map: 65,793 positions are the most."""
    kernel = np.ones((1, 1, 128, 1), np.int8)
    score = Potentials(np.ones(1), np.zeros(1))
    summed = replace(CONV, weights=kernel, input_bits=8, output=score, pool=GlobalAveragePool())
    entry = InputData(name="in", input_shape=(1, 65793, 128), input_bits=8)
    assert summed.potential_bound(entry.input_shape) == 128 * 255 * 65793
    layer_shapes((entry, summed))
    with pytest.raises(LayerError) as caught:
        layer_shapes((replace(entry, input_shape=(1, 65794, 128)), summed))
    assert str(caught.value) == (
        "layer 'conv' (Convolutional): a potential can reach 2147516160, beyond 32 bits. "
        "Fix: use fewer weight or input bits."
    )


@pytest.mark.parametrize(
    ("input_bits", "padding_value", "highest"), [(1, 255, 255), (8, 3, 255)]
)
def test_what_lies_outside_the_image_counts_for_the_bound(input_bits, padding_value, highest):
    layer = replace(IMAGE, input_bits=input_bits, padding_value=padding_value)
    assert layer.potential_bound((4, 4, 2)) == 3 * 3 * 2 * highest


def test_limits_are_accepted():
    replace(EVENTS, name="n" * 1000, input_shape=(1 << 14, 1 << 14, 1))
    replace(CONV, strides=(256, 256), pool=MaxPool((256, 1), (1, 256), "same"))
    replace(CONV, weights=np.ones((256, 1, 2, 2), np.int8))
    replace(DENSE, output=Potentials(np.full(2, 7.9e28), np.zeros(2)))
    replace(EVENTS, name="")
