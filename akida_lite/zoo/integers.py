"""The integer models that ship: what conversion made of the deployed networks."""

from __future__ import annotations

from akida_lite.errors import InputError, Problem
from akida_lite.model import Model
from akida_lite.zoo.cards import intact, shipped_cards
from akida_lite.zoo.networks import NETWORKS


def pretrained(name: str) -> Model:
    """Return a trained network as integer model; needs numpy only.

    It is what :func:`akida_lite.convert` returns for the network of the zoo with the widths
    that are deployed.

    Parameters
    ----------
    name : {"vgg_cifar10", "mobilenet_cifar10"}

    Returns
    -------
    Model
        Reads uint8 images of shape (n, 32, 32, 3); its labels are those of CIFAR-10.

    Raises
    ------
    InputError
        If there is no such network.
    FileFormatError
        If the file is missing or not the one that was published, by its SHA-256.

    Examples
    --------
    >>> pretrained("vgg_cifar10")
    <Model 'vgg_cifar10': 9 layers, (32, 32, 3) to (1, 1, 10)>
    """
    network = NETWORKS.get(name) if isinstance(name, str) else None
    card = None if network is None else shipped_cards().get((network.name, network.deployed))
    if card is None or card.integers_sha256 is None:
        problem, remedy = (
            f"it is none of {', '.join(map(repr, NETWORKS))}",
            "choose one of them",
        )
        if network is not None:
            problem = "no weights of its deployed widths are published yet"
            remedy = f"run 'akida-lite train {network.recipe()} --publish' first"
        raise InputError(Problem(f"network {name!r:.60}", problem, remedy))
    return Model.load(intact(card.integers_path, card.integers_sha256))
