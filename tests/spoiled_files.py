"""A valid model file, and ways to spoil it with every checksum right."""

import io
import json
import os
import tempfile
import zipfile

from stored_models import small_model

from akida_lite.storage import save

WEIGHTS, OTHER = "layers.1.weights", "layers.2.weights"


def valid_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        save(path, small_model(), {})
        with open(path, "rb") as file:
            return file.read()


VALID = valid_file()


def members():
    """Return member name to content of a valid file."""
    with zipfile.ZipFile(io.BytesIO(VALID)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, data)
    return file.getvalue()


def with_header(change):
    """Return a valid file whose header went through `change`, made in place."""
    parts = members()
    header = json.loads(parts["header.json"])
    change(header)
    return zipped(parts | {"header.json": json.dumps(header)})


def with_layer(index, **changed):
    return with_header(lambda header: header["content"]["layers"][index].update(changed))


def with_entry(**changed):
    return with_header(lambda header: header["arrays"][WEIGHTS].update(changed))
