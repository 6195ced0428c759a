"""Drawn files of images, and of what a long run of them has noted."""

import io
import json
import tarfile
import zipfile
from functools import cache

import numpy as np
from hostile_inputs import NUMBERS, Target, spoiled_bytes, spoiled_json
from hypothesis import strategies as st
from tiny_classifier import tiny_images, tiny_model
from zip_bytes import zipped

import akida_lite as al
from akida_lite.errors import shown
from akida_lite.images.manifest import Manifest
from akida_lite.images.sources import parts_of
from akida_lite.prediction import PartClassifier

_IMAGES = tiny_images(3)
_TYPES = ("|u1", "<i8", "<f4", "|V0", "|S0", "|b1", "|O", "<U1", [["a", "|u1"]])
_SHAPES = st.lists(st.one_of(st.sampled_from([0, 1, 3, 8]), NUMBERS), max_size=5)


def npy(draw):
    """Draw an array whose header says what it likes."""
    file = io.BytesIO()
    facts = {
        "descr": draw(st.sampled_from(_TYPES)),
        "fortran_order": draw(st.booleans()),
        "shape": draw(st.just((3, 8, 8, 3)) | _SHAPES.map(tuple)),
    }
    np.lib.format.write_array_header_1_0(file, facts)
    return file.getvalue() + _IMAGES.tobytes()


def packed_npy(draw):
    kind = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    return zipped({"x.npy": npy(draw)}, kind)


@cache
def picture(kind):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(_IMAGES[0]).save(file, kind)
    return file.getvalue()


@cache
def table():
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    rows = {"image": [picture("PNG"), None, b"x"], "name": ["a", "b\x1b[2J", None]}
    pyarrow.parquet.write_table(pyarrow.table(rows), file)
    return file.getvalue()


def tar(draw):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=draw(st.sampled_from(["w", "w:gz"]))) as archive:
        for _ in range(draw(st.integers(0, 3))):
            member = tarfile.TarInfo(draw(st.sampled_from(["a.png", "\x1b.png", "../b.png"])))
            content = spoiled_bytes(draw, picture("PNG"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


_DRAWN = {
    ".npy": npy,
    ".npz": packed_npy,
    ".tar": tar,
    ".tgz": tar,
    ".parquet": lambda draw: table(),
    ".png": lambda draw: picture("PNG"),
    ".jpg": lambda draw: picture("JPEG"),
    ".gif": lambda draw: picture("GIF"),
    ".tif": lambda draw: picture("TIFF"),
}


def draw_source(draw, folder):
    """Draw a file of images; its first line is the ending of its name."""
    ending = draw(st.sampled_from(sorted(_DRAWN)))
    data = _DRAWN[ending](draw)
    if draw(st.booleans()):
        data = spoiled_bytes(draw, data)
    return ending.encode() + b"\n" + data


@cache
def classifier():
    return PartClassifier(al.Classifier(tiny_model()))


def use_source(path, folder):
    ending, _, data = path.read_bytes().partition(b"\n")
    source = folder / f"source{ending.decode()}"
    source.write_bytes(data)
    for part in parts_of([str(source)], (8, 8, 3), 2):
        found = classifier()(part)
        assert len(found.rows) + len(found.refused) <= 3
        for refused in found.refused:
            assert shown("".join(refused)).isprintable()


TASK = {"model": "tiny", "columns": ["name", "class"]}
ENTRY = {
    "part": 0,
    "source": "a",
    "sha256": "b",
    "images": 2,
    "refitted": 0,
    "refused": [["c", "d", "e"]],
}


def draw_manifest(draw, folder):
    """Draw the notes of a run that was ended."""
    lines = [TASK, ENTRY, ENTRY | {"part": 1}, {"complete": ""}]
    at = draw(st.integers(0, 3))
    lines[at] = spoiled_json(draw, lines[at])
    data = b"\n".join(json.dumps(line).encode("utf-8", "surrogatepass") for line in lines)
    return data if draw(st.booleans()) else spoiled_bytes(draw, data)


def use_manifest(path, folder):
    path.replace(folder / "out.csv.manifest.jsonl")
    manifest = Manifest(folder / "out.csv", TASK, resume=True)
    manifest.holds(["a", "b"])
    for entry in manifest.entries():
        assert entry.images + entry.refitted + len(entry.refused) >= 0
        for refused in entry.refused:
            assert shown("".join(refused)).isprintable()
    manifest.finished(0, "a")
    manifest.begin()


TARGETS = (
    Target("source", draw_source, use_source),
    Target("manifest", draw_manifest, use_manifest),
)
