"""Compare layers with a device's rules: every rule that is broken, not only the first."""

from __future__ import annotations

from collections.abc import Sequence

from akida_lite.errors import Problem, layer_problem
from akida_lite.hardware.device import Device
from akida_lite.hardware.devices.akd1000 import AKD1000
from akida_lite.hardware.rules import Rule, shown
from akida_lite.layers import Layer, Shape, layer_shapes


def check(layers: Sequence[Layer], device: Device = AKD1000) -> list[Problem]:
    """Return every rule of a device that a chain of layers breaks.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts; a model's ``layers``.
    device : Device

    Returns
    -------
    list of Problem
        In the order of the layers; empty when the device takes the model. ``layer`` and
        ``rule`` hold the names.

    Raises
    ------
    LayerError
        If the layers do not form a chain.

    Examples
    --------
    >>> import numpy as np
    >>> from akida_lite.layers import FullyConnected, InputData, Potentials
    >>> events = InputData(name="events", input_shape=(1, 1, 8), input_bits=4)
    >>> scores = FullyConnected(
    ...     name="scores",
    ...     weights=np.ones((8, 2), np.int8),
    ...     weight_bits=4,
    ...     input_bits=4,
    ...     output=Potentials(np.ones(2), np.zeros(2)),
    ... )
    >>> for problem in check([events, scores]):
    ...     print(problem)  # doctest: +NORMALIZE_WHITESPACE
    layer 'scores' (FullyConnected): weight bits 4 breaks rule FC-WEIGHT-BITS of AKD1000,
    which accepts at most 2. Fix: quantize its weights to 2 bits and train on.
    """
    chain = tuple(layers)
    problems: list[Problem] = []
    following = (*chain[1:], None)
    for layer, (shape, _), after in zip(chain, layer_shapes(chain), following, strict=True):
        problems += _problems(layer, shape, after, device)
    return problems


def _problems(
    layer: Layer, shape: Shape, following: Layer | None, device: Device
) -> list[Problem]:
    if type(layer).__name__ not in known_types(device):
        return [_unknown(layer, device)]
    values = [(rule, rule.value(layer, shape, following)) for rule in device.rules]
    return [
        layer_problem(
            layer.name,
            type(layer).__name__,
            f"{rule.name} {shown(value)} breaks rule {rule.id} of {device.name}, which "
            f"accepts {rule.accepted(value)}",
            rule.remedy,
            rule.id,
        )
        for rule, value in values
        if _broken(rule, value)
    ]


def known_types(device: Device) -> list[str]:
    """Return the names of the layer types that a device's table speaks of."""
    named = {name for rule in device.rules for name in rule.layers}
    return sorted(named.union(device.capacity.layers_off_mesh))


def _unknown(layer: Layer, device: Device) -> Problem:
    kind = type(layer).__name__
    return layer_problem(
        layer.name,
        kind,
        f"no rule of {device.name} is about this type, so nothing says that it is accepted",
        f"use one of {', '.join(known_types(device))}",
    )


def _broken(rule: Rule, value: object) -> bool:
    return value is not None and not rule.must_be.holds(value)
