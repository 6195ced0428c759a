"""Kernels that a Keras network and its integer model have in common: integers up to a sign.

Where a filter falls with its potential, conversion negates its weights, so that thresholds
are climbed upwards. Nothing else distinguishes the two.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.layers import InputData, SeparableConvolutional
from akida_lite.model import Model

Integers = npt.NDArray[np.int8]


def shared_kernels(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the kernels of a saved integer model, by the names of Keras variables.

    Parameters
    ----------
    path : path
        Written by ``Model.save``.

    Raises
    ------
    FileFormatError
        If the file cannot be read as a model.
    """
    kernels: dict[str, npt.NDArray[Any]] = {}
    for layer in Model.load(path):
        if isinstance(layer, SeparableConvolutional):
            kernels[f"{layer.name}.depthwise_kernel"] = layer.depthwise
            kernels[f"{layer.name}.pointwise_kernel"] = layer.pointwise
        elif not isinstance(layer, InputData):
            kernels[f"{layer.name}.kernel"] = layer.weights
    return kernels


def signs_between(shared: npt.NDArray[Any] | None, kernel: Integers) -> Integers | None:
    """Return 1 or -1 for each filter, with which `shared` times it is `kernel`.

    Parameters
    ----------
    shared : int8 array, or None
        Same filters; axes of length 1 may differ.
    kernel : int8 array, filters on the last axis

    Returns
    -------
    int8 array of shape (filters,), or None
        None where there are no such signs.
    """
    if shared is None or shared.size != kernel.size:
        return None
    same = (shared.reshape(kernel.shape) == kernel).all(axis=tuple(range(kernel.ndim - 1)))
    signs = np.where(same, 1, -1).astype(np.int8)
    found = signed(shared, signs, kernel.shape)
    return signs if found is not None and np.array_equal(found, kernel) else None


def signed(
    shared: npt.NDArray[Any] | None, signs: npt.NDArray[Any], shape: tuple[int, ...]
) -> Integers | None:
    """Return the kernel of the given shape, or None where the arrays do not fit it."""
    if shared is None or shared.size != np.prod(shape) or signs.shape != shape[-1:]:
        return None
    if not np.isin(signs, (-1, 1)).all():
        return None
    kernel: Integers = shared.reshape(shape) * signs
    return kernel
