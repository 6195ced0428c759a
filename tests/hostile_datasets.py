"""Drawn files of data sets: archives, caches, batches of CIFAR-10, IDX files of MNIST."""

import gzip
import io
import pickle

import numpy as np
import tiny
from hostile_inputs import VALUES, Target, spoiled_bytes
from hypothesis import strategies as st

from akida_lite.datasets import load_mnist
from akida_lite.datasets.cache import read_cached
from akida_lite.datasets.cifar_batches import read_batch
from akida_lite.datasets.lookup import load


def draw_archive(draw, folder):
    return tiny.tgz_of(
        {
            draw(st.sampled_from([tiny.MEMBER, "other", "../x"])): spoiled_bytes(
                draw, tiny.CONTENT
            )
            for _ in range(draw(st.integers(0, 3)))
        }
    )[: draw(st.integers(0, 400))]


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


def draw_batch(draw, folder):
    protocol = draw(st.integers(0, 4))
    value = draw(st.dictionaries(st.sampled_from([b"data", b"labels", "x"]), VALUES))
    return spoiled_bytes(draw, pickle.dumps(value, protocol))


def use_batch(path, folder):
    read_batch(path.read_bytes(), path)


_IDX = bytes((0, 0, 8, 3)) + np.array((60000, 28, 28), ">u4").tobytes()
# Of the right shape and size, so that a reader goes on to the file behind it.
_IMAGES = gzip.compress(_IDX + bytes(60000 * 28 * 28), mtime=0)


def draw_idx(draw, folder):
    """Draw one of MNIST's files, packed by gzip or not."""
    plain = spoiled_bytes(draw, _IDX + bytes(draw(st.integers(0, 64))))
    packed = gzip.compress(plain, mtime=0)
    return draw(st.sampled_from([plain, packed, spoiled_bytes(draw, packed), _IMAGES]))


def use_idx(path, folder):
    data = path.read_bytes()
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        ending = ".gz" if data.startswith(b"\x1f\x8b") else ""
        (folder / (name + ending)).write_bytes(data)
        load_mnist(folder / (name + ending) if "images" in name else folder)


TARGETS = (
    Target("archive", draw_archive, use_archive),
    Target("cached", draw_cached, use_cached),
    Target("batch", draw_batch, use_batch),
    Target("idx", draw_idx, use_idx),
)
