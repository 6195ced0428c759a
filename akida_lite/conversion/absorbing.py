"""Channels that are scaled right before a float neural layer become part of its weights.

Integers that enter a layer have one unit, so a normalization between an activation (or the
image) and the next products has no integer form. While the weights are still float it can
be multiplied into them: exactly, where the layer reads no zeros outside the map, or these
stand for one value of all channels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from akida_lite.conversion.graph import Step
from akida_lite.conversion.kinds import kind_of
from akida_lite.conversion.roles import Role, function_name, role_of
from akida_lite.conversion.scaling import affine_of_step, reads_outside

# Pixels that are this near to each other are the same: float32 has moved them.
_SAME = 1e-4
_NEURAL = (Role.NEURAL, Role.FLOAT_NEURAL)
_ACTIVATIONS = (Role.ACTIVATION, Role.FLOAT_ACTIVATION)
_PASSED = (Role.IGNORED, Role.RESHAPE, Role.MEAN, Role.NORM, Role.MAX_POOL)


@dataclass(frozen=True)
class Absorbed:
    """What a neural layer takes over: ``factor * x + shift`` of each of its inputs.

    Attributes
    ----------
    steps : list of Step
        The layers that this replaces.
    factor, shift : float64 arrays of shape (inputs,)
    common : float or None
        Of the image: a factor that stays where it is, for all channels.
    offset : float
        Of the image: what stays to be added behind that factor.
    """

    steps: list[Step]
    factor: Any
    shift: Any
    common: float | None = None
    offset: float = 0.0

    def into(self, layer: Any, weights: dict[str, Any]) -> dict[str, Any]:
        """Return what the weights of a layer become, its bias among them.

        Parameters
        ----------
        layer : keras.Layer
        weights : dict of arrays
            Name of the variable to its values.
        """
        changed = {name: np.asarray(value, np.float64) for name, value in weights.items()}
        first, *more = kind_of(layer).kernels
        # The inputs of a kernel, channels or connections, are its last axis but one.
        kernel = changed[first.variable]
        changed[first.variable] = kernel * self.factor[:, np.newaxis]
        flat = kernel if kernel.ndim == 2 else kernel.sum(axis=(0, 1))
        added = self.shift * flat[:, 0] if first.depthwise else self.shift @ flat
        for slot in more:
            added = added @ changed[slot.variable][0, 0]
        changed["bias"] = changed.get("bias", 0) + added
        return changed


def absorbed_by(steps: list[Step]) -> dict[str, Absorbed]:
    """Return what each float neural layer, by its name, can take over.

    A scaling of the image that is the same for all channels is left where it is: the
    converter reads it.
    """
    found: dict[str, Absorbed] = {}
    # `run` holds the layers since the last activation; it is None behind anything that
    # is not passed.
    run: list[Step] | None = []
    image = True
    for step in steps:
        role = role_of(step)
        if role in _NEURAL:
            absorbed = _absorbed(step, run or [])
            if absorbed and image:
                absorbed = _of_an_image(absorbed)
            if absorbed and role is Role.FLOAT_NEURAL:
                # Where zeros stand around the map, only a factor of them makes zeros.
                if not (absorbed.shift.any() and reads_outside(step)):
                    found[step.name] = absorbed
            image = False
            own = getattr(step.layer, "activation", None)
            run = None if function_name(own) == "linear" else []
        elif role in _ACTIVATIONS:
            run = []
        elif role not in _PASSED:
            run = None
        elif run is not None:
            run.append(step)
    return found


def _of_an_image(absorbed: Absorbed) -> Absorbed | None:
    """Leave what all channels have in common: the model says what it reads."""
    factor, shift = absorbed.factor, absorbed.shift
    if len(set(factor)) == 1 or not factor.all():
        return None
    common = float(np.abs(factor).mean())
    zero = -shift / factor
    if np.ptp(zero) > _SAME:
        return replace(absorbed, factor=factor / common, common=common)
    offset = -common * float(zero.mean())
    return replace(
        absorbed,
        factor=factor / common,
        shift=np.zeros_like(shift),
        common=common,
        offset=offset,
    )


def _absorbed(neural: Step, run: list[Step]) -> Absorbed | None:
    """Return what the scalings in a run of layers before a neural one come to."""
    scalings = [step for step in run if role_of(step) is Role.NORM]
    if not scalings:
        return None
    factor, shift = np.ones(1), np.zeros(1)
    for step in run:
        if step in scalings:
            own = affine_of_step(step)
            if own is None:
                return None
            own_factor, own_shift = (each.astype(np.float64) for each in own)
            factor, shift = factor * own_factor, shift * own_factor + own_shift
        elif role_of(step) is Role.MAX_POOL and (factor <= 0).any():
            return None  # the maximum after the scaling would come from the lowest value
        elif role_of(step) is Role.RESHAPE and factor.size > 1:
            # A flattened map repeats the channels once a position.
            times = (step.output_shape[-1] or 0) // factor.size
            factor, shift = np.tile(factor, times), np.tile(shift, times)
    inputs = neural.input_shape[-1] or 0
    factor, shift = (np.array(np.broadcast_to(each, inputs)) for each in (factor, shift))
    return Absorbed(scalings, factor, shift)
