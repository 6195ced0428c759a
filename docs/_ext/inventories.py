"""Intersphinx inventories written here, so that a build downloads nothing.

``docs/inventories/<project>.txt`` lists the objects that our pages refer to, one a line:
``name role path``. A name that is missing there is a warning, on every machine alike.
"""

from __future__ import annotations

import zlib
from pathlib import Path

_HEADER = """\
# Sphinx inventory version 2
# Project: {project}
# Version:
# The remainder of this file is compressed using zlib.
"""


def write_inventory(listing: Path, folder: Path) -> str:
    """Write the inventory of one project and return its path.

    Parameters
    ----------
    listing : path
        ``<project>.txt``.
    folder : path
        Where to put ``<project>.inv``.
    """
    lines = [line.split() for line in listing.read_text("utf-8").splitlines() if line.strip()]
    entries = "".join(f"{name} py:{role} 1 {path} -\n" for name, role, path in lines)
    folder.mkdir(parents=True, exist_ok=True)
    inventory = folder / f"{listing.stem}.inv"
    header = _HEADER.format(project=listing.stem).encode()
    inventory.write_bytes(header + zlib.compress(entries.encode()))
    return str(inventory)
