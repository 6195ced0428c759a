"""Rules as rows of text, for pages: one device's table, and where devices differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from akida_lite.hardware.device import Device

NOT_APPLIED = "no rule"
"""What a table of differences prints where a device has no rule of that name."""


class RuleRow(NamedTuple):
    """One rule as a page prints it; all texts."""

    id: str
    layer: str
    constraint: str
    remedy: str
    source: str
    status: str


def rule_rows(device: Device) -> tuple[RuleRow, ...]:
    """Return a device's rules in the order of its table.

    Parameters
    ----------
    device : Device

    Returns
    -------
    tuple of RuleRow
    """
    return tuple(
        RuleRow(
            rule.id,
            ", ".join(rule.layers),
            f"{rule.name}: {rule.must_be}",
            rule.remedy,
            rule.source,
            rule.status,
        )
        for rule in device.rules
    )


def differences(devices: Sequence[Device]) -> tuple[tuple[str, ...], ...]:
    """Return the rules on which devices do not all agree.

    Parameters
    ----------
    devices : sequence of Device

    Returns
    -------
    tuple of tuple of str
        One a rule: its id, then what each device accepts, in the order of `devices`.
    """
    tables = [
        {rule.id: f"{rule.name}: {rule.must_be}" for rule in device.rules} for device in devices
    ]
    ids = dict.fromkeys(id for table in tables for id in table)
    rows = [(id, *(table.get(id, NOT_APPLIED) for table in tables)) for id in ids]
    return tuple(row for row in rows if len(set(row[1:])) > 1)
