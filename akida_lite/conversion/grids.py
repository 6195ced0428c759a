"""The scales that lose least: weights on the grid with the smallest squared error."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite import nn
from akida_lite.fixed_point import weight_limit

# The limit is searched among these shares of the largest weight, coarse ones first.
_SHARES = np.linspace(0.2, 1.0, 33)
_NEARER = np.linspace(-0.02, 0.02, 9)

# The scale of weights that are smaller exceeds float32.
_SMALLEST = 1e-35


def least_error_quantizer(
    kernel: npt.NDArray[np.float32], bits: int, *, per_filter: bool
) -> nn.FixedScaleQuantizer:
    """Return the quantizer whose rounding changes a kernel least.

    Parameters
    ----------
    kernel : float32 array, filters on the last axis
    bits : int
        2 to 8.
    per_filter : bool
        Whether every filter may have a scale of its own.
    """
    columns = kernel.reshape(-1, kernel.shape[-1] if per_filter else 1).astype(np.float32)
    # Weights that are no numbers are refused when the model is converted, by name.
    columns = np.where(np.isfinite(columns), columns, 0)
    largest = np.abs(columns).max(axis=0)
    top = weight_limit(bits)
    # A filter of zeros has no scale of its own; any finite one gives zeros.
    largest = np.where(largest > _SMALLEST, largest, top).astype(np.float64)
    # The square of a very small error is 0.
    with np.errstate(under="ignore"):
        shares = [np.full(largest.shape, share) for share in _SHARES]
        coarse = _best_of(columns, largest / top, shares, top)
        share = _best_of(columns, largest / top, [coarse + nearer for nearer in _NEARER], top)
    # The scale is rounded to float32, in which the layer computes with it.
    scales = (top / (largest * share)).astype(np.float32).astype(np.float64)
    return nn.FixedScaleQuantizer(scales.tolist() if per_filter else float(scales[0]), bits)


def _best_of(columns: Any, step: Any, shares: list[Any], top: int) -> Any:
    """Return, filter by filter, the share of the step that has the smallest error."""
    best, least = shares[0], np.full(len(step), np.inf)
    for share in shares:
        grid = (step * share).astype(np.float32)
        rounded = np.clip(np.rint(columns / grid), -top, top) * grid
        error = np.square(columns - rounded).sum(axis=0, dtype=np.float64)
        best = np.where(error < least, share, best)
        least = np.minimum(error, least)
    return best
