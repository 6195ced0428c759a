"""The AKD1000 as public sources describe it: a device for each source, and one for both.

Sources disagree. The tutorial of 2020 prints ``HW yes`` for two models; a table of
constraints published years later, with MetaTF 1.9, would refuse the VGG. `AKD1000`, the
default, is the tutorial's rules plus everything of the later table that the tutorial does
not contradict; the others are what one source says and nothing else.
"""

from __future__ import annotations

from akida_lite.hardware.device import Capacity, Device
from akida_lite.hardware.devices.metatf_1_9 import (
    PREPRODUCTION_RULES,
    PRODUCTION_RULES,
    SHARED_WITH_TUTORIAL,
)
from akida_lite.hardware.devices.tutorial_2020 import SHOWN_OTHERWISE, TUTORIAL_RULES

CAPACITY = Capacity(
    mesh=(8, 10),
    np_memory_bits=100 * 1024 * 8,
    threshold_bits=32,
    layers_off_mesh=("InputConvolutional", "InputData"),
    source="chosen for this emulation; no public document that we could cite",
    status="assumed",
    documented=(80, "BrainChip, MetaTF documentation, page “Overview”, read in 2026-11"),
)

AKD1000 = Device(
    name="AKD1000",
    key="akd1000",
    about="The default: the tutorial's rules, and what of the later table they do not "
    "contradict.",
    rules=SHARED_WITH_TUTORIAL + TUTORIAL_RULES,
    omissions=SHOWN_OTHERWISE,
    capacity=CAPACITY,
)

AKD1000_TUTORIAL = Device(
    name="AKD1000 (tutorial)",
    key="tutorial",
    about="Only what the tutorial of 2020 states or shows: widths of weights and activations.",
    rules=TUTORIAL_RULES,
    capacity=CAPACITY,
)

AKD1000_PRODUCTION = Device(
    name="AKD1000 (production)",
    key="production",
    about="The table of constraints that came with MetaTF 1.9, for chips in production.",
    rules=PRODUCTION_RULES,
    capacity=CAPACITY,
)

AKD1000_PREPRODUCTION = Device(
    name="AKD1000 (pre-production)",
    key="preproduction",
    about="The same table's column for the chips before: no image input, 2-bit dense layers.",
    rules=PREPRODUCTION_RULES,
    capacity=CAPACITY,
)
