"""Rules of the table of constraints that came with MetaTF 1.9, one row each.

The table has two columns, for chips in production and for those before. What it leaves
open is read the lenient way: strides and pool sizes are judged on each side by itself,
unless it lists whole sizes.
"""

from __future__ import annotations

from dataclasses import replace

from akida_lite.hardware import quantities as q
from akida_lite.hardware.rules import (
    AtLeast,
    AtMost,
    Between,
    Each,
    MultipleOf,
    OneOf,
    PerCase,
    Rule,
)

TABLE = "BrainChip, MetaTF 1.9 documentation, page “Hardware constraints”"
PRODUCTION = f"{TABLE}, column “production”"
PREPRODUCTION = f"{TABLE}, column “pre-production”"

IMAGE = ("InputConvolutional",)
CONV = ("Convolutional",)
SEP = ("SeparableConvolutional",)
FC = ("FullyConnected",)
NEURAL = IMAGE + CONV + SEP + FC

RETRAIN = "and train on"

# -- the table of constraints, column "production" ---------------------------------------

_INPUT = (
    Rule(
        id="INPUT-WIDTH",
        layers=IMAGE,
        quantity=q.input_width,
        must_be=Between(5, 256),
        remedy="resize the images to a width of 5 to 256 pixels",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-HEIGHT",
        layers=IMAGE,
        quantity=q.input_height,
        must_be=AtLeast(5),
        remedy="resize the images to a height of 5 pixels or more",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-CHANNELS",
        layers=IMAGE,
        quantity="input_channels",
        must_be=OneOf((1, 3)),
        remedy="feed grey or colour images, or convert with input_is_sparse=True",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-KERNEL",
        layers=IMAGE,
        quantity="kernel_size",
        must_be=OneOf(((3, 3), (5, 5), (7, 7))),
        remedy="choose a kernel of 3x3, 5x5 or 7x7",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-STRIDES",
        layers=IMAGE,
        quantity="strides",
        must_be=Each(OneOf((1, 2, 3))),
        remedy="choose strides of 1, 2 or 3",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-FILTERS",
        layers=IMAGE,
        quantity=q.filters,
        must_be=PerCase(
            (
                ("a 3x3 kernel on 1 channel", AtMost(512)),
                ("a 5x5 kernel on 1 channel", AtMost(192)),
                ("a 7x7 kernel on 1 channel", AtMost(96)),
                ("a 3x3 kernel on 3 channels", AtMost(192)),
                ("a 5x5 kernel on 3 channels", AtMost(64)),
                ("a 7x7 kernel on 3 channels", AtMost(32)),
            )
        ),
        remedy="use fewer filters, or a smaller kernel, which allows more",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-POOL-TYPE",
        layers=IMAGE,
        quantity=q.pool_type,
        must_be=OneOf(("none", "max"), among=("none", "max", "average")),
        remedy="put another layer between this one and the average pooling",
        source=f"{PRODUCTION}: lists no average pooling for this layer, and does not exclude "
        "it",
        status="assumed",
    ),
    Rule(
        id="INPUT-POOL-SIZE",
        layers=IMAGE,
        quantity=q.pool_size,
        must_be=OneOf(((1, 1), (1, 2), (2, 1), (2, 2))),
        remedy="pool over 2x2 pixels at most",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-POOL-STRIDES",
        layers=IMAGE,
        quantity=q.pool_strides,
        must_be=OneOf(((2, 2),)),
        remedy="give the pooling strides of 2",
        source=PRODUCTION,
    ),
    Rule(
        id="INPUT-BITS",
        layers=IMAGE,
        quantity="input_bits",
        must_be=OneOf((8,)),
        remedy="feed 8-bit images",
        source=PRODUCTION,
    ),
)

