"""What a chip accepts, as tables of rules with sources; and where a model's layers lie on it.

`check` lists every rule that a chain of layers breaks, `place` gives every layer its neural
processors. Both are pure functions of layers and a `Device`, which is data: another device
is another table.
"""

from akida_lite.hardware.akd1000 import (
    AKD1000,
    AKD1000_PREPRODUCTION,
    AKD1000_PRODUCTION,
    AKD1000_TUTORIAL,
)
from akida_lite.hardware.checking import check
from akida_lite.hardware.device import Capacity, Device, Omission
from akida_lite.hardware.memory import LayerMemory
from akida_lite.hardware.placement import LayerPlacement, Placement, Processor, place
from akida_lite.hardware.rules import Rule
from akida_lite.hardware.rules_table import RuleRow, differences, rule_rows

DEVICES = (AKD1000, AKD1000_TUTORIAL, AKD1000_PRODUCTION, AKD1000_PREPRODUCTION)
"""Every profile of the package."""

__all__ = [
    "AKD1000",
    "AKD1000_PREPRODUCTION",
    "AKD1000_PRODUCTION",
    "AKD1000_TUTORIAL",
    "DEVICES",
    "Capacity",
    "Device",
    "LayerMemory",
    "LayerPlacement",
    "Omission",
    "Placement",
    "Processor",
    "Rule",
    "RuleRow",
    "check",
    "differences",
    "place",
    "rule_rows",
]
