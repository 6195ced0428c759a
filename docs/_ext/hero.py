"""Sphinx extension: the first page's picture, drawn by the build from a network that ships."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sphinx.application import Sphinx

import akida_lite as al

_IMAGE = 1  # of the shipped sample
_LAYERS = ("conv_0", "conv_2", "conv_4")
_CHANNELS = 6
_CLASSES = 3
# What stands where in the picture, by the end of its file's name.
_PLACES = {
    "": [["photo", *_LAYERS, "score"]],
    "_phone": [["photo", _LAYERS[0]], [*_LAYERS[1:]], [".", "score"]],
}
# Text and lines on a light and on a dark page; the picture itself has no background.
_INK = {"light": "#1f2933", "dark": "#e8e8e8"}
_ZERO = {"light": "#e9ecef", "dark": "#2b3036"}


def draw(app: Sphinx) -> None:
    """Write ``gen/hero_*.png``, light and dark, wide and for a phone."""
    images, _ = al.datasets.load_cifar10_sample()
    model = al.pretrained("vgg_cifar10")
    traced = {
        layer.name: out[0] for layer, out in al.engine.trace(model.layers, images[[_IMAGE]])
    }
    scores = model.evaluate(images[[_IMAGE]])[0]
    folder = Path(app.srcdir, "gen")
    folder.mkdir(exist_ok=True)
    for mode, (shape, places) in product(_INK, _PLACES.items()):
        figure = _figure(images[_IMAGE], traced, scores, model.labels, mode, places)
        path = folder / f"hero_{mode}{shape}.png"
        figure.savefig(path, dpi=144, transparent=True, bbox_inches="tight")


def _figure(
    photo: Any,
    traced: dict[str, Any],
    scores: Any,
    labels: tuple[str, ...],
    mode: str,
    places: list[list[str]],
) -> Any:
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    ink = _INK[mode]
    colours = colormaps["viridis" if mode == "dark" else "viridis_r"].with_extremes(
        under=_ZERO[mode], bad=(0, 0, 0, 0)
    )
    figure = Figure(figsize=(2 * len(places[0]), 1 + 1.7 * len(places)), layout="constrained")
    axes = figure.subplot_mosaic(places)
    axes["photo"].imshow(photo)
    axes["photo"].set_title("32 x 32 pixels", color=ink, fontsize=10)
    for name in _LAYERS:
        ax, events = axes[name], traced[name]
        most = np.count_nonzero(events, axis=(0, 1)).argsort(kind="stable")[::-1][:_CHANNELS]
        tiles = [np.pad(events[..., k].astype(float), 1, constant_values=np.nan) for k in most]
        mosaic = np.block([tiles[:3], tiles[3:]])
        ax.imshow(np.ma.masked_invalid(mosaic), cmap=colours, vmin=0.5, vmax=3.5)
        ax.set_title(f"{name}: {np.mean(events == 0):.0%} silent", color=ink, fontsize=10)
    for name in ("photo", *_LAYERS):
        axes[name].set_axis_off()
    bars = axes["score"]
    best = scores.argsort()[::-1][:_CLASSES]
    # Potentials may be negative: bars begin at the lowest of all classes.
    above = scores[best] - scores.min()
    bars.barh(range(_CLASSES), above, color=al.plots.COLOURS[2], height=0.6)
    bars.set_box_aspect(0.75)
    bars.set_yticks(range(_CLASSES), [labels[k] for k in best], color=ink, fontsize=10)
    bars.invert_yaxis()
    bars.set_xticks([])
    bars.set_frame_on(False)
    bars.tick_params(length=0)
    bars.set_title("score", color=ink, fontsize=10)
    return figure


def setup(app: Sphinx) -> dict[str, bool]:
    """Draw before the pages are read."""
    app.connect("builder-inited", draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