_CONV_KERNEL = Rule(
    id="CONV-KERNEL",
    layers=CONV,
    quantity="kernel_size",
    must_be=OneOf(((1, 1), (3, 3), (5, 5), (7, 7))),
    remedy="choose a kernel of 1x1, 3x3, 5x5 or 7x7",
    source=PRODUCTION,
)
_SEP_KERNEL = Rule(
    id="SEP-KERNEL",
    layers=SEP,
    quantity="kernel_size",
    must_be=OneOf(((3, 3), (5, 5), (7, 7))),
    remedy="choose a kernel of 3x3, 5x5 or 7x7",
    source=PRODUCTION,
)
_STRIDES = Rule(
    id="STRIDES",
    layers=CONV + SEP,
    quantity=q.strides,
    must_be=PerCase(
        (
            ("a 1x1 kernel", OneOf(((1, 1),))),
            ("a 3x3 kernel", Each(OneOf((1, 2)))),
            ("a 5x5 kernel", OneOf(((1, 1),))),
            ("a 7x7 kernel", OneOf(((1, 1),))),
        )
    ),
    remedy="use strides of 1 and pool instead, or strides of 2 with a 3x3 kernel",
    source=PRODUCTION,
)
_PADDING = Rule(
    id="PADDING",
    layers=CONV + SEP,
    quantity="padding",
    must_be=OneOf(("same",), among=("same", "valid")),
    remedy="build the layer with padding='same'",
    source=PRODUCTION,
)
_POOLING = (
    Rule(
        id="POOL-SIZE",
        layers=CONV + SEP,
        quantity=q.pool_size,
        must_be=OneOf(((1, 1), (2, 2), (3, 3))),
        remedy="pool over 1x1, 2x2 or 3x3 pixels",
        source=PRODUCTION,
    ),
    Rule(
        id="POOL-STRIDES",
        layers=CONV + SEP,
        quantity=q.strides_of_the_pool,
        must_be=PerCase(
            (
                ("a 1x1 pool", Each(OneOf((1,)))),
                ("a 2x2 pool", Each(OneOf((1, 2)))),
                ("a 3x3 pool", Each(OneOf((1, 2, 3)))),
            )
        ),
        remedy="give the pooling strides of 1, 2 or 3 that do not exceed its size",
        source=PRODUCTION,
    ),
)
_AVERAGE_POOL = Rule(
    id="AVERAGE-POOL-WIDTH",
    layers=CONV + SEP,
    quantity=q.average_pool_width,
    must_be=Between(1, 32),
    remedy="pool earlier, so that at most 32 columns reach this layer",
    source=PRODUCTION,
)
_EVENT_BITS = Rule(
    id="EVENT-BITS",
    layers=CONV + SEP,
    quantity="input_bits",
    must_be=OneOf((1, 2, 4)),
    remedy="give the layer before it an activation of 1, 2 or 4 bits; events that are fed, "
    "input_bits of 1, 2 or 4",
    source=PRODUCTION,
)
_FC_EVENT_BITS = Rule(
    id="FC-EVENT-BITS",
    layers=FC,
    quantity="input_bits",
    must_be=OneOf((1, 2, 4)),
    remedy="give the layer before it an activation of 1, 2 or 4 bits; events that are fed, "
    "input_bits of 1, 2 or 4",
    source=PRODUCTION,
)
_FC_CONNECTIONS = Rule(
    id="FC-CONNECTIONS",
    layers=FC,
    quantity=q.connections,
    must_be=AtMost(81920),
    remedy="pool the map that it reads, or use fewer filters before it",
    source=PRODUCTION,
)

SHARED_WITH_TUTORIAL = (
    *_INPUT,
    _CONV_KERNEL,
    _SEP_KERNEL,
    _STRIDES,
    _PADDING,
    *_POOLING,
    _AVERAGE_POOL,
    _EVENT_BITS,
    _FC_EVENT_BITS,
    _FC_CONNECTIONS,
)

FC_INPUT_SIZE = Rule(
    id="FC-INPUT-SIZE",
    layers=FC,
    quantity=q.input_height_and_width,
    must_be=OneOf(((1, 1),)),
    remedy="end the layer before it with global average pooling",
    source=PRODUCTION,
)
LAYER_AFTER_POOL = Rule(
    id="LAYER-AFTER-MAX-POOL",
    layers=IMAGE + CONV + SEP,
    quantity=q.layer_after_max_pooling,
    must_be=OneOf(
        ("Convolutional", "SeparableConvolutional"),
        among=("Convolutional", "SeparableConvolutional", "FullyConnected", "none"),
    ),
    remedy="use global average pooling here, or put a convolution after the max pooling",
    source=TABLE,
)

_PRODUCTION_INPUT_WEIGHT_BITS = Rule(
    id="INPUT-WEIGHT-BITS",
    layers=IMAGE,
    quantity="weight_bits",
    must_be=Between(1, 8),
    remedy=f"quantize its weights to 8 bits or fewer {RETRAIN}",
    source=PRODUCTION,
)
_PRODUCTION_CONV_WEIGHT_BITS = Rule(
    id="CONV-WEIGHT-BITS",
    layers=CONV,
    quantity="weight_bits",
    must_be=OneOf((1, 2, 4)),
    remedy=f"quantize its weights to 2 or 4 bits {RETRAIN}",
    source=PRODUCTION,
)
_PRODUCTION_SEP_WEIGHT_BITS = Rule(
    id="SEP-WEIGHT-BITS",
    layers=SEP,
    quantity="weight_bits",
    must_be=OneOf((2, 4)),
    remedy=f"quantize its weights to 2 or 4 bits {RETRAIN}",
    source=PRODUCTION,
)
_PRODUCTION_FC_WEIGHT_BITS = Rule(
    id="FC-WEIGHT-BITS",
    layers=FC,
    quantity="weight_bits",
    must_be=OneOf((1, 2, 4)),
    remedy=f"quantize its weights to 2 or 4 bits {RETRAIN}",
    source=PRODUCTION,
)
_PRODUCTION_ACT_BITS = Rule(
    id="ACT-BITS",
    layers=NEURAL,
    quantity="act_bits",
    must_be=OneOf((1, 2, 4)),
    remedy=f"quantize its activation to 1, 2 or 4 bits {RETRAIN}",
    source=PRODUCTION,
)

