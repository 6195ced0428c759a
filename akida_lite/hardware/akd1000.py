"""The AKD1000 as public sources describe it: a device for each source, and one for both.

Sources disagree. The tutorial of 2020 prints ``HW yes`` for two models; a table of
constraints published years later, with MetaTF 1.9, would refuse the VGG. `AKD1000`, the
default, is the tutorial's rules plus everything of the later table that the tutorial does
not contradict; the others are what one source says and nothing else.
"""

from __future__ import annotations

from akida_lite.hardware.device import Device
from akida_lite.hardware.metatf_table import (
    PREPRODUCTION_RULES,
    PRODUCTION_RULES,
    SHARED_WITH_TUTORIAL,
)
from akida_lite.hardware.tutorial_rules import SHOWN_OTHERWISE, TUTORIAL_RULES

AKD1000 = Device("AKD1000", SHARED_WITH_TUTORIAL + TUTORIAL_RULES, SHOWN_OTHERWISE)
"""The default: the tutorial's rules, and what of the later table they do not contradict."""

AKD1000_TUTORIAL = Device("AKD1000 (tutorial)", TUTORIAL_RULES)
"""Only what the tutorial of 2020 states or shows: widths of weights and activations."""

AKD1000_PRODUCTION = Device("AKD1000 (production)", PRODUCTION_RULES)
"""The table of constraints that came with MetaTF 1.9, for chips in production."""

AKD1000_PREPRODUCTION = Device("AKD1000 (pre-production)", PREPRODUCTION_RULES)
"""The same table's column for the chips before: no image input, 2-bit dense layers."""
