"""A network of the zoo comes back from a file of Keras, or the file is refused."""

import numpy as np
import pytest

import akida_lite as al

WIDTHS = {"weights_quantization": 2, "activ_quantization": 2}
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Return a folder with the shipped network of 2 bits in every file that Keras writes."""
    folder = tmp_path_factory.mktemp("files")
    network = al.zoo.vgg_cifar10(weights="cifar10", **WIDTHS)
    network.save(folder / "old.h5")
    network.save(folder / "new.keras")
    network.save_weights(folder / "alone.weights.h5")
    return folder, network


@pytest.mark.parametrize("name", ["old.h5", "new.keras"])
def test_rounded_weights_come_back_as_they_were(name, networks):
    folder, network = networks
    again = al.zoo.vgg_cifar10(weights=folder / name, **WIDTHS)
    x = np.random.default_rng(0).random((2, 32, 32, 3), np.float32)
    np.testing.assert_array_equal(np.asarray(again(x)), np.asarray(network(x)))


REFUSED = {
    "other widths": (
        "old.h5",
        {},
        "its layer 'conv_0' has widths [2], [0] are asked for. Fix: ask for its "
        "widths, and change them with akida_lite.quantize().",
    ),
    "other shapes": (
        "new.keras",
        {"classes": 9, **WIDTHS},
        "its model 'vgg_cifar10' is no 'vgg_cifar10' of these shapes. Fix: name a file of this "
        "network, or load this one with akida_lite.load_keras().",
    ),
    "weights alone": (
        "alone.weights.h5",
        WIDTHS,
        "Fix: build the model that the weights are of and call its load_weights(path).",
    ),
    "no file of Keras": (
        "other.bin",
        WIDTHS,
        "it is no akida_lite file. Fix: name a file of akida_lite.zoo.save_weights().",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_the_network_is_refused(case, networks):
    name, options, message = REFUSED[case]
    path = networks[0] / name
    (networks[0] / "other.bin").write_bytes(b"nothing")
    with pytest.raises(al.FileFormatError) as caught:
        al.zoo.vgg_cifar10(weights=path, **options)
    assert str(caught.value).startswith(f"file '{path}': ")
    assert str(caught.value).endswith(message)
