"""Zip archives as bytes: packed from their members, and taken apart."""

import io
import zipfile


def zipped(parts, compression=zipfile.ZIP_STORED):
    """Return an archive of names and bytes: a dictionary, or pairs that may repeat a name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, data)
    return file.getvalue()


def unzipped(data):
    """Return name to bytes of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
