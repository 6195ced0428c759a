"""Samples that `quantize` is given, held against what the model reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.conversion.graph import KerasShape
from akida_lite.errors import InputError, Problem

_REMEDY = "give one array of inputs as the model is fed them, without labels"


def checked_samples(samples: Any, shape: KerasShape) -> npt.NDArray[Any]:
    """Return samples as an array.

    Parameters
    ----------
    samples : array-like of shape (n, ...)
    shape : tuple of int
        Of one input of the model.

    Raises
    ------
    InputError
        If they are no numbers, none, of another shape, or not finite.
    """
    subject = "option 'samples'"
    try:
        given = np.asarray(samples)
    except ValueError:
        given = np.asarray(None)
    numbers = given.dtype.kind in "fiu" and len(given.shape) > 0 and len(given) > 0
    if not numbers or given.shape[1:] != tuple(shape):
        text = f"it is a {type(samples).__name__} of shape {given.shape} and type {given.dtype}"
        text += f", numbers of shape (n, {', '.join(map(str, shape))}) are expected"
        raise InputError(Problem(subject, text, _REMEDY))
    broken = int(given.size - np.isfinite(given).sum())
    if broken:
        text = f"{broken} of its {given.size} values are NaN or infinite"
        raise InputError(Problem(subject, text, "leave out the inputs that hold them"))
    return given
