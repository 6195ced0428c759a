"""Weight quantizers: from latent float weights to a symmetric integer grid.

A quantizer of `b` bits maps a weight to one of the ``2**b - 1`` values
``-k/sf .. k/sf`` with ``k = 2**(b-1) - 1``::

    integer   = clip(round(w * sf), -k, k)       sf = k / limit
    quantized = integer / sf

They differ only in `limit`, the magnitude that the highest level stands for. Rounding is
half to even, in float32, whatever the compute type of the layer: training and conversion
see the same integers.
"""

from __future__ import annotations

import abc
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from akida_lite.errors import InputError, Problem
from akida_lite.fixed_point import weight_limit
from akida_lite.nn.straight_through import straight_through

Float32 = npt.NDArray[np.float32]


class Quantizer(abc.ABC):
    """What every weight quantizer offers.

    Attributes
    ----------
    bitwidth : int
        Width of the integers; 0 means float, no quantization.
    per_filter : bool
        Whether filters have scales of their own, which a depthwise kernel cannot have.
    """

    bitwidth: int
    per_filter = False

    def build(self, layer: keras.Layer) -> None:  # noqa: B027 (most quantizers own nothing)
        """Create the quantizer's own variables in `layer`, if it has any."""

    @abc.abstractmethod
    def quantize(self, w: Any, dtype: str = "float32") -> Any:
        """Return the quantized weights, same shape as `w`, gradients straight through.

        Parameters
        ----------
        w : float32 tensor
        dtype : str
            Of the result. Integers and scale do not depend on it, only how precisely
            their quotient is rounded.
        """

    @abc.abstractmethod
    def integers(self, w: Float32) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
        """Return the integers and the scale factor behind :meth:`quantize`.

        Parameters
        ----------
        w : float32 array, filters on the last axis

        Returns
        -------
        integers : int8 array, the shape of `w`
        scale_factor : float64 array of shape () or (filters,)
            ``quantize(w) == integers / scale_factor``.

        Raises
        ------
        ArgumentError
            If the quantizer keeps weights in float.
        """

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Quantizer:
        """Rebuild the quantizer from :meth:`get_config`."""
        return cls(**config)

    def with_bitwidth(self, bitwidth: int) -> Quantizer:
        """Return the same kind of quantizer for another width.

        Parameters
        ----------
        bitwidth : int
            2 to 8.
        """
        return self.from_config({**self.get_config(), "bitwidth": bitwidth})


class LinearWeightQuantizer(Quantizer):
    """Equidistant symmetric levels; subclasses say only how far they reach.

    Write your own quantizer by deriving from this class and returning the scale factor.

    Parameters
    ----------
    bitwidth : int
        2 to 8. One bit would leave only the level zero.

    Raises
    ------
    InputError
        If `bitwidth` is no integer from 2 to 8.
    """

    def __init__(self, bitwidth: int = 4) -> None:
        if isinstance(bitwidth, bool) or bitwidth not in range(2, 9):
            text = f"bitwidth={bitwidth!r} is not one of 2 to 8"
            remedy = "choose 2 to 8, or WeightFloat() to keep weights in float"
            raise InputError(Problem(type(self).__name__, text, remedy))
        self.bitwidth = int(bitwidth)

    @abc.abstractmethod
    def scale_factor(self, w: Any) -> Any:
        """Return levels per unit of weight: a tensor of shape () or (filters,)."""

    def quantize(self, w: Any, dtype: str = "float32") -> Any:
        scale_factor = self.scale_factor(w)
        levels = w * scale_factor
        limit = weight_limit(self.bitwidth)
        clipped = ops.clip(straight_through(levels, ops.round(levels)), -limit, limit)
        # Half precision divides in float32 and is rounded once.
        wide = "float64" if dtype == "float64" else "float32"
        return ops.cast(ops.cast(clipped, wide) / ops.cast(scale_factor, wide), dtype)

    def integers(self, w: Float32) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
        weights = ops.convert_to_tensor(w, "float32")
        scale_factor = self.scale_factor(weights)
        limit = weight_limit(self.bitwidth)
        levels = ops.clip(ops.round(weights * scale_factor), -limit, limit)
        return (
            ops.convert_to_numpy(levels).astype(np.int8),
            ops.convert_to_numpy(scale_factor).astype(np.float64),
        )

    def get_config(self) -> dict[str, Any]:
        return {"bitwidth": self.bitwidth}
