"""Sphinx prints hardware rules from the tables that the checks read.

* ``.. hardware-devices::`` lists the profiles, and what each stands for;
* ``.. hardware-rules:: AKD1000`` lists one device's rules;
* ``.. hardware-omissions:: AKD1000`` lists rules of other sources that it leaves out, and why;
* ``.. hardware-differences:: AKD1000 AKD1000_PRODUCTION`` lists where devices disagree.

Devices are named as in ``akida_lite.hardware``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from akida_lite import hardware
from akida_lite.claims.sphinx import table


class HardwareRules(SphinxDirective):
    """List a device's rules, one a row, and below them their sources."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table and the list of sources that it refers to by number."""
        note_tables(self)
        rules = hardware.rule_rows(_device(self, self.arguments[0]))
        sources = list(dict.fromkeys(rule.source for rule in rules))
        rows = [
            (
                nodes.literal(rule.id, rule.id),
                rule.layer,
                rule.constraint,
                rule.remedy,
                f"{rule.status} ({sources.index(rule.source) + 1})",
            )
            for rule in rules
        ]
        titles = ("Rule", "Layers", "Must be", "Otherwise", "Status, source")
        listed = nodes.enumerated_list("", enumtype="arabic", prefix="", suffix=".")
        listed += [nodes.list_item("", nodes.paragraph("", source)) for source in sources]
        return [table(titles, (15, 24, 23, 22, 16), rows), nodes.rubric("", "Sources"), listed]


class HardwareOmissions(SphinxDirective):
    """List the rules of other sources that a device leaves out."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        note_tables(self)
        rows = [
            (
                nodes.literal(omission.rule.id, omission.rule.id),
                f"{omission.rule.name}: {omission.rule.must_be} ({omission.rule.source})",
                f"{omission.because} ({omission.source})",
            )
            for omission in _device(self, self.arguments[0]).omissions
        ]
        return [table(("Rule", "Stated", "Contradicted"), (20, 40, 40), rows)]


class HardwareDifferences(SphinxDirective):
    """List the rules on which devices disagree, one column a device."""

    required_arguments = 2
    optional_arguments = 8

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        note_tables(self)
        devices = [_device(self, name) for name in self.arguments]
        rows = [
            (nodes.literal(id, id), *accepted)
            for id, *accepted in hardware.differences(devices)
        ]
        titles = ("Rule", *(device.name for device in devices))
        return [table(titles, (20, *(20 for _ in devices)), rows)]


class HardwareDevices(SphinxDirective):
    """List every profile and what it stands for."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        note_tables(self)
        rows = [
            (
                nodes.literal(name, f"hardware.{name}"),
                nodes.literal(key := device.key, key),
                device.about,
            )
            for name, device in hardware.devices.BY_NAME.items()
        ]
        return [table(("Profile", "--device", "What it holds"), (35, 15, 50), rows)]


def note_tables(directive: SphinxDirective) -> None:
    """Have the page read again when a table of rules changes."""
    for path in Path(hardware.__file__).parent.rglob("*.py"):
        directive.env.note_dependency(str(path))


def _device(directive: SphinxDirective, name: str) -> hardware.Device:
    device = getattr(hardware, name, None)
    if not isinstance(device, hardware.Device):
        raise directive.error(f"akida_lite.hardware has no device {name!r}")
    return device


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives with Sphinx."""
    app.add_directive("hardware-devices", HardwareDevices)
    app.add_directive("hardware-rules", HardwareRules)
    app.add_directive("hardware-omissions", HardwareOmissions)
    app.add_directive("hardware-differences", HardwareDifferences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
