"""Rounding that lets gradients through."""

from __future__ import annotations

from typing import Any

from keras import ops


def straight_through(x: Any, rounded: Any) -> Any:
    """Return `rounded` exactly, with the gradient of `x`.

    The usual ``x + stop_gradient(rounded - x)`` is off by one unit in the last place for
    some `x`: a level would come out as 0.99999994 and sums of levels would no longer be
    exact. Subtracting `x` from itself gives an exact zero instead.
    """
    return ops.stop_gradient(rounded) + (x - ops.stop_gradient(x))
