"""Networks with trained weights: what the gallery converts and runs.

`NETWORKS` says what each is, without Keras. The function with the name of a network
makes the Keras model. Widths are given as the original tutorial does:
``weights_quantization``, ``activ_quantization`` and ``input_weights_quantization`` in bits,
0 for float. The spellings without the plural s are accepted too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from akida_lite.errors import require_keras
from akida_lite.zoo.cards import Card, shipped_cards
from akida_lite.zoo.networks import NETWORKS, Network
from akida_lite.zoo.sample import verify_sample

if TYPE_CHECKING:
    from akida_lite.zoo.store import load_weights as load_weights
    from akida_lite.zoo.store import save_weights as save_weights

_OF_KERAS = {"load_weights": "akida_lite.zoo.store", "save_weights": "akida_lite.zoo.store"}

__all__ = [
    "NETWORKS",
    "Card",
    "Network",
    "shipped_cards",
    "verify_sample",
    *_OF_KERAS,
    *NETWORKS,
]


def __getattr__(name: str) -> Any:
    module = NETWORKS[name].architecture if name in NETWORKS else _OF_KERAS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import_module("akida_lite.keras_start")
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        require_keras(f"{__name__}.{name}", error)
        raise


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *NETWORKS})


def keras_model(network: Network, bits: tuple[int, int, int], *, trained: bool = True) -> Any:
    """Return a network of the zoo as Keras model.

    Parameters
    ----------
    network : Network
    bits : (int, int, int)
        Of weights, activations and input weights; 0 for float.
    trained : bool
        Whether it gets the shipped weights.

    Raises
    ------
    InputError
        If a width is not accepted, or no weights are shipped for these.
    FileFormatError
        If the weights are damaged or missing.
    """
    weights, activations, inputs = bits
    return __getattr__(network.name)(
        network.input_shape,
        weights=network.dataset.name if trained else None,
        weights_quantization=weights,
        activ_quantization=activations,
        input_weights_quantization=inputs,
    )
