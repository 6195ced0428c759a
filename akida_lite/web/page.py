"""The HTML of a panel, and of a page with nothing but one."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape

import numpy as np
import numpy.typing as npt

from akida_lite.web.bundle import bundle
from akida_lite.web.images import is_picture

SCRIPT = "akida-lite.js"
MODEL = "model.js"

_SENTENCE = (
    "{name} runs here on integers alone: give it {food}, and see which neurons fire in each "
    "layer and which class wins. It needs JavaScript and WebAssembly; "
    "without them, this picture of its input is all there is."
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{generator}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 66rem; margin: auto; padding: 1rem; }}
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #0e1116; color: #e6eaef; }} }}
h1 {{ font-size: 1.6rem; overflow-wrap: anywhere; }}
</style>
<script src="{script}" defer></script>
</head>
<body>
<main>
<h1>{title}</h1>
{panel}
</main>
</body>
</html>
"""

GENERATOR = "akida_lite: Model.to_web"
"""What marks a page as ours, to be replaced by the next export."""


def page(name: str, size: int, still: npt.NDArray[np.uint8], span: list[int]) -> str:
    """Return a page whose panel loads the model beside it.

    Parameters
    ----------
    name : str
        Of the model; any text.
    size : int
        Bytes of the model's script.
    still : uint8 array of shape (height, width, channels)
        The picture to show before and without scripts.
    span : list of int
        Values of black and white in `still`.
    """
    return _PAGE.format(
        generator=GENERATOR,
        title=escape(name or "An integer network"),
        script=SCRIPT,
        panel=panel(name, still, span, src=MODEL, note=note(size)),
    )


def panel(name: str, still: npt.NDArray[np.uint8], span: list[int], **attributes: str) -> str:
    """Return the element of a panel, with what stands there without scripts.

    Parameters
    ----------
    name, still, span
        As in `page`.
    **attributes : str
        ``src`` with the addresses of models, or ``data_payload`` with one model itself; and
        ``note``, the text below the button.
    """
    written = "".join(
        f' {key.replace("_", "-")}="{escape(value)}"' for key, value in attributes.items()
    )
    picture = base64.b64encode(png(still, span)).decode()
    pictures = is_picture(still.shape)
    food = "a picture" if pictures else "values"
    sentence = escape(_SENTENCE.format(name=name or "This network", food=food))
    # A line of values would be too thin to be seen.
    shape = "fill" if min(still.shape[:2]) == 1 else "contain"
    alt = f"{'A picture' if pictures else 'Values'} that the network reads"
    return (
        f"<akida-lite-live{written}>"
        f'<img alt="{alt}" src="data:image/png;base64,{picture}" '
        f'width="128" height="128" style="image-rendering: pixelated; object-fit: {shape}">'
        f"<p>{sentence}</p></akida-lite-live>"
    )


def note(size: int) -> str:
    """Return what stands below the button: how much it loads."""
    return f"loads {size / 1e6:.1f} MB; nothing leaves this browser"


def script() -> bytes:
    """Return the script of the panel."""
    return bundle().encode()


def png(pixels: npt.NDArray[np.uint8], span: list[int]) -> bytes:
    """Return an image file of some pixels; a line of values is one with a row a channel.

    Maps of other than one or three channels are averaged.

    Parameters
    ----------
    pixels : uint8 array of shape (height, width, channels)
    span : list of int
        Values of black and white.
    """
    shown = pixels
    if min(pixels.shape[:2]) == 1:
        rows = pixels.reshape(-1, pixels.shape[2]).T
        shown = (rows if rows.shape[1] > 1 else rows.T)[..., np.newaxis]
    elif not is_picture(pixels.shape):
        shown = pixels.mean(axis=2, keepdims=True)
    low, high = span
    scaled = np.clip((shown.astype(np.int64) - low) * 255 // max(1, high - low), 0, 255)
    rows = scaled.astype(np.uint8).reshape(len(scaled), -1)
    height, width, channels = scaled.shape
    # Each row begins with the byte that names its filter; 0 is none.
    lines = np.pad(rows, ((0, 0), (1, 0))).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
