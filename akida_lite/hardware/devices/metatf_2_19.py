"""The table that the public documentation shows in 2026, for chips of the first generation.

It differs from the table of MetaTF 1.9, whose rows are reused where both say the same. Each
row names the tab and the card of the page that state it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from akida_lite.hardware import quantities as q
from akida_lite.hardware.device import Device
from akida_lite.hardware.devices.akd1000 import CAPACITY
from akida_lite.hardware.devices.metatf_1_9 import CONV, PRODUCTION_RULES, RETRAIN, SEP
from akida_lite.hardware.rules import AtLeast, AtMost, Between, Each, OneOf, PerCase, Rule

PAGE = "BrainChip, MetaTF 2.19 documentation, page “Akida 1.0 capabilities”, read in 2026-11"

_EARLIER = {rule.id: rule for rule in PRODUCTION_RULES}

_BOTH = "“Convolutional” and “SeparableConvolutional”"
_MAXIMUM_MAP = f"{_BOTH}, “Input dimensions”"


def _row(id: str, card: str, **changed: Any) -> Rule:
    """Return the earlier table's rule of that name, with what the page says now."""
    return replace(_EARLIER[id], source=f"{PAGE}, {card}", **changed)


_RULES = (
    _row(
        "INPUT-WIDTH",
        "“InputConvolutional”, “Input dimensions”",
        must_be=AtLeast(5),
        remedy="resize the images to a width of 5 pixels or more",
    ),
    _row(
        "INPUT-HEIGHT",
        "“InputConvolutional”, “Input dimensions”",
        must_be=Between(5, 256),
        remedy="resize the images to a height of 5 to 256 pixels",
    ),
    _row("INPUT-CHANNELS", "“InputConvolutional”, “Input dimensions”"),
    _row("INPUT-KERNEL", "“InputConvolutional”, “Convolution parameters”"),
    _row("INPUT-STRIDES", "“InputConvolutional”, “Convolution parameters”"),
    _row("INPUT-FILTERS", "“InputConvolutional”, “Maximum number of filters”"),
    _row(
        "INPUT-POOL-TYPE",
        "“InputConvolutional”: lists no average pooling here, and does not exclude it",
    ),
    _row(
        "INPUT-POOL-SIZE",
        "“InputConvolutional”, “Max Pooling size”",
        must_be=OneOf(((1, 2), (2, 1), (2, 2))),
    ),
    _row(
        "INPUT-POOL-STRIDES",
        "“InputConvolutional”, “Max Pooling size”",
        quantity=q.strides_of_the_pool,
        must_be=PerCase(
            tuple(
                (f"a {height}x{width} pool", OneOf(((height, width),)))
                for height, width in ((1, 2), (2, 1), (2, 2))
            )
        ),
        remedy="give the pooling the strides of its size",
    ),
    _row("INPUT-BITS", "“InputConvolutional”, “Quantization bitwidth”"),
    _row(
        "INPUT-WEIGHT-BITS",
        "“InputConvolutional”, “Quantization bitwidth”",
        must_be=OneOf((8,)),
        remedy=f"quantize its weights to 8 bits {RETRAIN}",
    ),
    Rule(
        id="MAP-HEIGHT",
        layers=CONV + SEP,
        quantity=q.input_height,
        must_be=AtMost(4096),
        remedy="pool earlier, so that at most 4096 rows reach this layer",
        source=f"{PAGE}, {_MAXIMUM_MAP}",
    ),
    Rule(
        id="MAP-WIDTH",
        layers=CONV + SEP,
        quantity=q.input_width,
        must_be=AtMost(4096),
        remedy="pool earlier, so that at most 4096 columns reach this layer",
        source=f"{PAGE}, {_MAXIMUM_MAP}",
    ),
    Rule(
        id="MAP-CHANNELS",
        layers=CONV + SEP,
        quantity="input_channels",
        must_be=AtMost(2048),
        remedy="use at most 2048 filters in the layer before it",
        source=f"{PAGE}, {_MAXIMUM_MAP}",
    ),
    _row("CONV-KERNEL", "“Convolutional”, “Convolution parameters”"),
    _row("SEP-KERNEL", "“SeparableConvolutional”, “Convolution parameters”"),
    _row("STRIDES", f"{_BOTH}, “Convolution parameters”"),
    _row("PADDING", f"{_BOTH}, “Convolution parameters”"),
    _row(
        "POOL-SIZE",
        f"{_BOTH}, “Max Pooling parameters”",
        must_be=OneOf(((2, 2),)),
        remedy="pool over 2x2 pixels",
    ),
    _row(
        "POOL-STRIDES",
        f"{_BOTH}, “Max Pooling parameters”",
        must_be=PerCase((("a 2x2 pool", Each(OneOf((1, 2)))),)),
        remedy="give the pooling strides of 1 or 2",
    ),
    _row(
        "LAYER-AFTER-MAX-POOL",
        f"{_BOTH}, “Max Pooling parameters”",
        layers=CONV + SEP,
    ),
    Rule(
        id="AVERAGE-POOL-HEIGHT",
        layers=CONV + SEP,
        quantity=q.average_pool_height,
        must_be=Between(3, 32),
        remedy="pool so that 3 to 32 rows reach this layer",
        source=f"{PAGE}, {_BOTH}, “Global Average Pooling”",
    ),
    _row("EVENT-BITS", f"{_BOTH}, “Quantization bitwidth”"),
    _row("CONV-WEIGHT-BITS", "“Convolutional”, “Quantization bitwidth”"),
    _row("SEP-WEIGHT-BITS", "“SeparableConvolutional”, “Quantization bitwidth”"),
    _row("ACT-BITS", "“Quantization bitwidth” of every tab"),
    _row("FC-INPUT-SIZE", "“FullyConnected”, “Input dimensions”"),
    _row(
        "FC-CONNECTIONS",
        "“FullyConnected”, “Input dimensions”",
        must_be=AtMost(57334),
    ),
    _row("FC-EVENT-BITS", "“FullyConnected”, “Quantization bitwidth”"),
    _row("FC-WEIGHT-BITS", "“FullyConnected”, “Quantization bitwidth”"),
)

AKD1000_2026 = Device(
    name="AKD1000 (2026)",
    key="current",
    about="The table that the public documentation shows in 2026, with MetaTF 2.19: only 8-bit "
    "weights read images, and no pooled map goes into a dense layer.",
    rules=_RULES,
    capacity=CAPACITY,
)
