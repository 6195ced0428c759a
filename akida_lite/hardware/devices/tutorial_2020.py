"""Rules that the tutorial of 2020 states in words, or shows in its printed summaries."""

from __future__ import annotations

from akida_lite.hardware.device import Omission
from akida_lite.hardware.devices.metatf_1_9 import (
    CONV,
    FC,
    FC_INPUT_SIZE,
    IMAGE,
    LAYER_AFTER_POOL,
    NEURAL,
    PRODUCTION,
    RETRAIN,
    SEP,
)
from akida_lite.hardware.rules import AtMost, Between, OneOf, Rule

TUTORIAL = "BrainChip, tutorial “Inference on CIFAR10 with VGG and MobileNet”, 2020"

TUTORIAL_RULES = (
    Rule(
        id="INPUT-WEIGHT-BITS",
        layers=IMAGE,
        quantity="weight_bits",
        must_be=Between(1, 8),
        remedy=f"quantize its weights to 8 bits or fewer {RETRAIN}",
        source=f"{TUTORIAL}: 8-bit input weights print HW yes; range as in {PRODUCTION}",
        status="observed",
    ),
    Rule(
        id="CONV-WEIGHT-BITS",
        layers=CONV,
        quantity="weight_bits",
        must_be=AtMost(2),
        remedy=f"quantize its weights to 2 bits {RETRAIN}, or, where its kernel is larger than "
        "1x1, make it a separable convolution, which may have 4",
        source=f"{TUTORIAL}: convolutional layers need at most 2 bits",
    ),
    Rule(
        id="SEP-WEIGHT-BITS",
        layers=SEP,
        quantity="weight_bits",
        must_be=OneOf((2, 4)),
        remedy=f"quantize its weights to 2 or 4 bits {RETRAIN}",
        source=f"{TUTORIAL}: separable layers may have 4 bits; 2 as in {PRODUCTION}",
    ),
    Rule(
        id="FC-WEIGHT-BITS",
        layers=FC,
        quantity="weight_bits",
        must_be=AtMost(2),
        remedy=f"quantize its weights to 2 bits {RETRAIN}",
        source=f"{TUTORIAL}: dense layers need at most 2 bits",
    ),
    Rule(
        id="ACT-BITS",
        layers=NEURAL,
        quantity="act_bits",
        must_be=OneOf((1, 2, 4)),
        remedy=f"quantize its activation to 1, 2 or 4 bits {RETRAIN}",
        source=f"{TUTORIAL}: 2 and 4 bits print HW yes; list as in {PRODUCTION}",
        status="observed",
    ),
)

SHOWN_OTHERWISE = (
    Omission(
        FC_INPUT_SIZE,
        "The VGG's dense_6 reads a map of 4x4 positions and prints HW yes.",
        TUTORIAL,
    ),
    Omission(
        LAYER_AFTER_POOL,
        "The VGG's conv_5 ends with max pooling before dense_6, and both print HW yes.",
        TUTORIAL,
    ),
)
