"""Images that are arrays already: brought to a model's shape, or refused one by one."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError
from akida_lite.extras import needed
from akida_lite.images.decoding import Pixels, Shape, Unreadable, fitted, pixels_of

_GIVE = "give a picture or a uint8 array"
_AS_STORED = "store its pixels as uint8, 0 to 255, as they were before any scaling"


def image_of(value: Any, shape: Shape, fit: str) -> tuple[Pixels, bool]:
    """Return one image as a model reads it.

    Parameters
    ----------
    value : array, bytes, picture or mapping
        A uint8 array of shape (h, w, c) or (h, w), an encoded picture, one that Pillow has
        opened, or what data sets make of it: ``{"bytes": ..., "path": ...}``.
    shape : (height, width, channels)
    fit : {"crop", "squeeze"}

    Returns
    -------
    pixels : uint8 array of shape (height, width, channels)
    changed : bool
        Whether its size was another.

    Raises
    ------
    Unreadable
        If it is nothing of that.
    InputError
        If Pillow is needed and not installed.
    """
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes | bytearray | memoryview):
        return pixels_of(bytes(value), shape, fit)
    if isinstance(value, str):
        return pixels_of(value, shape, fit)
    if hasattr(value, "getexif"):
        return fitted(value, shape, fit)
    if value is None:
        raise Unreadable("it is missing", _GIVE)
    try:
        return _of_array(np.asarray(value), shape, fit)
    except (Unreadable, InputError):
        raise
    except ValueError as error:
        raise Unreadable("its rows differ in length", _GIVE) from error


def require_pixels(dtype: np.dtype[Any], found: tuple[int, ...], shape: Shape) -> None:
    """Refuse an array that is no image, whatever its values are.

    Parameters
    ----------
    dtype : numpy.dtype
    found : tuple of int
        Its shape.
    shape : (height, width, channels)
        What the model reads.

    Raises
    ------
    Unreadable
        If it holds no integers, or not an image of one, three or four channels.
    """
    if dtype.kind not in "ui":
        raise Unreadable(f"it has dtype {dtype}, pixels are uint8", _AS_STORED)
    layers = found[2] if len(found) == 3 else 1
    if min(found, default=0) > 0 and (
        found in (shape, (prod(shape),)) or (len(found) in (2, 3) and layers in (1, 3, 4))
    ):
        return
    remedy = "store it as (height, width, channels)"
    if len(found) == 3 and found[0] in (1, 3, 4):
        remedy = "move its channels to the end, as np.moveaxis(x, -3, -1) does"
    raise Unreadable(f"it has shape {found}, the model reads {shape}", remedy)


def _of_array(array: npt.NDArray[Any], shape: Shape, fit: str) -> tuple[Pixels, bool]:
    if array.dtype == object:
        array = np.array(array.tolist())
    require_pixels(array.dtype, array.shape, shape)
    if array.dtype != np.uint8:
        if array.min() < 0 or array.max() > 255:
            problem = f"it spans {array.min()} to {array.max()}, pixels are 0 to 255"
            raise Unreadable(problem, _AS_STORED)
        array = array.astype(np.uint8)
    if array.shape == shape:
        return array, False
    if array.size == np.prod(shape) and (array.ndim == 1 or array.shape == shape[:2]):
        return array.reshape(shape), False
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return fitted(needed("PIL.Image", "an array of another size").fromarray(array), shape, fit)
