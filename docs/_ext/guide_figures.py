"""Sphinx extension: pictures of the user guide, drawn by the build from the networks that ship.

A page shows one as ``.. image:: /gen/guide_NAME.png`` of the class ``drawn``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import akida_lite as al

_SHIP = 1  # among the shipped photos
_BITS = {
    "float": "_float",
    "4/4": "_w4a4",
    "3/4": "_w3a4",
    "3/3": "_w3a3",
    "2/3": "_w2a3",
    "2/2": "",
}


@cache
def _vgg() -> al.Model:
    return al.pretrained("vgg_cifar10")


@cache
def _photos() -> Any:
    return al.datasets.load_cifar10_sample()


def _classified() -> Any:
    images, labels = (each[:16] for each in _photos())
    return al.plots.images(
        images, labels, _vgg().predict(images), names=al.datasets.CIFAR10_LABELS
    )


def _by_bits() -> Any:
    here = {bits: float(al.claim(f"vgg_cifar10{n}.keras.top1")) for bits, n in _BITS.items()}
    return al.plots.accuracy_by_bits({"VGG": here})


def _curves() -> Any:
    records = [card.record for card in al.zoo.shipped_cards().values()]
    floats = [record for record in records if record["recipe"]["start"] is None]
    return al.plots.learning_curves(floats, quantity="train_loss")


FIGURES: dict[str, Callable[[], Any]] = {
    "block": lambda: al.plots.block(_vgg().get_layer("conv_1")),
    "events": lambda: al.plots.event_maps(_vgg(), _photos()[0][_SHIP]),
    "thresholds": lambda: al.plots.thresholds(_vgg().get_layer("conv_2"), 56),
    "bits": _by_bits,
    "field": lambda: al.plots.receptive_field(_vgg(), _photos()[0][_SHIP], "conv_3"),
    "mesh": lambda: al.plots.mesh(_vgg().map(al.AKD1000)),
    "curves": _curves,
    "photos": _classified,
}


def draw(app: Sphinx) -> None:
    """Write ``gen/guide_*.png``."""
    import matplotlib.pyplot as plt

    folder = Path(app.srcdir, "gen")
    folder.mkdir(exist_ok=True)
    for name, picture in FIGURES.items():
        path = folder / f"guide_{name}.png"
        # One page again takes those of the last build from nothing, which removed all others.
        if not path.exists():
            drawn = picture()
            figure = getattr(drawn, "figure", drawn)
            figure.savefig(path, dpi=100, bbox_inches="tight")
            plt.close(figure)


def setup(app: Sphinx) -> dict[str, bool]:
    """Draw before the pages are read."""
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
