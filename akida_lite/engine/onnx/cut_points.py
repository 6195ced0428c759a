"""A staircase as one multiplication and one rounding, proved at every cut point.

Integer convolutions of ONNX end in ``saturate(round_half_even((sum + bias) * scale))``
with an int32 `bias` and a float32 `scale` for each filter. A staircase has that form where
its thresholds are the floors of equally spaced numbers, as those of a folded batch
normalization are; `bias` then has to fall between integers. Weights multiplied by a small
integer `factor` make room: the bias counts in steps of ``1 / factor`` of a potential.

Nothing rests on where thresholds come from: a filter counts as placed only when the
arithmetic above, evaluated in the same types next to every threshold, gives the
staircase's levels. It never decreases with the potential, so being right on both sides of
each threshold and at both ends is being right everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import FLOAT32_EXACT, INT32_MAX

Integers: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = npt.NDArray[np.float64]
Singles: TypeAlias = npt.NDArray[np.float32]

HIGHEST_UINT8 = 255

# A step keeps two thirds of the interval; all together leave a hundred-millionth of it.
_NARROWINGS = 45


@dataclass(frozen=True)
class Reach:
    """Smallest and largest potential that any input can cause, filter by filter.

    Attributes
    ----------
    low, high : int64 array of shape (filters,)
    """

    low: Integers
    high: Integers


@dataclass(frozen=True)
class Arithmetic:
    """How a kernel turns the sum of a filter, bias included, into uint8.

    Attributes
    ----------
    rescaled : callable
        From sums and scales, both float32, to the float32 that is rounded.
    inverse : bool
        Whether `rescaled` divides by the scale.
    largest_sum : int
        Magnitude up to which sums are exact.
    """

    rescaled: Callable[[Singles, Singles], Singles]
    inverse: bool
    largest_sum: int

    def levels(self, sums: Integers, scales: Singles) -> Singles:
        """Return what the kernel makes of `sums`: rescaled, rounded to even, saturated."""
        rounded = np.rint(self.rescaled(sums.astype(np.float32), scales))
        return np.clip(rounded, np.float32(0), np.float32(HIGHEST_UINT8))


MULTIPLYING = Arithmetic(np.multiply, False, INT32_MAX)
"""``QLinearConv``: int32 sums, converted to float32 and multiplied."""

DIVIDING = Arithmetic(np.divide, True, FLOAT32_EXACT)
"""``Conv`` in float32, then ``QuantizeLinear``, which divides."""


@dataclass(frozen=True)
class Constants:
    """Constants with which an `Arithmetic` reproduces a staircase.

    Attributes
    ----------
    factors : int64 array of shape (filters,)
        What the filter's weights are multiplied by; 0 for a filter whose level is the
        same for every input.
    biases : int32 array of shape (filters,)
        Added to the multiplied potential.
    scales : float32 array of shape (filters,)
    placed : bool array of shape (filters,)
        Whether the constants are proved to give the filter's levels.
    overshoots : bool
        Whether a level above the staircase's highest can come out, to be clipped.
    """

    factors: Integers
    biases: npt.NDArray[np.int32]
    scales: Singles
    placed: npt.NDArray[np.bool]
    overshoots: bool


def constants_for(
    thresholds: npt.NDArray[np.int32],
    reach: Reach,
    largest_factors: Integers,
    arithmetic: Arithmetic = MULTIPLYING,
) -> Constants:
    """Find constants that reproduce a staircase, with factors as small as possible.

    Parameters
    ----------
    thresholds : int32 array of shape (filters, levels)
        Non-decreasing along the last axis.
    reach : Reach
    largest_factors : int64 array of shape (filters,)
        Largest factor that each filter's weights bear.
    arithmetic : Arithmetic
    """
    search = _Search(thresholds, reach, arithmetic)
    offsets = search.roomiest_offsets()
    for factor in range(1, int(largest_factors.max(initial=0)) + 1):
        for nudge in (0, -1, 1, -2, 2):
            open_ = np.flatnonzero(~search.placed & (factor <= largest_factors))
            if len(open_):
                search.attempt(open_, factor, np.rint(offsets[open_] * factor) + nudge)
    return search.placement()


class _Search:
    """Thresholds within reach, what they ask of the constants, and constants found.

    With ``level = (potential + offset) / distance`` before rounding, the boundary below
    level k lies at ``(k - 1/2) * distance - offset``. It has to lie between threshold k
    and the next integer; a threshold at an end of the reach binds on one side only.
    """

    def __init__(
        self, thresholds: npt.NDArray[np.int32], reach: Reach, arithmetic: Arithmetic
    ) -> None:
        low, high = reach.low[:, np.newaxis], reach.high[:, np.newaxis]
        cuts: Integers = np.clip(thresholds.astype(np.int64), low - 1, high)
        ends = np.concatenate([low, high], axis=1)
        self.cuts = cuts
        self.halves: Reals = np.arange(0.5, cuts.shape[1])
        self.binds_below = cuts >= low
        self.binds_above = cuts < high
        self.span: Integers = reach.high - reach.low
        self.witnesses = np.clip(np.concatenate([cuts, cuts + 1, ends], axis=1), low, high)
        self.levels = _levels(cuts, self.witnesses)
        self.arithmetic = arithmetic
        # A filter that always gives one level needs no weights: its bias is the level.
        lowest, highest = _levels(cuts, ends).T
        self.placed = lowest == highest
        self.factors = np.zeros(len(cuts), np.int64)
        self.biases = lowest.astype(np.int32)
        self.scales = np.ones(len(cuts), np.float32)

    def roomiest_offsets(self) -> Reals:
        """Return for each filter the offset that may be missed by most."""
        near, far = self._bracket()
        # The room is a concave function of the distance.
        for _ in range(_NARROWINGS):
            third = (far - near) / 3
            rising = self._room(near + third) < self._room(far - third)
            near, far = np.where(rising, (near + third, far), (near, far - third))
        smallest, largest = self._offsets((near + far) / 2)
        middle: Reals = (smallest + largest) / 2
        return middle

    def _bracket(self) -> tuple[Reals, Reals]:
        """Return distances between which the best one lies."""
        binding = self.binds_below & self.binds_above
        first, last = binding.argmax(axis=1), binding.shape[1] - 1 - binding[:, ::-1].argmax(1)
        several = binding.sum(axis=1) > 1
        steps = np.where(several, last - first, 1)
        rows = np.arange(len(self.cuts))
        rise = self.cuts[rows, last] - self.cuts[rows, first]
        # Two cuts that bind on both sides cannot be closer or farther than this.
        near = np.where(several, np.maximum(rise - 1, 0) / steps, 0)
        far = np.where(several, (rise + 1) / steps, 4.0 * (self.span + 2))
        return near, far

    def _room(self, distance: Reals) -> Reals:
        smallest, largest = self._offsets(distance)
        return largest - smallest

    def _offsets(self, distance: Reals) -> tuple[Reals, Reals]:
        """Return the smallest and the largest offset that fit a distance."""
        boundaries = self.halves * distance[:, np.newaxis] - self.cuts
        smallest = boundaries.max(axis=1, where=self.binds_above, initial=-np.inf) - 1
        largest = boundaries.min(axis=1, where=self.binds_below, initial=np.inf)
        # Filters of one level have no bounds; they are placed already.
        return np.maximum(smallest, -INT32_MAX), np.minimum(largest, INT32_MAX)

    def attempt(self, filters: npt.NDArray[np.intp], factor: int, biases: Reals) -> None:
        """Note a factor and biases, with the best scales, where they are proved right."""
        distances = self._distances(filters, biases[:, np.newaxis] / factor) * factor
        # The result 0 says that no factor fits.
        scales = np.where(distances > 0, distances, 1)
        scales = (scales if self.arithmetic.inverse else 1 / scales).astype(np.float32)
        whole = np.clip(biases, -INT32_MAX, INT32_MAX).astype(np.int64)
        sums = self.witnesses[filters] * factor + whole[:, np.newaxis]
        levels = self.arithmetic.levels(sums, scales[:, np.newaxis])
        right = (np.minimum(levels, len(self.halves)) == self.levels[filters]).all(axis=1)
        right &= (np.abs(sums) <= self.arithmetic.largest_sum).all(axis=1) & (distances > 0)
        found = filters[right]
        self.placed[found] = True
        self.factors[found] = factor
        self.biases[found] = whole[right]
        self.scales[found] = scales[right]

    def _distances(self, filters: npt.NDArray[np.intp], offsets: Reals) -> Reals:
        """Return the middle of the distances that fit the offsets; 0 where none does."""
        cuts = self.cuts[filters]
        shortest = ((cuts + offsets) / self.halves).max(
            axis=1, where=self.binds_below[filters], initial=0
        )
        longest = ((cuts + 1 + offsets) / self.halves).min(
            axis=1, where=self.binds_above[filters], initial=2.0 * INT32_MAX
        )
        return np.where(shortest < longest, (shortest + longest) / 2, 0)

    def placement(self) -> Constants:
        """Return what was found."""
        sums = self.witnesses * self.factors[:, np.newaxis] + self.biases[:, np.newaxis]
        levels = self.arithmetic.levels(sums, self.scales[:, np.newaxis])
        overshoots = bool((levels[self.placed] > len(self.halves)).any())
        return Constants(self.factors, self.biases, self.scales, self.placed, overshoots)


def _levels(thresholds: Integers, potentials: Integers) -> Integers:
    """Return the staircase's levels of potentials of shape (filters, n)."""
    levels = np.zeros(potentials.shape, np.int64)
    for threshold in thresholds.T:
        levels += potentials > threshold[:, np.newaxis]
    return levels
