"""What a chip accepts, as tables of rules with sources; and where a model's layers lie on it.

`check` lists every rule that a chain of layers breaks, `place` gives every layer its neural
processors. Both are pure functions of layers and a `Device`, which is data: another device
is another file in `akida_lite.hardware.devices`.
"""

from akida_lite.hardware.broken_rules import check
from akida_lite.hardware.device import Capacity, Device, Omission
from akida_lite.hardware.devices import BY_NAME
from akida_lite.hardware.memory import LayerMemory
from akida_lite.hardware.placement import LayerPlacement, Placement, Processor
from akida_lite.hardware.placing import place
from akida_lite.hardware.rules import Rule
from akida_lite.hardware.rules_table import RuleRow, differences, rule_rows

DEVICES = tuple(BY_NAME.values())
"""Every profile of the package."""

__all__ = [
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


def __getattr__(name: str) -> Device:
    """Return the profile of that name, such as ``AKD1000``."""
    if name not in BY_NAME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return BY_NAME[name]


def __dir__() -> list[str]:
    return [*__all__, *BY_NAME]
