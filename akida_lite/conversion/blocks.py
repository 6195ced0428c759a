"""What the grammar of a chain makes of it: blocks of Keras layers, one integer layer each."""

from __future__ import annotations

from dataclasses import dataclass, field

from akida_lite.conversion.graph import Step
from akida_lite.conversion.roles import Role
from akida_lite.errors import Problem


@dataclass
class Block:
    """Keras layers that become one integer layer.

    Attributes
    ----------
    neural : Step
    steps : list of Step
        Everything from the end of the block before to the end of this one, in order.
    pointwise : Step or None
        The 1x1 convolution, where `neural` is a depthwise one that merges with it.
    mean_first, pad : Step or None
        What stands before `neural`: the mean of the incoming map, zeros around it.
    tail : list of (Role, Step)
        Pooling, normalization and activation, in order.
    float_layers : bool
        Whether a layer of the block has no integer equivalent.
    name : str
        Of the integer layer; no other has it.
    """

    neural: Step
    steps: list[Step]
    pointwise: Step | None = None
    mean_first: Step | None = None
    pad: Step | None = None
    tail: list[tuple[Role, Step]] = field(default_factory=list)
    float_layers: bool = False
    name: str = ""

    @property
    def last(self) -> Step:
        """The neural layer whose filters are the block's."""
        return self.pointwise or self.neural

    def find(self, *roles: Role) -> Step | None:
        """Return the first layer of the tail that has one of these roles."""
        return next((step for role, step in self.tail if role in roles), None)

    @property
    def activation(self) -> Step | None:
        """The staircase, if there is one."""
        return self.find(Role.ACTIVATION)


@dataclass
class Parsed:
    """Outcome of the grammar.

    Attributes
    ----------
    blocks : list of Block
    scaling : list of Step
        What scales and shifts the input before the first block.
    dropped : list of Step
        Activations after the last block that convert leaves out.
    problems : list of Problem
    unclear : bool
        Whether a layer without an integer equivalent stands before the first block, so that
        what this reads is not known.
    """

    blocks: list[Block] = field(default_factory=list)
    scaling: list[Step] = field(default_factory=list)
    dropped: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unclear: bool = False
