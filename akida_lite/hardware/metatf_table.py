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
        "INPUT-WIDTH",
        IMAGE,
        q.input_width,
        Between(5, 256),
        "resize the images to a width of 5 to 256 pixels",
        PRODUCTION,
    ),
    Rule(
        "INPUT-HEIGHT",
        IMAGE,
        q.input_height,
        AtLeast(5),
        "resize the images to a height of 5 pixels or more",
        PRODUCTION,
    ),
    Rule(
        "INPUT-CHANNELS",
        IMAGE,
        "input_channels",
        OneOf((1, 3)),
        "feed grey or colour images, or convert with input_is_sparse=True",
        PRODUCTION,
    ),
    Rule(
        "INPUT-KERNEL",
        IMAGE,
        "kernel_size",
        OneOf(((3, 3), (5, 5), (7, 7))),
        "choose a kernel of 3x3, 5x5 or 7x7",
        PRODUCTION,
    ),
    Rule(
        "INPUT-STRIDES",
        IMAGE,
        "strides",
        Each(OneOf((1, 2, 3))),
        "choose strides of 1, 2 or 3",
        PRODUCTION,
    ),
    Rule(
        "INPUT-FILTERS",
        IMAGE,
        q.filters,
        PerCase(
            (
                ("a 3x3 kernel on 1 channel", AtMost(512)),
                ("a 5x5 kernel on 1 channel", AtMost(192)),
                ("a 7x7 kernel on 1 channel", AtMost(96)),
                ("a 3x3 kernel on 3 channels", AtMost(192)),
                ("a 5x5 kernel on 3 channels", AtMost(64)),
                ("a 7x7 kernel on 3 channels", AtMost(32)),
            )
        ),
        "use fewer filters, or a smaller kernel, which allows more",
        PRODUCTION,
    ),
    Rule(
        "INPUT-POOL-TYPE",
        IMAGE,
        q.pool_type,
        OneOf(("none", "max"), among=("none", "max", "average")),
        "put another layer between this one and the average pooling",
        f"{PRODUCTION}: lists no average pooling for this layer, and does not exclude it",
        "assumed",
    ),
    Rule(
        "INPUT-POOL-SIZE",
        IMAGE,
        q.pool_size,
        OneOf(((1, 1), (1, 2), (2, 1), (2, 2))),
        "pool over 2x2 pixels at most",
        PRODUCTION,
    ),
    Rule(
        "INPUT-POOL-STRIDES",
        IMAGE,
        q.pool_strides,
        OneOf(((2, 2),)),
        "give the pooling strides of 2",
        PRODUCTION,
    ),
    Rule(
        "INPUT-BITS",
        IMAGE,
        "input_bits",
        OneOf((8,)),
        "feed 8-bit images",
        PRODUCTION,
    ),
)

_CONV_KERNEL = Rule(
    "CONV-KERNEL",
    CONV,
    "kernel_size",
    OneOf(((1, 1), (3, 3), (5, 5), (7, 7))),
    "choose a kernel of 1x1, 3x3, 5x5 or 7x7",
    PRODUCTION,
)
_SEP_KERNEL = Rule(
    "SEP-KERNEL",
    SEP,
    "kernel_size",
    OneOf(((3, 3), (5, 5), (7, 7))),
    "choose a kernel of 3x3, 5x5 or 7x7",
    PRODUCTION,
)
_STRIDES = Rule(
    "STRIDES",
    CONV + SEP,
    q.strides,
    PerCase(
        (
            ("a 1x1 kernel", OneOf(((1, 1),))),
            ("a 3x3 kernel", Each(OneOf((1, 2)))),
            ("a 5x5 kernel", OneOf(((1, 1),))),
            ("a 7x7 kernel", OneOf(((1, 1),))),
        )
    ),
    "use strides of 1 and pool instead, or strides of 2 with a 3x3 kernel",
    PRODUCTION,
)
_PADDING = Rule(
    "PADDING",
    CONV + SEP,
    "padding",
    OneOf(("same",), among=("same", "valid")),
    "build the layer with padding='same'",
    PRODUCTION,
)
_POOLING = (
    Rule(
        "POOL-SIZE",
        CONV + SEP,
        q.pool_size,
        OneOf(((1, 1), (2, 2), (3, 3))),
        "pool over 1x1, 2x2 or 3x3 pixels",
        PRODUCTION,
    ),
    Rule(
        "POOL-STRIDES",
        CONV + SEP,
        q.strides_of_the_pool,
        PerCase(
            (
                ("a 1x1 pool", Each(OneOf((1,)))),
                ("a 2x2 pool", Each(OneOf((1, 2)))),
                ("a 3x3 pool", Each(OneOf((1, 2, 3)))),
            )
        ),
        "give the pooling strides of 1, 2 or 3 that do not exceed its size",
        PRODUCTION,
    ),
)
_AVERAGE_POOL = Rule(
    "AVERAGE-POOL-WIDTH",
    CONV + SEP,
    q.average_pool_width,
    Between(1, 32),
    "pool earlier, so that at most 32 columns reach this layer",
    PRODUCTION,
)
_EVENT_BITS = Rule(
    "EVENT-BITS",
    CONV + SEP,
    "input_bits",
    OneOf((1, 2, 4)),
    "give the layer before it an activation of 1, 2 or 4 bits",
    PRODUCTION,
)
_FC_EVENT_BITS = Rule(
    "FC-EVENT-BITS",
    FC,
    "input_bits",
    OneOf((1, 2, 4)),
    "give the layer before it an activation of 1, 2 or 4 bits",
    PRODUCTION,
)
_FC_CONNECTIONS = Rule(
    "FC-CONNECTIONS",
    FC,
    q.connections,
    AtMost(81920),
    "pool the map that it reads, or use fewer filters before it",
    PRODUCTION,
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
    "FC-INPUT-SIZE",
    FC,
    q.input_height_and_width,
    OneOf(((1, 1),)),
    "end the layer before it with global average pooling",
    PRODUCTION,
)
LAYER_AFTER_POOL = Rule(
    "LAYER-AFTER-MAX-POOL",
    IMAGE + CONV + SEP,
    q.layer_after_max_pooling,
    OneOf(
        ("Convolutional", "SeparableConvolutional"),
        among=("Convolutional", "SeparableConvolutional", "FullyConnected", "none"),
    ),
    "use global average pooling here, or put a convolution after the max pooling",
    TABLE,
)