PRODUCTION_RULES = (
    *SHARED_WITH_TUTORIAL,
    FC_INPUT_SIZE,
    LAYER_AFTER_POOL,
    _PRODUCTION_INPUT_WEIGHT_BITS,
    _PRODUCTION_CONV_WEIGHT_BITS,
    _PRODUCTION_SEP_WEIGHT_BITS,
    _PRODUCTION_FC_WEIGHT_BITS,
    _PRODUCTION_ACT_BITS,
)

# -- the table of constraints, column "pre-production" -----------------------------------

_SAME_IN_PREPRODUCTION = tuple(
    replace(
        rule,
        layers=tuple(kind for kind in rule.layers if kind not in IMAGE),
        source=PREPRODUCTION,
    )
    for rule in (
        _CONV_KERNEL,
        _SEP_KERNEL,
        _PADDING,
        *_POOLING,
        LAYER_AFTER_POOL,
        _EVENT_BITS,
        FC_INPUT_SIZE,
        _FC_CONNECTIONS,
        _PRODUCTION_SEP_WEIGHT_BITS,
        _PRODUCTION_ACT_BITS,
    )
)

_NO_IMAGES = Rule(
    id="INPUT-TYPE",
    layers=IMAGE,
    quantity=q.layer_type,
    must_be=OneOf(
        ("InputData", "Convolutional", "SeparableConvolutional", "FullyConnected"),
        among=("InputConvolutional",),
    ),
    remedy="convert with input_is_sparse=True and feed events",
    source=PREPRODUCTION,
)

PREPRODUCTION_RULES = (
    _NO_IMAGES,
    *_SAME_IN_PREPRODUCTION,
    Rule(
        id="KERNEL-WITHIN-INPUT",
        layers=CONV + SEP,
        quantity=q.kernel_pixels_beyond_the_input,
        must_be=AtMost(0),
        remedy="choose a smaller kernel, or pool less before this layer",
        source=PREPRODUCTION,
    ),
    Rule(
        id="STRIDES",
        layers=CONV + SEP,
        quantity="strides",
        must_be=OneOf(((1, 1),)),
        remedy="use strides of 1 and pool instead",
        source=PREPRODUCTION,
    ),
    Rule(
        id="POOL-WITHIN-INPUT",
        layers=CONV + SEP,
        quantity=q.pool_pixels_beyond_the_input,
        must_be=AtMost(0),
        remedy="pool over fewer pixels, or pool less before this layer",
        source=PREPRODUCTION,
    ),
    Rule(
        id="AVERAGE-POOL-WIDTH",
        layers=CONV + SEP,
        quantity=q.average_pool_width,
        must_be=OneOf((8, 16, 24, 32)),
        remedy="pool so that 8, 16, 24 or 32 columns reach this layer",
        source=PREPRODUCTION,
    ),
    Rule(
        id="AVERAGE-POOL-HEIGHT",
        layers=CONV + SEP,
        quantity=q.average_pool_height,
        must_be=MultipleOf(8),
        remedy="pool so that a multiple of 8 rows reaches this layer",
        source=PREPRODUCTION,
    ),
    Rule(
        id="FC-EVENT-BITS",
        layers=FC,
        quantity="input_bits",
        must_be=OneOf((1, 2)),
        remedy="give the layer before it an activation of 1 or 2 bits; events that are fed, "
        "input_bits of 1 or 2",
        source=PREPRODUCTION,
    ),
    Rule(
        id="CONV-WEIGHT-BITS",
        layers=CONV,
        quantity="weight_bits",
        must_be=OneOf((1, 2)),
        remedy=f"quantize its weights to 2 bits {RETRAIN}",
        source=PREPRODUCTION,
    ),
    Rule(
        id="FC-WEIGHT-BITS",
        layers=FC,
        quantity="weight_bits",
        must_be=OneOf((1, 2)),
        remedy=f"quantize its weights to 2 bits {RETRAIN}",
        source=PREPRODUCTION,
    ),
)
