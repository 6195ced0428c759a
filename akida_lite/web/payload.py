"""One model as one text that a script can carry: layers, sample pictures, test vectors.

The bytes are a length, a JSON header, and a body of arrays that the header points into;
compressed, which also adds a checksum. As text they take 15 bits a character. The
characters start at U+4000, so that none of them means anything to JavaScript, and a script
in UTF-16 spends 16 bits on each. Plain base64 would make the weights larger by a third.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from akida_lite.engine import trace
from akida_lite.layers import Layer
from akida_lite.web.describing import Body, described
from akida_lite.web.images import Pixels, input_of, is_picture, value_range

FIRST_UNIT = 0x4000
_BITS = 15
_FORMAT = 1


def payload_of(
    layers: Sequence[Layer], metadata: Mapping[str, Any], samples: Pixels, vectors: Pixels
) -> bytes:
    """Return a model, and what the reference engine makes of some images, compressed.

    Parameters
    ----------
    layers : sequence of Layer
    metadata : mapping
        As ``Model.metadata`` has it.
    samples : uint8 array of shape (n, height, width, channels)
        Pictures to choose from; n may be 0.
    vectors : uint8 array of shape (n, height, width, channels)
        Images whose results, as the reference engine defines them, the web engine repeats.
    """
    first = input_of(layers)
    body = Body()
    header = {
        "format": _FORMAT,
        "name": metadata["name"],
        "labels": metadata["labels"],
        "head": metadata.get("head"),
        "shape": first.input_shape,
        "size": int(np.prod(first.input_shape)),
        "bits": first.input_bits,
        "picture": is_picture(first.input_shape),
        "range": value_range(layers, metadata["input_scaling"]),
        "layers": described(layers, body),
        "samples": [body.add(sample.tobytes()) for sample in samples],
        "vectors": _answers(tuple(layers), vectors, body),
    }
    text = json.dumps(header, allow_nan=False).encode()
    packed = zlib.compress(len(text).to_bytes(4, "little") + text + body.joined(), 9)
    return len(packed).to_bytes(4, "little") + packed


def script(payload: bytes) -> bytes:
    """Return the script file that hands `payload` to the page which loads it.

    UTF-16 with a byte order mark, which browsers heed whatever a server says.
    """
    bits = np.unpackbits(np.frombuffer(payload, np.uint8), bitorder="little")
    planes = np.pad(bits, (0, -len(bits) % _BITS)).reshape(-1, _BITS)
    units = planes.astype(np.uint16) @ (1 << np.arange(_BITS, dtype=np.uint16))
    text = (units + np.uint16(FIRST_UNIT)).astype("<u2").tobytes().decode("utf-16-le")
    return b"\xff\xfe" + f'akidaLite.deliver("{text}");\n'.encode("utf-16-le")


def inline(payload: bytes) -> str:
    """Return `payload` in base64, for a page that carries it itself."""
    return base64.b64encode(payload).decode()


def _answers(layers: tuple[Layer, ...], vectors: Pixels, body: Body) -> list[dict[str, Any]]:
    """Return, for each image and layer, how many events left and the checksum of all."""
    answers: list[dict[str, Any]] = [
        {"start": body.add(vector.tobytes()), "layers": []} for vector in vectors
    ]
    for _, maps in trace(layers, vectors, backend="reference"):
        for answer, emitted in zip(answers, maps, strict=True):
            little = emitted.astype(emitted.dtype.newbyteorder("<"), copy=False)
            events = int(np.count_nonzero(emitted))
            answer["layers"].append([events, zlib.crc32(little.tobytes())])
    return answers
