"""A device: a table of rules, and the numbers that placing a model needs."""

from __future__ import annotations

from dataclasses import dataclass

from akida_lite.hardware.rules import Rule


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a device has room for.

    A device's table states them with their source; ``dataclasses.replace`` makes a device
    with others.

    Attributes
    ----------
    mesh : (rows, columns)
        How the neural processors (NPs) are arranged.
    np_memory_bits : int
        What one NP holds: its share of a layer's weights, thresholds and input map.
    threshold_bits : int
        Width of one stored threshold.
    layers_off_mesh : tuple of str
        Layer types that run on the device's converters and occupy no NP.
    source : str
        Of these numbers, apart from the number of NPs where `documented` states it.
    status : {"documented", "observed", "assumed"}
    documented : (int, str) or None
        Number of NPs that a public text states, and that text.
    """

    mesh: tuple[int, int]
    np_memory_bits: int
    threshold_bits: int
    layers_off_mesh: tuple[str, ...]
    source: str
    status: str
    documented: tuple[int, str] | None = None

    @property
    def n_nps(self) -> int:
        """Number of neural processors."""
        return self.mesh[0] * self.mesh[1]


@dataclass(frozen=True)
class Omission:
    """A rule that another source states and this device does not apply, with the reason.

    Attributes
    ----------
    rule : Rule
        As the other source has it.
    because : str
        What contradicts it, a full sentence.
    source : str
        Who contradicts it.
    """

    rule: Rule
    because: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Device:
    """Rules, omissions and capacity of a device: data, no behaviour.

    Attributes
    ----------
    name : str
        Used in messages.
    rules : tuple of Rule
        Every one applies to every layer whose type it names. A layer whose type none names
        is refused, unless `capacity` has it off the mesh.
    omissions : tuple of Omission
        What sources disagree on, decided the other way.
    capacity : Capacity
    key : str
        What the command line calls it.
    about : str
        A sentence that says what the profile stands for, for pages.
    """

    name: str
    rules: tuple[Rule, ...]
    capacity: Capacity
    omissions: tuple[Omission, ...] = ()
    key: str = ""
    about: str = ""

    def __repr__(self) -> str:
        return f"<Device {self.name!r}: {len(self.rules)} rules>"

    def rule(self, id: str) -> Rule:
        """Return the rule called `id`.

        Raises
        ------
        KeyError
            If this device has no such rule.
        """
        return {rule.id: rule for rule in self.rules}[id]
