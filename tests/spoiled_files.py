"""A valid model file, and ways to spoil it with every checksum right."""

import json
import os
import tempfile

from stored_models import small_model
from zip_bytes import unzipped, zipped

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
    return unzipped(VALID)


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