_PRODUCTION_INPUT_WEIGHT_BITS = Rule(
    "INPUT-WEIGHT-BITS",
    IMAGE,
    "weight_bits",
    Between(1, 8),
    f"quantize its weights to 8 bits or fewer {RETRAIN}",
    PRODUCTION,
)
_PRODUCTION_CONV_WEIGHT_BITS = Rule(
    "CONV-WEIGHT-BITS",
    CONV,
    "weight_bits",
    OneOf((1, 2, 4)),
    f"quantize its weights to 2 or 4 bits {RETRAIN}",
    PRODUCTION,
)
_PRODUCTION_SEP_WEIGHT_BITS = Rule(
    "SEP-WEIGHT-BITS",
    SEP,
    "weight_bits",
    OneOf((2, 4)),
    f"quantize its weights to 2 or 4 bits {RETRAIN}",
    PRODUCTION,
)
_PRODUCTION_FC_WEIGHT_BITS = Rule(
    "FC-WEIGHT-BITS",
    FC,
    "weight_bits",
    OneOf((1, 2, 4)),
    f"quantize its weights to 2 or 4 bits {RETRAIN}",
    PRODUCTION,
)
_PRODUCTION_ACT_BITS = Rule(
    "ACT-BITS",
    NEURAL,
    "act_bits",
    OneOf((1, 2, 4)),
    f"quantize its activation to 1, 2 or 4 bits {RETRAIN}",
    PRODUCTION,
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
    "INPUT-TYPE",
    IMAGE,
    q.layer_type,
    OneOf(
        ("InputData", "Convolutional", "SeparableConvolutional", "FullyConnected"),
        among=("InputConvolutional",),
    ),
    "convert with input_is_sparse=True and feed events",
    PREPRODUCTION,
)

PREPRODUCTION_RULES = (
    _NO_IMAGES,
    *_SAME_IN_PREPRODUCTION,
    Rule(
        "KERNEL-WITHIN-INPUT",
        CONV + SEP,
        q.kernel_pixels_beyond_the_input,
        AtMost(0),
        "choose a smaller kernel, or pool less before this layer",
        PREPRODUCTION,
    ),
    Rule(
        "STRIDES",
        CONV + SEP,
        "strides",
        OneOf(((1, 1),)),
        "use strides of 1 and pool instead",
        PREPRODUCTION,
    ),
    Rule(
        "POOL-WITHIN-INPUT",
        CONV + SEP,
        q.pool_pixels_beyond_the_input,
        AtMost(0),
        "pool over fewer pixels, or pool less before this layer",
        PREPRODUCTION,
    ),
    Rule(
        "AVERAGE-POOL-WIDTH",
        CONV + SEP,
        q.average_pool_width,
        OneOf((8, 16, 24, 32)),
        "pool so that 8, 16, 24 or 32 columns reach this layer",
        PREPRODUCTION,
    ),
    Rule(
        "AVERAGE-POOL-HEIGHT",
        CONV + SEP,
        q.average_pool_height,
        MultipleOf(8),
        "pool so that a multiple of 8 rows reaches this layer",
        PREPRODUCTION,
    ),
    Rule(
        "FC-EVENT-BITS",
        FC,
        "input_bits",
        OneOf((1, 2)),
        "give the layer before it an activation of 1 or 2 bits",
        PREPRODUCTION,
    ),
    Rule(
        "CONV-WEIGHT-BITS",
        CONV,
        "weight_bits",
        OneOf((1, 2)),
        f"quantize its weights to 2 bits {RETRAIN}",
        PREPRODUCTION,
    ),
    Rule(
        "FC-WEIGHT-BITS",
        FC,
        "weight_bits",
        OneOf((1, 2)),
        f"quantize its weights to 2 bits {RETRAIN}",
        PREPRODUCTION,
    ),
)
