"""Fold everything between the integer potential and the next activation into thresholds.

Between the sum of products and the staircase a Keras model only scales and shifts: weight
and input scales, bias, batch normalization, the mean's division. Per filter that is one
affine function ``x = slope * potential + intercept``. Level k of the activation is reached
where ``x > t_k``; solved for the potential, with a positive slope::

    potential > (t_k - intercept) / slope

Potentials are integers, so the floor of the right side decides the same. Arithmetic is
rational: the parameters are floats, hence exact fractions, and a value exactly on the edge
of a step must stay below it, which no rounding would guarantee.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import INT32_MAX, INT32_MIN, activation_levels

Fractions: TypeAlias = npt.NDArray[np.object_]
"""One exact number a filter."""


def exact(values: npt.ArrayLike) -> Fractions:
    """Return finite floats as the fractions that they are.

    >>> exact([0.5, 3.0])
    array([Fraction(1, 2), Fraction(3, 1)], dtype=object)
    """
    flat = np.atleast_1d(np.asarray(values, np.float64))
    return np.array([Fraction(value) for value in flat.tolist()], dtype=object)


@dataclass(frozen=True)
class Affine:
    """What a potential is worth: ``x = slope * potential + intercept``, filter by filter.

    Attributes
    ----------
    slope, intercept : arrays of Fraction, shape (filters,)
    signs : int8 array of shape (filters,)
        -1 where the potential is that of the negated weights.
    """

    slope: Fractions
    intercept: Fractions
    signs: npt.NDArray[np.int8]

    @classmethod
    def of(cls, slope: Fractions, intercept: Fractions) -> Affine:
        """Return the function for weights as they are."""
        return cls(slope, intercept, np.ones(len(slope), np.int8))

    def scaled(self, factor: Any) -> Affine:
        """Return the function after a multiplication of the slope alone."""
        return replace(self, slope=self.slope * factor)

    def then(self, factor: Any, shift: Any) -> Affine:
        """Return ``factor * x + shift``."""
        return replace(
            self, slope=self.slope * factor, intercept=self.intercept * factor + shift
        )

    def rising(self) -> Affine:
        """Return the function with no negative slope: such filters are negated instead."""
        falls = self.slope < 0
        signs = np.where(falls, -self.signs, self.signs).astype(np.int8)
        return replace(self, slope=np.where(falls, -self.slope, self.slope), signs=signs)


def normalization(
    gamma: npt.NDArray[Any],
    beta: npt.NDArray[Any],
    mean: npt.NDArray[Any],
    variance: npt.NDArray[Any],
    epsilon: float,
) -> tuple[Fractions, Fractions]:
    """Return factor and shift of a batch normalization.

    The square root is the one number here that is no fraction; it is rounded to float64.
    """
    sigma = exact(np.sqrt(variance.astype(np.float64) + epsilon))
    factor = exact(gamma) / sigma
    return factor, exact(beta) - exact(mean) * factor


def exact_thresholds(
    affine: Affine, t0: Fraction, gamma: Fraction, bits: int
) -> npt.NDArray[np.int32]:
    """Return the staircase that decides as the real-valued activation does.

    Parameters
    ----------
    affine : Affine
        With no negative slope.
    t0, gamma : Fraction
        Of the activation: level k is reached above ``t0 + (k - 1) * gamma``.
    bits : int

    Returns
    -------
    int32 array of shape (filters, 2**bits - 1)
        Saturated: ``INT32_MIN`` where a level is always reached, ``INT32_MAX`` where never.

    Examples
    --------
    >>> half = Affine.of(exact([0.5]), exact([0.0]))
    >>> exact_thresholds(half, Fraction(1), Fraction(1), bits=2)
    array([[2, 4, 6]], dtype=int32)
    """
    levels = activation_levels(bits)
    table = np.empty((len(affine.slope), levels), np.int32)
    for row, slope, intercept in zip(table, affine.slope, affine.intercept, strict=True):
        if slope == 0:
            reached = [intercept > t0 + k * gamma for k in range(levels)]
            row[:] = [INT32_MIN if always else INT32_MAX for always in reached]
            continue
        first, step = (t0 - intercept) / slope, gamma / slope
        # One common denominator turns the floors into integer divisions.
        base, stride = first.numerator * step.denominator, step.numerator * first.denominator
        below = first.denominator * step.denominator
        row[:] = [_saturated((base + k * stride) // below) for k in range(levels)]
    return table


def threshold_margins(
    affine: Affine, t0: Fraction, gamma: Fraction, bits: int
) -> tuple[Fractions, Fractions]:
    """Return how far a filter's thresholds may fall and rise without deciding otherwise.

    `exact_thresholds` rounds them down to integers. They may fall to the nearest of these
    below any of them, and rise to just before the nearest above.

    Parameters
    ----------
    affine, t0, gamma, bits
        As for `exact_thresholds`.

    Returns
    -------
    fall, rise : arrays of Fraction, shape (filters,)
        In units of the potential; 0 where the slope is 0, as no potential is compared.

    Examples
    --------
    >>> half = Affine.of(exact([0.5]), exact([0.0]))
    >>> threshold_margins(half, Fraction(9, 8), Fraction(1), bits=1)
    (array([Fraction(1, 4)], dtype=object), array([Fraction(3, 4)], dtype=object))
    """
    fall, rise = exact(np.zeros(len(affine.slope))), exact(np.zeros(len(affine.slope)))
    for index, (slope, intercept) in enumerate(
        zip(affine.slope, affine.intercept, strict=True)
    ):
        if slope != 0:
            levels = range(activation_levels(bits))
            above = [(t0 + k * gamma - intercept) / slope % 1 for k in levels]
            fall[index], rise[index] = min(above), 1 - max(above)
    return fall, rise


def published_thresholds(
    affine: Affine, t0: Fraction, gamma: Fraction, bits: int
) -> npt.NDArray[np.int32]:
    """Return the staircase in the original's form: a floored first threshold and a step.

    The first threshold is floored before a filter is negated, and the step is float32, as
    published. Parameters and result are those of `exact_thresholds`; no slope is 0.
    """
    levels = activation_levels(bits)
    table = np.empty((len(affine.slope), levels), np.int32)
    for row, slope, intercept, sign in zip(
        table, affine.slope, affine.intercept, affine.signs, strict=True
    ):
        first = (t0 - intercept) / slope
        floored = _saturated(first // 1 if sign > 0 else -(-first // 1))
        step = Fraction(float(np.float32(float(gamma / slope))))
        row[:] = [_saturated((floored + k * step) // 1) for k in range(levels)]
    return table


def _saturated(value: int) -> int:
    return min(max(value, INT32_MIN), INT32_MAX)
