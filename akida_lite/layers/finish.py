"""Parts of a layer: what it does with potentials, by pooling and by its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Shape: TypeAlias = tuple[int, int, int]
"""Height, width, channels of a feature map."""


@dataclass(frozen=True)
class MaxPool:
    """Maximum of the potentials in a window.

    Attributes
    ----------
    size, strides : tuple of int
        (height, width) of the window and of its step, in pixels.
    padding : {"valid", "same"}
        As in Keras; a padded position never wins.
    """

    size: tuple[int, int]
    strides: tuple[int, int]
    padding: str = "valid"


@dataclass(frozen=True)
class GlobalAveragePool:
    """Sum of the potentials over the whole map.

    The chip adds and does not divide; the converter multiplies thresholds by the number
    of positions instead.
    """


Pool: TypeAlias = MaxPool | GlobalAveragePool | None


@dataclass(frozen=True, eq=False)
class Staircase:
    """Quantized activation: level = number of thresholds strictly below the potential.

    Attributes
    ----------
    thresholds : int32 array of shape (filters, 2**bits - 1)
        Non-decreasing along the last axis, in potential units. ``INT32_MAX`` means that
        the level is never reached, ``INT32_MIN`` that it always is.
    bits : int
        Width of the output events, 1 to 8.
    """

    thresholds: npt.NDArray[np.int32]
    bits: int


@dataclass(frozen=True, eq=False)
class Potentials:
    """No activation: the layer's output is the potential itself.

    Attributes
    ----------
    scale, offset : float64 array of shape (filters,)
        What one potential unit is worth in the Keras model's output:
        ``output = potential * scale + offset``. Read by ``Model.evaluate`` only.
    """

    scale: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]


Output: TypeAlias = Staircase | Potentials
