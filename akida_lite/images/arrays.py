"""Images that are arrays already: brought to a model's shape, or refused one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError
from akida_lite.extras import needed
from akida_lite.images.decoding import Pixels, Shape, Unreadable, fitted, pixels_of


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
        raise Unreadable("it is missing")
    try:
        return _of_array(np.asarray(value), shape, fit)
    except (Unreadable, InputError):
        raise
    except ValueError as error:
        raise Unreadable("its rows differ in length") from error


def _of_array(array: npt.NDArray[Any], shape: Shape, fit: str) -> tuple[Pixels, bool]:
    if array.dtype == object:
        array = np.array(array.tolist())
    if array.dtype != np.uint8 and np.issubdtype(array.dtype, np.integer):
        if array.size and (array.min() < 0 or array.max() > 255):
            raise Unreadable(f"it spans {array.min()} to {array.max()}, pixels are 0 to 255")
        array = array.astype(np.uint8)
    if array.dtype != np.uint8:
        raise Unreadable(f"it has dtype {array.dtype}, pixels are uint8")
    if array.shape == shape:
        return array, False
    if array.size == np.prod(shape) and (array.ndim == 1 or array.shape == shape[:2]):
        return array.reshape(shape), False
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (
        array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    ):
        raise Unreadable(f"it has shape {array.shape}, the model reads {shape}")
    return fitted(needed("PIL.Image", "an array of another size").fromarray(array), shape, fit)
