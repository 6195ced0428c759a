"""Quantized activations: a ReLU that climbs a staircase.

With `b` bits there are ``L = 2**b - 1`` steps of height ``gamma``; the first starts at
``t0``::

    level  = clip(ceil((x - t0) / gamma), 0, L)
    output = gamma * level

A value exactly on the edge of a step stays below it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from akida_lite.errors import ArgumentError, InputError, Problem
from akida_lite.fixed_point import activation_levels
from akida_lite.nn.quantizers import LowerBound
from akida_lite.nn.straight_through import straight_through

# The fixed staircase ends where a ReLU6 does, unless its levels are too few to reach that.
RELU_MAX = 6


def fixed_gamma(bitwidth: int) -> float:
    """Return the step height of the fixed `bitwidth`-bit staircase."""
    levels = activation_levels(bitwidth)
    return min(levels, RELU_MAX) / levels


def _staircase(x: Any, t0: Any, gamma: Any, bitwidth: int) -> Any:
    position = (x - t0) / gamma
    climbed = straight_through(position, ops.ceil(position))
    return gamma * ops.clip(climbed, 0, activation_levels(bitwidth))


class _QuantizedActivation(keras.Layer):
    """What both staircases share: the width, and how the converter reads them."""

    def __init__(
        self, bitwidth: int = 1, max_value: float | None = None, **kwargs: Any
    ) -> None:
        name = kwargs.get("name", type(self).__name__)
        if isinstance(bitwidth, bool) or bitwidth not in range(1, 9):
            text = f"bitwidth={bitwidth!r} is not one of 1 to 8"
            remedy = "choose 1 to 8 (the chip: 1, 2 or 4)"
            raise InputError(Problem(f"layer {name!r}", text, remedy))
        if max_value is not None and not 0 < max_value < float("inf"):
            text = f"max_value={max_value!r} is not a positive number"
            remedy = "choose where the staircase ends, or None for 1, 3 or 6"
            raise InputError(Problem(f"layer {name!r}", text, remedy))
        if "activation" in kwargs:
            text = f"activation={kwargs['activation']!r} is not accepted, the staircase is the "
            raise ArgumentError(Problem(f"layer {name!r}", text + "activation", "remove it"))
        super().__init__(**kwargs)
        self.bitwidth = int(bitwidth)
        self.max_value = None if max_value is None else float(max_value)

    @property
    def _first_gamma(self) -> float:
        if self.max_value is None:
            return fixed_gamma(self.bitwidth)
        return self.max_value / activation_levels(self.bitwidth)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"bitwidth": self.bitwidth, "max_value": self.max_value}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("akida_lite")
class ActivationDiscreteRelu(_QuantizedActivation):
    """Quantized ReLU with a fixed step; nothing to train.

    ``gamma = max_value / L`` and ``t0 = gamma / 2``: rounding to the nearest level. Without
    a `max_value` it ends at ``min(L, 6)``: at 1, 3 or 6 for 1, 2 or more bits. The gradient
    is that of a clipped ReLU.

    Parameters
    ----------
    bitwidth : int
        1 to 8.
    max_value : float, optional
        The highest output, above 0.
    **kwargs
        `name`, `dtype`, `trainable`, as for every Keras layer.
    """

    @property
    def gamma(self) -> float:
        """Height of a step, in units of the output."""
        return self._first_gamma

    @property
    def t0(self) -> float:
        """Input above which level 1 starts."""
        return self.gamma / 2

    def call(self, inputs: Any) -> Any:
        return _staircase(inputs, self.t0, self.gamma, self.bitwidth)


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedReLU(_QuantizedActivation):
    """Quantized ReLU whose step and first threshold are trained.

    Starts out as :class:`ActivationDiscreteRelu`. The chip counts steps in sixteenths of
    the whole range, so the trained variable is ``step = gamma * 2**bitwidth / 16``; it is
    kept above 0, because a staircase with a negative step has no integer equivalent.

    Parameters
    ----------
    bitwidth : int
        1 to 8.
    max_value : float, optional
        The highest output before training, above 0.
    **kwargs
        `name`, `dtype`, `trainable`, as for every Keras layer.
    """

    def build(self, input_shape: Any) -> None:
        gamma = self._first_gamma
        self._t0 = self.add_weight(
            name="t0_k",
            shape=(),
            initializer=keras.initializers.Constant(gamma / 2),
            autocast=False,
        )
        self._step = self.add_weight(
            name="step",
            shape=(),
            initializer=keras.initializers.Constant(gamma * 2**self.bitwidth / 16),
            constraint=LowerBound(1e-6),
            autocast=False,
        )

    @property
    def gamma(self) -> float:
        """Height of a step, in units of the output."""
        return float(16 * ops.convert_to_numpy(self._step) / 2**self.bitwidth)

    @property
    def t0(self) -> float:
        """Input above which level 1 starts."""
        return float(ops.convert_to_numpy(self._t0))

    def call(self, inputs: Any) -> Any:
        gamma = ops.cast(16 * self._step / 2**self.bitwidth, inputs.dtype)
        return _staircase(inputs, ops.cast(self._t0, inputs.dtype), gamma, self.bitwidth)
