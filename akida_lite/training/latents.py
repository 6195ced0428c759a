"""Latent weights for a network of which only the integers are left."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import weight_limit
from akida_lite.nn.kernels import quantized_kernels
from akida_lite.nn.quantizer import Quantizer

_Weights: TypeAlias = npt.NDArray[np.float64]

# The share stays below half a level, beyond which a weight is rounded to the next one.
_HALF = 0.49


def restore_latents(model: Any, published: Any) -> None:
    """Give kernels latent weights that their own quantizers round to published integers.

    Parameters
    ----------
    model : keras.Model
        Its quantizers derive their scales from the latent weights.
    published : keras.Model
        The same network with the integers and scales that were published.
    """
    for layer, other in zip(model.layers, published.layers, strict=True):
        pairs = zip(quantized_kernels(layer), quantized_kernels(other), strict=True)
        for (kernel, quantizer), (fixed, theirs) in pairs:
            integers, scale = theirs.integers(np.asarray(fixed, np.float32))
            kernel.assign(latent_kernel(quantizer, integers) / np.float32(scale))


def latent_kernel(quantizer: Quantizer, integers: npt.NDArray[Any]) -> _Weights:
    """Return latent weights, in units of a level, that a quantizer rounds to `integers`.

    The scale comes from the deviation of the latent weights, which rounding has changed. What
    was clipped can have been any distance beyond the highest level: it is put where the
    deviation, and with it the scale, becomes right. Where that would be too little, all
    weights move by up to half a level.

    Parameters
    ----------
    quantizer : Quantizer
        Its scale is inverse to the standard deviation.
    integers : array of int
    """
    q = integers.astype(np.float64)
    _, scale = quantizer.integers(q.astype(np.float32))
    wanted = (q.std() * float(scale)) ** 2
    outer = np.sign(q) * (np.abs(q) == weight_limit(quantizer.bitwidth))
    distance = _distance(q, outer, wanted)
    if distance >= -_HALF:
        latent: npt.NDArray[np.float64] = q + outer * distance
        return latent
    latent = q + np.sign(q) * np.clip(_distance(q, np.sign(q), wanted), -_HALF, _HALF)
    return latent


def _distance(q: _Weights, direction: _Weights, variance: float) -> float:
    """Return how far to go from `q` to where the variance is that; -inf if nowhere."""
    a, b, c = direction.var(), 2 * np.mean((q - q.mean()) * direction), q.var() - variance
    root = b * b - 4 * a * c
    return float((-b + root**0.5) / (2 * a)) if a > 0 and root >= 0 else -np.inf
