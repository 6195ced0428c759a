"""What each network of the zoo is, but for its layers: readable without Keras.

A record travels with the weights: whoever uses them finds here how to prepare images, what
the outputs mean, and which widths are meant for use. Nothing else repeats these facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from akida_lite.datasets.cifar10 import CIFAR10
from akida_lite.datasets.description import DataSet

Bits: TypeAlias = tuple[int, int, int]
"""Of weights, activations and input weights; 0 for float."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network of the zoo.

    Attributes
    ----------
    name : str
        Of the function that makes it, of the command line's MODEL, and before the widths in
        the names of recipes and weights.
    architecture : str
        Module with that function; needs Keras.
    dataset : DataSet
        What it is trained on and measured with.
    input_shape : (int, int, int)
        Height, width and channels of an image.
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``.
    deployed : (int, int, int)
        Bits of weights, activations and input weights that are meant for use. Installed
        packages hold these weights.
    """

    name: str
    architecture: str
    dataset: DataSet
    input_shape: tuple[int, int, int]
    input_scaling: tuple[float, float]
    deployed: Bits

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the outputs."""
        return self.dataset.labels

    def recipe(self, bits: Bits | None = None) -> str:
        """Return the name of the recipe, and of the weights, of some widths.

        Parameters
        ----------
        bits : (int, int, int), optional
            Left out, those that are deployed.

        Returns
        -------
        str
            Such as ``"vgg_cifar10_w2a2i2"``, or ``"vgg_cifar10_float"``.
        """
        weights, activations, inputs = bits or self.deployed
        widths = f"w{weights}a{activations}i{inputs}"
        return f"{self.name}_{widths if any((weights, activations, inputs)) else 'float'}"


NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            name="vgg_cifar10",
            architecture="akida_lite.zoo.vgg",
            dataset=CIFAR10,
            input_shape=(32, 32, 3),
            input_scaling=(255, 0),
            deployed=(2, 2, 2),
        ),
        Network(
            name="mobilenet_cifar10",
            architecture="akida_lite.zoo.mobilenet",
            dataset=CIFAR10,
            input_shape=(32, 32, 3),
            input_scaling=(255, 0),
            deployed=(4, 4, 8),
        ),
    )
}
"""Every network, by its name."""
