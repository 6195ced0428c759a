"""What may enter a model: checked once, before anything is computed."""

from __future__ import annotations

from math import prod
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, Problem
from akida_lite.fixed_point import activation_levels
from akida_lite.layers import InputConvolutional, InputData


def checked_input(first: InputConvolutional | InputData, x: object) -> npt.NDArray[np.uint8]:
    """Return `x` as the uint8 events or pixels that the first layer reads.

    Parameters
    ----------
    first : InputConvolutional or InputData
    x : uint8 array of shape (n, height, width, channels)
        Any strides; n may be 0. Where the first layer is an `InputData`, booleans and
        integers of other widths are accepted as well.

    Raises
    ------
    InputError
        If the type, rank, shape or range is not what the layer declares.
    """
    if not isinstance(x, np.ndarray):
        raise _refusal(
            f"is a {type(x).__name__}, a numpy array is expected",
            "convert it with np.asarray(...)",
        )
    array = cast(Any, x)
    if np.ma.is_masked(array):
        raise _refusal(
            "is a masked array, whose hidden values would be read as the others",
            "give x.filled(0), if hidden values mean no event",
        )
    given: npt.NDArray[Any] = np.asarray(array)
    _check_dtype(first, given)
    expected = "(n, " + ", ".join(map(str, first.input_shape)) + ")"
    if given.ndim != 4 or given.shape[1:] != first.input_shape:
        remedy = "give one array of whole images, height before width before channels"
        if given.shape == first.input_shape:
            remedy = "add the batch axis: x[np.newaxis]"
        elif _same_values(given.shape[1:], first.input_shape) or (
            _long_axes(given.shape) == _long_axes(first.input_shape)
        ):
            remedy = f"give x.reshape(-1, {', '.join(map(str, first.input_shape))})"
        raise _refusal(
            f"has shape {given.shape}, layer {first.name!r} reads {expected}", remedy
        )
    _check_range(first, given)
    return given.astype(np.uint8, copy=False)


def _same_values(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether another shape lists the same values in the same order, axes of 1 apart."""
    if wanted[:2] == (1, 1):
        return prod(given) == wanted[2]
    return _long_axes(given) == _long_axes(wanted)


def _long_axes(shape: tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]


def _check_dtype(first: InputConvolutional | InputData, x: npt.NDArray[Any]) -> None:
    if isinstance(first, InputData):
        if x.dtype != np.bool_ and not np.issubdtype(x.dtype, np.integer):
            raise _refusal(
                f"has dtype {x.dtype}, layer {first.name!r} reads integer events",
                "count events as integers, for instance uint8",
            )
    elif x.dtype != np.uint8:
        raise _refusal(
            f"has dtype {x.dtype}, layer {first.name!r} reads uint8 pixels",
            'give x.astype("uint8"), if these are the pixels 0 to 255 as they were stored'
            if np.issubdtype(x.dtype, np.integer)
            else "give the image as it was stored, 0 to 255, before any scaling",
        )


def _check_range(first: InputConvolutional | InputData, x: npt.NDArray[Any]) -> None:
    highest = activation_levels(first.input_bits)
    if x.size == 0 or (x.dtype == np.uint8 and highest == 255):
        return
    low, high = int(x.min()), int(x.max())
    if low < 0 or high > highest:
        raise _refusal(
            f"spans {low} to {high}, layer {first.name!r} reads "
            f"{first.input_bits}-bit values, 0 to {highest}",
            "clip or rescale the values",
        )


def _refusal(problem: str, remedy: str) -> InputError:
    return InputError(Problem("input", problem, remedy))
