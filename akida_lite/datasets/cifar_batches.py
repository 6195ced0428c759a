"""Read the batches of the official CIFAR-10 archive, which are Python 2 pickles.

A pickle is a program. It is not run here: only its constants are looked at, in the order in
which they stand. The pixels are the one text that has their length, the labels the numbers
between the text "labels" and the next text.
"""

from __future__ import annotations

import pickletools
from pathlib import Path
from typing import cast

import numpy as np

from akida_lite.datasets.description import Pair, damaged

_IMAGES = 10000
_PIXELS = _IMAGES * 3072
# A batch has about five opcodes an image, for its label, its file name and the lists of both.
_OPCODE_LIMIT = 20 * _IMAGES
_NUMBERS = ("BININT", "BININT1", "BININT2")


def read_batch(data: bytes, origin: Path) -> Pair:
    """Return images and labels of one batch.

    Parameters
    ----------
    data : bytes
        Content of ``data_batch_1`` and its like.
    origin : Path
        File it comes from, for messages.

    Returns
    -------
    images : uint8 array of shape (10000, 32, 32, 3)
    labels : int64 array of shape (10000,)

    Raises
    ------
    DatasetError
        If it is not a CIFAR-10 batch.
    """
    try:
        pixels, labels = _constants(data)
    # `pickletools` raises these over a damaged batch.
    except (ValueError, OverflowError) as error:
        raise damaged(origin, f"it is no CIFAR-10 batch ({error})") from error
    planes = np.frombuffer(pixels, np.uint8).reshape(_IMAGES, 3, 32, 32)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), np.array(labels, np.int64)


def _constants(data: bytes) -> tuple[bytes, list[int]]:
    pixels, labels, in_labels = b"", list[int](), False
    for count, (opcode, value, _) in enumerate(pickletools.genops(data)):
        if count > _OPCODE_LIMIT:
            raise ValueError(f"it has more than {_OPCODE_LIMIT} opcodes")
        if isinstance(value, str | bytes):
            in_labels = value in ("labels", b"labels")
            if len(value) == _PIXELS:
                # Texts of Python 2 are bytes, which arrive with a character for each.
                pixels = value if isinstance(value, bytes) else value.encode("latin-1")
        elif in_labels and opcode.name in _NUMBERS:
            labels.append(cast(int, value))
    if not pixels or len(labels) != _IMAGES:
        what = "" if pixels else f"no text of {_PIXELS} bytes, "
        raise ValueError(f"it has {what}{len(labels)} labels of {_IMAGES}")
    return pixels, labels
