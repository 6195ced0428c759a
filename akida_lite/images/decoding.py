"""From an encoded picture to the uint8 array that a model reads.

A picture is turned as its EXIF data says; of one that moves, the first frame counts. What is
transparent shows white. Sixteen bits keep their upper eight. Palettes, CMYK and other colour
spaces become RGB, or grey where the model reads one channel, and grey becomes RGB where it
reads three. The size is changed by Pillow's bicubic filter, which averages when it shrinks; a
picture of the model's size is not touched.
"""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, Problem
from akida_lite.extras import needed
from akida_lite.files import open_regular

Pixels = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]

FITS = ("crop", "squeeze")
"""How a picture gets another shape: its middle is kept, or all of it, distorted."""

SAVE_AGAIN = "save it again in a format that Pillow reads"
_ARCHIVES = (".zip", ".7z", ".rar")

# Pillow has Ghostscript run the one, which is a program; the other may hold one of these.
_PROGRAMS = ("EPS", "IPTC")

_MODES = {1: "L", 3: "RGB"}
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")


class Unreadable(ValueError):
    """One picture cannot be used; the text says why, `remedy` what to do instead."""

    def __init__(self, reason: str, remedy: str = SAVE_AGAIN) -> None:
        super().__init__(reason)
        self.remedy = remedy


def require_fit(fit: str) -> None:
    """Refuse what is no way to fit a picture."""
    if fit not in FITS:
        known = ", ".join(map(repr, FITS))
        raise InputError(
            Problem("option 'fit'", f"{fit!r} is none of {known}", "choose one of them")
        )


def pixels_of(
    source: str | os.PathLike[str] | bytes, shape: Shape, fit: str
) -> tuple[Pixels, bool]:
    """Return a picture as a model reads it.

    Parameters
    ----------
    source : path or bytes
        Of a file in any format that Pillow knows.
    shape : (height, width, channels)
        Of the model.
    fit : {"crop", "squeeze"}

    Returns
    -------
    pixels : uint8 array of shape (height, width, channels)
    changed : bool
        Whether its size was another.

    Raises
    ------
    Unreadable
        If it is no picture, a damaged one, or one that has no defined pixels.
    InputError
        If Pillow is not installed.
    """
    image_module = needed("PIL.Image", "a picture")
    try:
        opened = io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)
        # Pillow warns of pictures so large that they may be meant to fill the memory.
        with warnings.catch_warnings():
            warnings.simplefilter("error", image_module.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            with opened as file, image_module.open(file) as picture:
                return fitted(picture, shape, fit)
    except (Unreadable, InputError):
        raise
    except image_module.UnidentifiedImageError as error:
        packed = not isinstance(source, bytes) and str(source).lower().endswith(_ARCHIVES)
        remedy = "unpack it, and name the folder" if packed else SAVE_AGAIN
        raise Unreadable("it is no picture that Pillow knows", remedy) from error
    except (
        image_module.DecompressionBombWarning,
        image_module.DecompressionBombError,
    ) as error:
        raise Unreadable(
            f"it cannot be read ({str(error).rstrip('.')})", "shrink it"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unreadable(f"it cannot be read ({reason})") from error
    # Decoders fail in many ways over damaged files, and each format in its own.
    except Exception as error:
        raise Unreadable(f"it cannot be read ({error or type(error).__name__})") from error


def fitted(picture: Any, shape: Shape, fit: str) -> tuple[Pixels, bool]:
    """Return a picture that Pillow has opened as a model reads it.

    Parameters
    ----------
    picture : PIL.Image.Image
    shape, fit
        As for `pixels_of`, and so is the result.

    Raises
    ------
    Unreadable
        If it has no defined pixels.
    """
    height, width, channels = shape
    if channels not in _MODES:
        problem = f"a picture has 1 or 3 channels, the model reads {channels}"
        raise Unreadable(problem, f"give arrays of shape {shape}")
    if picture.format in _PROGRAMS:
        raise Unreadable(f"it is {picture.format}, which may hold a program", "save it as PNG")
    operations = needed("PIL.ImageOps", "a picture")
    picture = _plain(operations.exif_transpose(picture)).convert(_MODES[channels])
    changed = picture.size != (width, height)
    if changed:
        picture = _resized(picture, width, height, fit == "crop")
    return np.asarray(picture, np.uint8).reshape(shape), changed


def _resized(picture: Any, width: int, height: int, crop: bool) -> Any:
    """Return a picture in another size, its width changed before its height.

    Pillow's versions differ in which they change first when they change both, and so in how
    they round. The web page's ``resampling.js`` gives the same pixels.
    """
    across, down = picture.size
    ratio = width / height if crop else across / down
    wide = across / down >= ratio
    kept_across, kept_down = (ratio * down, down) if wide else (across, across / ratio)
    left, top = (across - kept_across) * 0.5, (down - kept_down) * 0.5
    bicubic = needed("PIL.Image", "a picture").Resampling.BICUBIC
    picture = picture.resize((width, down), bicubic, (left, 0, left + kept_across, down))
    return picture.resize((width, height), bicubic, (0, top, width, top + kept_down))


def _plain(picture: Any) -> Any:
    """Return the picture in 8 bits a channel and without transparency."""
    mode = picture.mode
    if mode in _SIXTEEN_BITS or (mode == "I" and picture.format == "PNG"):
        values = np.asarray(picture).astype(np.uint16) >> 8
        return needed("PIL.Image", "a picture").fromarray(values.astype(np.uint8))
    if mode in ("I", "F"):
        kind = "32-bit integers" if mode == "I" else "floats"
        problem = f"its pixels are {kind}, which have no defined range"
        raise Unreadable(problem, "save it with 8 or 16 bits a channel")
    if "A" in mode or "a" in mode or "transparency" in picture.info:
        front = picture.convert("RGBA")
        back = needed("PIL.Image", "a picture").new("RGBA", front.size, "white")
        back.alpha_composite(front)
        return back.convert("RGB")
    return picture
