"""Drawn files of data sets: archives, caches, batches of CIFAR-10, IDX files of MNIST."""

import gzip
import io
import pickle
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import python2_pickle
import tiny
from hostile_inputs import VALUES, Target, spoiled_bytes
from hypothesis import strategies as st

from akida_lite.datasets import cifar_batches, mnist
from akida_lite.datasets.cache import read_cached
from akida_lite.datasets.description import ArraySpec
from akida_lite.datasets.lookup import load
from akida_lite.files import sha256_of

# Of the header of a member in a tar archive; the eight bytes of its checksum begin at 148.
_FIELDS = {"name": (0, 100), "size": (124, 12), "type": (156, 1), "magic": (257, 6)}


def draw_archive(draw, folder):
    names = st.sampled_from([tiny.MEMBER, tiny.MEMBER, "other", "../x", "\x1b[2J"])
    parts = [(name, _perhaps_spoiled(draw, tiny.CONTENT)) for name in draw(st.lists(names))]
    if draw(st.booleans()):
        parts.append((tiny.MEMBER, tiny.CONTENT))
    plain = tiny.tar_of(parts)
    if draw(st.integers(0, 3)) == 0:
        plain = _with_field(draw, plain)
    packed = _perhaps_spoiled(draw, gzip.compress(plain, mtime=0))
    return packed if draw(st.integers(0, 3)) else packed[: draw(st.integers(0, len(packed)))]


def _perhaps_spoiled(draw, data):
    return spoiled_bytes(draw, data) if draw(st.integers(0, 2)) == 0 else data


def _with_field(draw, plain):
    """Return a tar archive with one field of its first header drawn, its checksum right."""
    start, length = draw(st.sampled_from(sorted(_FIELDS.values())))
    digits = st.integers(0, 8**length - 1).map(lambda n: b"%o" % n)
    value = draw(st.binary(max_size=length) | digits).ljust(length, b"\0")[:length]
    header = bytearray(plain[:512])
    header[start : start + length] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + plain[512:]


def use_archive(path, folder):
    named = path.with_name("tiny-1.0.0.tgz")
    path.replace(named)
    load(tiny.dataset(), named)


def draw_cached(draw, folder):
    file = io.BytesIO()
    np.save(file, tiny.arrays()["x_train"])
    return spoiled_bytes(draw, file.getvalue())


def use_cached(path, folder):
    cache = folder / "cache" / "tiny"
    cache.mkdir(parents=True, exist_ok=True)
    for name, array in tiny.arrays().items():
        np.save(cache / f"{name}.npy", array)
    path.replace(cache / "x_train.npy")
    read_cached(tiny.dataset())


# A batch of CIFAR-10 and the files of MNIST, of few images: full ones take long to draw.
_IMAGES = 2
_BATCH = {"_IMAGES": _IMAGES, "_PIXELS": 3072 * _IMAGES, "_OPCODE_LIMIT": 100}
_MNIST = {
    "x_train": ("train-images-idx3-ubyte", (3, 2, 2)),
    "y_train": ("train-labels-idx1-ubyte", (3,)),
    "x_test": ("t10k-images-idx3-ubyte", (2, 2, 2)),
    "y_test": ("t10k-labels-idx1-ubyte", (2,)),
}


def draw_batch(draw, folder):
    """Draw a batch as Python 2 wrote it, or one that Python 3 has written again."""
    pixels = bytes(draw(st.sampled_from([3072 * _IMAGES, 3072, 0])))
    labels = draw(st.just([3, 9]) | st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4))
    protocol = draw(st.sampled_from([None, 0, 1, 2, 3, 4]))
    if protocol is None:
        return _perhaps_spoiled(draw, python2_pickle.batch(pixels, labels))
    value = {b"data": pixels, b"labels": labels}
    key = draw(st.sampled_from([None, b"data", b"labels", "x"]))
    value |= {} if key is None else {key: draw(VALUES)}
    return _perhaps_spoiled(draw, pickle.dumps(value, protocol))


def use_batch(path, folder):
    with mock.patch.multiple(cifar_batches, **_BATCH):
        images, labels = cifar_batches.read_batch(path.read_bytes(), path)
    assert (images.shape, images.dtype) == ((_IMAGES, 32, 32, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((_IMAGES,), np.int64)


def draw_idx(draw, folder):
    """Draw one of MNIST's files, packed by gzip or not; its first line is its name."""
    array = draw(st.sampled_from(sorted(_MNIST)))
    name, plain = _MNIST[array][0], _perhaps_spoiled(draw, _idx(array))
    if draw(st.booleans()):
        name, plain = name + ".gz", gzip.compress(plain, mtime=0)
    return name.encode() + b"\n" + _perhaps_spoiled(draw, plain)


def _idx(array):
    shape = _MNIST[array][1]
    header = bytes((0, 0, 8, len(shape))) + np.array(shape, ">u4").tobytes()
    return header + _values(array).tobytes()


def _values(array):
    shape = _MNIST[array][1]
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    return values[..., np.newaxis] if len(shape) == 3 else values


def use_idx(path, folder):
    drawn, _, data = path.read_bytes().partition(b"\n")
    drawn = drawn.decode()
    pack = gzip.compress if drawn.endswith(".gz") else bytes
    for array, (name, _) in _MNIST.items():
        for ending in ("", ".gz"):
            (folder / (name + ending)).unlink(missing_ok=True)
        (folder / (name + Path(drawn).suffix)).write_bytes(pack(_idx(array)))
    (folder / drawn).write_bytes(data)
    specs = [ArraySpec(a, _values(a).shape, sha256_of(_values(a))) for a in _MNIST]
    with mock.patch.dict(mnist._FILES, _MNIST):
        load(replace(mnist.MNIST, arrays=tuple(specs)), folder)


TARGETS = (
    Target("archive", draw_archive, use_archive),
    Target("cached", draw_cached, use_cached),
    Target("batch", draw_batch, use_batch),
    Target("idx", draw_idx, use_idx),
)
