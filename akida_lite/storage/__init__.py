"""Save integer models to one file and load them, bit for bit, without pickle.

>>> from akida_lite.layers import InputData
>>> import tempfile, os
>>> path = os.path.join(tempfile.mkdtemp(), "model.akl")
>>> save(path, [InputData(name="in", input_shape=(1, 1, 4), input_bits=1)], {"labels": None})
>>> load(path)[1]
{'labels': None}
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from akida_lite.errors import FileFormatError, LayerError, Problem
from akida_lite.layers import Layer, layer_shapes
from akida_lite.storage.codec import Mismatch, decode_layers, encode_layers
from akida_lite.storage.container import read_container, write_container
from akida_lite.storage.plain import plain

__all__ = ["load", "save"]


def save(
    path: str | os.PathLike[str], layers: Sequence[Layer], metadata: Mapping[str, Any]
) -> None:
    """Write a model to `path`; the same model always gives the same bytes.

    A process killed while it saves leaves the old file, or none.

    Parameters
    ----------
    path : path
        Overwritten when it exists.
    layers : sequence of Layer
        A chain that `layer_shapes` accepts.
    metadata : mapping
        Text, numbers, booleans, None, and lists and mappings of them; a tuple comes back
        as a list.

    Raises
    ------
    InputError
        If `metadata` holds something else.
    LayerError
        If the layers do not form a chain.
    FileFormatError
        If the file cannot be written.
    """
    layer_shapes(tuple(layers))
    description, arrays = encode_layers(layers)
    content = {"layers": description, "metadata": plain(metadata, "metadata", depth=2)}
    write_container(path, content, arrays)


def load(path: str | os.PathLike[str]) -> tuple[tuple[Layer, ...], dict[str, Any]]:
    """Read the model that `save` wrote.

    Safe on files from strangers: nothing in them is run, sizes are checked before reading,
    checksums and the chain of layers before anything is returned.

    Returns
    -------
    layers : tuple of Layer
    metadata : dict

    Raises
    ------
    FileFormatError
        If the file cannot be read, is foreign, damaged, unsafe or from a later version.
    """
    content, arrays = read_container(path)
    try:
        layers = decode_layers(content.get("layers"), arrays)
        layer_shapes(layers)
    except (Mismatch, LayerError) as error:
        raise _contradicts(path, str(error)) from error
    metadata = content.get("metadata")
    if not isinstance(metadata, dict):
        raise _contradicts(path, "metadata is missing")
    return layers, metadata


def _contradicts(path: str | os.PathLike[str], what: str) -> FileFormatError:
    return FileFormatError(
        Problem(
            f"file '{os.fspath(path)}'",
            f"its header describes no model: {what}",
            "save the model again with Model.save()",
        )
    )
