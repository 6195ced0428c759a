"""Diagrams: how maps shrink through a network, and what a block of Keras layers becomes."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any, NamedTuple

from akida_lite.errors import InputError, layer_problem
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    Layer,
    SeparableConvolutional,
    Staircase,
    layer_shapes,
)
from akida_lite.report.plots.style import (
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    VERMILLION,
    as_written,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class _Look(NamedTuple):
    """How a type of layer is drawn: its words, its colour, and the Keras layer it was."""

    words: str
    colour: str
    keras: str


_CONVOLUTION = _Look("convolution", BLUE, "Conv2D")
_LOOKS = {
    InputConvolutional: _CONVOLUTION,
    Convolutional: _CONVOLUTION,
    SeparableConvolutional: _Look("separable convolution", GREEN, "SeparableConv2D"),
    FullyConnected: _Look("fully connected", ORANGE, "Dense"),
}


def architecture(model: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the maps between the layers of a model: tall maps are large, wide ones deep.

    Parameters
    ----------
    model : akida_lite.Model
    ax : Axes, optional

    Returns
    -------
    Axes
        A box a map, as high as the map's side and as wide as the logarithm of its channels.
    """
    layers = [layer for layer in model.layers if not isinstance(layer, InputData)]
    shapes = [
        out
        for layer, (_, out) in zip(model.layers, layer_shapes(model.layers), strict=True)
        if not isinstance(layer, InputData)
    ]
    ax = new_axes(ax, width=max(6.0, 0.8 * (len(layers) + 1)), height=3.6)
    tallest = max(model.input_shape[0], 1)
    _map_box(ax, 0, model.input_shape, tallest, "0.75", "image")
    for place, (layer, shape) in enumerate(zip(layers, shapes, strict=True), start=1):
        _map_box(ax, place, shape, tallest, _look(layer).colour, as_written(layer.name))
        ax.annotate(
            "", (place - 0.34, 0.5), (place - 0.66, 0.5), arrowprops={"arrowstyle": "->"}
        )
    for look in dict.fromkeys(map(_look, layers)):
        ax.plot([], [], "s", color=look.colour, label=look.words)
    ax.legend(loc="upper right", frameon=False, ncols=3, bbox_to_anchor=(1, 1.12))
    ax.set_xlim(-0.5, len(layers) + 0.5)
    ax.set_ylim(-0.5, 1.05)
    ax.set_axis_off()
    weights = sum(layer.weight_count for layer in layers)
    ax.set_title(f"{len(layers)} layers hold {weights:,} weights", loc="left")
    return ax


def block(layer: Layer, *, ax: Axes | None = None) -> Axes:
    """Draw which Keras layers an integer layer replaces, and by what.

    Parameters
    ----------
    layer : Layer
        Of a converted model, no `InputData`.
    ax : Axes, optional

    Returns
    -------
    Axes
        Keras's layers above, what they became below.

    Raises
    ------
    InputError
        If the layer only hands events on.
    """
    if isinstance(layer, InputData):
        problem = "computes nothing, so no block of Keras layers became it"
        remedy = "choose one of the layers after it"
        raise InputError(layer_problem(layer.name, type(layer).__name__, problem, remedy))
    parts = _parts(layer)
    ax = new_axes(ax, width=8, height=2.6)
    for place, (above, below) in enumerate(parts):
        for height, text, colour in ((1.0, above, "white"), (0.0, below, SKY)):
            box = {"boxstyle": "round,pad=0.5", "facecolor": colour, "edgecolor": "black"}
            ax.text(place, height, text, ha="center", va="center", bbox=box, fontsize=9)
        arrow = {"arrowstyle": "->", "color": "0.3"}
        ax.annotate("", (place, 0.34), (place, 0.68), arrowprops=arrow)
    ax.text(-0.62, 1.0, "Keras", ha="right", va="center", weight="bold")
    ax.text(-0.62, 0.0, "integers", ha="right", va="center", weight="bold")
    ax.set_xlim(-1.0, len(parts) - 0.4)
    ax.set_ylim(-0.5, 1.5)
    ax.set_axis_off()
    ax.set_title(
        f"{len(parts)} steps become one {type(layer).__name__}: {as_written(layer.name)}"
    )
    return ax


def _look(layer: Layer) -> _Look:
    kind = type(layer)
    return _LOOKS.get(kind, _Look(kind.__name__, VERMILLION, "Keras layers"))


def _map_box(
    ax: Axes, place: int, shape: tuple[int, int, int], tallest: int, colour: str, name: str
) -> None:
    height = max(shape[0] / tallest, 0.04)
    width = 0.06 + 0.045 * log2(max(shape[2], 1))
    ax.bar(place, height, width, 0.5 - height / 2, color=colour, edgecolor="black", alpha=0.85)
    sides = " x ".join(map(str, shape))
    ax.text(place, -0.08, f"{name}\n{sides}", ha="center", va="top", rotation=40)


def _parts(layer: Any) -> list[tuple[str, str]]:
    """Return pairs of what Keras has and what it became."""
    weights = f"{layer.weight_count:,} integers\nof {layer.weight_bits} bits"
    parts = [(f"{_look(layer).keras}\nfloat weights", f"weights\n{weights}")]
    if isinstance(layer.pool, GlobalAveragePool):
        parts.append(("GlobalAveragePooling2D", "sum of potentials"))
    elif layer.pool is not None:
        size = " x ".join(map(str, layer.pool.size))
        parts.append((f"MaxPooling2D\n{size}", f"largest potential\nof {size}"))
    if isinstance(layer.output, Staircase):
        count = layer.output.thresholds.shape[1]
        steps = f"{count} integer threshold{'' if count == 1 else 's'}\na neuron"
        parts.append(("BatchNormalization\nand ReLU", steps))
    else:
        parts.append(("scores", "potentials"))
    return parts
