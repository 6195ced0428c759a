"""What the wheel can do with nothing but numpy; run by ``tox run -e package``."""

import contextlib
import importlib.util
import io
import json
import pickle
import tempfile
from operator import attrgetter
from pathlib import Path

import numpy as np

import akida_lite as al
from akida_lite.cli import main as akida_lite
from akida_lite.files import sha256_of
from akida_lite.layers import FullyConnected, InputConvolutional, Potentials, Staircase


def tiny_model():
    rng = np.random.default_rng(20201124)
    image = InputConvolutional(
        name="conv",
        input_shape=(6, 6, 3),
        weights=rng.integers(-1, 2, (3, 3, 3, 4)).astype(np.int8),
        weight_bits=2,
        input_bits=8,
        output=Staircase(bits=2, thresholds=np.tile(np.int32([0, 200, 400]), (4, 1))),
    )
    scores = FullyConnected(
        name="scores",
        weights=rng.integers(-1, 2, (6 * 6 * 4, 3)).astype(np.int8),
        weight_bits=2,
        input_bits=2,
        output=Potentials(np.ones(3), np.zeros(3)),
    )
    return al.Model([image, scores], name="tiny", labels=["a", "b", "c"])


def runs(folder):
    model = tiny_model()
    x = np.random.default_rng(1).integers(0, 256, (5, 6, 6, 3), np.uint8)
    expected = model.forward(x, backend="reference")
    np.testing.assert_array_equal(model.forward(x), expected)
    model.save(folder / "tiny.akl")
    again = al.Model.load(folder / "tiny.akl")
    np.testing.assert_array_equal(again.forward(x, backend="reference"), expected)
    np.testing.assert_array_equal(again.predict(x), expected.reshape(5, 3).argmax(1))
    assert again.labels == ("a", "b", "c")
    again.to_web(folder / "page", samples=x)
    written = {file.name for file in (folder / "page").iterdir()}
    assert written == {"akida-lite.js", "index.html", "model.js"}
    assert "conv" in str(again.summary())
    assert list(again.get_statistics()) == ["conv", "scores"]
    assert al.hardware.check(again.layers) == []
    images, labels = al.datasets.load_cifar10_sample()
    assert (images.shape, labels.shape) == ((1000, 32, 32, 3), (1000,))
    assert str(al.claim("seed.vgg_cifar10.akida.top1"))


def names_what_is_missing(folder):
    for name in ("convert", "nn", "quantize", "training", "zoo.vgg_cifar10"):
        message = error_of(lambda name=name: attrgetter(name)(al), ModuleNotFoundError)
        assert message == (
            f"akida_lite.{name} needs Keras, which is not installed. "
            "Fix: python -m pip install 'akida_lite[keras]'."
        ), message
    message = error_of(lambda: tiny_model().to_onnx(folder / "tiny.onnx"), al.InputError)
    assert "onnx" in message, message
    message = error_of(lambda: al.plots.images(np.zeros((1, 8, 8, 1))), al.InputError)
    assert message.endswith("Fix: python -m pip install 'akida_lite[plots]'."), message
    _, errors, status = spoken("train", "vgg_cifar10_w2a2i2")
    assert (status, len(errors)) == (2, 1), errors
    assert errors[0].endswith("Fix: python -m pip install 'akida_lite[keras]'."), errors


def error_of(call, kind):
    """Return the message of the error that `call` ends with; pytest is not installed here."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


def holds_the_deployed_weights():
    folder = Path(al.__file__).parent / "zoo" / "weights"
    found = {path.name for path in folder.glob("*.akw")}
    deployed = {f"{network.recipe()}.akw" for network in al.zoo.NETWORKS.values()}
    assert found == deployed, found
    index = json.loads((folder / "index.json").read_text("utf-8"))
    for name in deployed:
        stem = name.removesuffix(".akw")
        assert sha256_of(folder / name) == index[stem]["sha256"], name
        assert (folder / f"{stem}.json").exists(), name


def runs_the_deployed_networks():
    images, labels = al.datasets.load_cifar10_sample()
    for name, network in al.zoo.NETWORKS.items():
        model = al.pretrained(name)
        assert model.labels == network.labels
        correct = int((model.predict(images[:100]) == labels[:100]).sum())
        assert correct == al.claim(f"{name}.akida.top1_n100").amount.number, (name, correct)


def classifies_by_command_and_by_call(folder):
    images = al.datasets.load_cifar10_sample()[0][:5]
    np.save(folder / "images.npy", images)
    for name in al.zoo.NETWORKS:
        model = al.pretrained(name)
        expected = [model.labels[label] for label in model.predict(images)]
        lines, errors, status = spoken("predict", name, folder / "images.npy")
        assert (status, errors) == (0, []), errors
        assert [line.split("  ")[1] for line in lines] == expected, lines
        classify = pickle.loads(pickle.dumps(al.Classifier(name)))
        found = classify({"image": images})["class"]
        assert [model.labels[label] for label in found] == expected
        lines, errors, status = spoken("summary", name)
        assert (status, errors) == (0, []), errors
        assert any("conv" in line for line in lines), lines


def names_the_extra_that_pictures_and_parquet_need(folder):
    np.save(folder / "images.npy", np.zeros((1, 32, 32, 3), np.uint8))
    for name in ("photo.png", "set.parquet"):
        (folder / name).write_bytes(b"anything")
    images = folder / "images.npy"
    for arguments, subject, package in (
        ([folder / "photo.png"], "a picture", "Pillow"),
        ([folder / "set.parquet"], f"file '{folder / 'set.parquet'}'", "pyarrow"),
        ([images, "--output", folder / "out.parquet"], None, "pyarrow"),
    ):
        lines, errors, status = spoken("predict", "vgg_cifar10", *arguments)
        subject = subject or f"file '{folder / 'out.parquet'}'"
        assert (status, lines, errors) == (
            2,
            [],
            [
                f"akida-lite predict: {subject}: it needs {package}, which is not installed. "
                "Fix: python -m pip install 'akida_lite[images]'."
            ],
        ), (status, lines, errors)


def spoken(*arguments):
    """Return the lines of both streams of a command, and its status."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = akida_lite(list(map(str, arguments)))
    return out.getvalue().splitlines(), err.getvalue().splitlines(), status


def main():
    for package in ("keras", "tensorflow", "onnx", "matplotlib", "PIL", "pyarrow"):
        assert importlib.util.find_spec(package) is None, f"{package} is installed here"
    # The environment may lie inside the checkout.
    checkout = Path(__file__).parents[1] / "akida_lite"
    assert Path(al.__file__).parent != checkout, "not the wheel"
    with tempfile.TemporaryDirectory() as folder:
        runs(Path(folder))
        names_what_is_missing(Path(folder))
        classifies_by_command_and_by_call(Path(folder))
        names_the_extra_that_pictures_and_parquet_need(Path(folder))
    holds_the_deployed_weights()
    runs_the_deployed_networks()
    assert importlib.util.find_spec("akida_lite.benchmark") is None
    print(f"akida_lite {al.__version__} with numpy {np.__version__}: all is well")


if __name__ == "__main__":
    main()
