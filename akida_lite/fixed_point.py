"""Ranges of integers, shared by training, conversion and engines.

There are two rounding rules, each in its room. Training rounds weights half to even, as Keras
does. Conversion floors thresholds, as fractions: an integer potential exceeds a real
threshold exactly where it exceeds the threshold's floor.

numpy only. Weights are symmetric, activations start at zero: a 4-bit weight is one of
-7..7, a 4-bit activation one of 0..15.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

INT32_MIN = int(np.iinfo(np.int32).min)
INT32_MAX = int(np.iinfo(np.int32).max)

# Largest integer up to which float32 represents every integer. A sum whose partial sums
# all stay within it is exact in float32, in any order.
FLOAT32_EXACT = 1 << 24


def weight_limit(bits: int) -> int:
    """Return the largest magnitude of a symmetric `bits`-bit weight: ``2**(bits-1) - 1``."""
    return (1 << (bits - 1)) - 1


def activation_levels(bits: int) -> int:
    """Return the highest level of a `bits`-bit activation: ``2**bits - 1``."""
    return (1 << bits) - 1


def bits_of_weights(weights: npt.NDArray[np.integer]) -> int:
    """Return the fewest bits (at least 2) whose symmetric range holds every weight."""
    # Python's integers hold the magnitude of -128, which int8 does not; a wider array would
    # take memory.
    largest = max(int(weights.max(initial=0)), -int(weights.min(initial=0)))
    return max(2, largest.bit_length() + 1)
