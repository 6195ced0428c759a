"""Pictures of what a network sees: images, its filters, and the events of every layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from akida_lite.engine import trace
from akida_lite.errors import InputError, Problem
from akida_lite.extras import needed
from akida_lite.layers import (
    GlobalAveragePool,
    InputData,
    Layer,
    Potentials,
    Shape,
    layer_shapes,
    window_padding,
)
from akida_lite.layers.base import WindowedLayer
from akida_lite.report.plots.style import BLUE, PALE, VERMILLION, as_written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCHES = 1.15  # size of one image in a grid


def images(
    pixels: npt.NDArray[Any],
    labels: npt.ArrayLike | None = None,
    predicted: npt.ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    columns: int = 8,
) -> Figure:
    """Draw images in a grid, each with its class; a wrong prediction is framed.

    Parameters
    ----------
    pixels : array of shape (n, height, width, 1 or 3)
        As ``matplotlib`` draws them: uint8, or float between 0 and 1. Grey images are drawn
        from their darkest to their lightest value.
    labels : int array of shape (n,), optional
        The right classes.
    predicted : int array of shape (n,), optional
        What a model says.
    names : sequence of str, optional
        Names of the classes; left out, their numbers.
    columns : int
        Images a row.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is no image, or not the number of one class an image.
    """
    given = [np.asarray(each) for each in (labels, predicted) if each is not None]
    fitting = all(each.shape == pixels.shape[:1] and each.dtype.kind in "iub" for each in given)
    if pixels.ndim != 4 or not len(pixels) or not fitting:
        problem = (
            f"{pixels.shape} images and {[each.shape for each in given]} labels do not fit"
        )
        remedy = (
            "give images of shape (n, height, width, 1 or 3), and n labels, integers, or none"
        )
        raise InputError(Problem("images", problem, remedy))
    title = 0.3 if predicted is None else 0.45
    figure, grid = _grid(ceil(len(pixels) / columns), min(columns, len(pixels)), title=title)
    for index, ax in enumerate(grid.flat):
        if index >= len(pixels):
            ax.remove()
            continue
        _draw(ax, pixels[index])
        if given:
            classes = [int(each[index]) for each in given]
            words = [str(at) if names is None else as_written(names[at]) for at in classes]
            wrong = len(set(classes)) > 1
            ax.set_title("\nnot ".join(reversed(words)) if wrong else words[0], fontsize=9)
            if wrong:
                _frame(ax, VERMILLION)
    return figure


def filters(
    weights: npt.NDArray[Any], *, columns: int = 16, ax: Axes | None = None, title: str = ""
) -> Axes:
    """Draw the filters of a first layer as small pictures.

    Parameters
    ----------
    weights : array of shape (kh, kw, 1 or 3, filters)
        Float or integer weights: 0 is grey, the largest magnitude black or white. With three
        input channels they are red, green and blue.
    columns : int
        Filters a row.
    ax : Axes, optional
    title : str
        Left out, the number of filters and of values that occur.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If `weights` is not of that shape.
    """
    if weights.ndim != 4 or weights.shape[2] not in (1, 3) or not weights.size:
        problem = f"shape {weights.shape} is not (kh, kw, 1 or 3, filters)"
        raise InputError(Problem("weights", problem, "give the kernel of a first layer"))
    height, width, _, count = weights.shape
    rows = ceil(count / columns)
    if ax is None:
        size = {"width": 8, "height": 0.6 + 8 * rows / min(columns, count)}
        drawn: Axes = _grid(1, 1, **size)[1][0, 0]
        ax = drawn
    largest = np.abs(weights).max() or 1
    tiles = np.moveaxis(weights / (2 * largest) + 0.5, 3, 0)
    ax.imshow(_mosaic(tiles, columns), interpolation="nearest", cmap="gray", vmin=0, vmax=1)
    ax.set_axis_off()
    values = len(np.unique(weights))
    ax.set_title(
        title or f"{count} filters of {height} x {width}, {values:,} different weights"
    )
    return ax


def event_maps(
    model: Any,
    image: npt.NDArray[np.integer[Any]],
    *,
    channels: int = 8,
    layers: Sequence[str] | None = None,
) -> Figure:
    """Draw which neurons fire, layer by layer, for one image: zeros stay blank.

    Of each map the channels with the most events are drawn; layers without positions are
    folded into a block, neuron by neuron.

    Parameters
    ----------
    model : akida_lite.Model
    image : uint8 array of shape (height, width, channels)
        What the model reads.
    channels : int
        Channels drawn of each layer, 1 or more.
    layers : sequence of str, optional
        Names of the layers to draw; left out, all that emit events.

    Returns
    -------
    Figure
        A row for the image, and a row for each layer with the share of its zeros.

    Raises
    ------
    InputError
        If the image is not what the model reads, or no layer of that name emits events.
    """
    traced = [
        (layer, output[0])
        for layer, output in trace(model.layers, np.asarray(image)[None])
        if not isinstance(getattr(layer, "output", None), Potentials)
        and (layers is None or layer.name in layers)
    ]
    if not traced:
        problem = f"none of {layers} is a layer that emits events"
        remedy = f"choose among {', '.join(repr(layer.name) for layer in model.layers)}"
        raise InputError(Problem("option 'layers'", problem, remedy))
    figure, grid = _grid(len(traced) + 1, 1, width=8, height=0.95 * (len(traced) + 1))
    _draw(grid[0, 0], np.asarray(image))
    _name(grid[0, 0], "image", f"{' x '.join(map(str, np.shape(image)))}")
    # Zeros lie below the scale; what is masked lies between two maps.
    colours = needed("matplotlib", "a figure").colormaps["viridis_r"]
    colours = colours.with_extremes(under=PALE, bad="white")
    zeros = total = 0
    for ax, (layer, events) in zip(grid[1:, 0], traced, strict=True):
        zeros, total = zeros + int((events == 0).sum()), total + events.size
        strip = np.ma.masked_less(_strip(events, channels), 0)
        top = max(int(events.max()), 1)
        ax.imshow(strip, cmap=colours, vmin=0.5, vmax=top + 0.5, interpolation="nearest")
        shape = " x ".join(str(side) for side in events.shape)
        _name(ax, as_written(layer.name), f"{shape}\n{np.mean(events == 0):.0%} zeros")
    share = zeros / total
    figure.suptitle(f"Of {total:,} neurons, {total - zeros:,} fire: {share:.0%} stay at zero")
    return figure


def receptive_field(
    model: Any, image: npt.NDArray[Any], layer: str, position: tuple[int, int] | None = None
) -> Figure:
    """Draw how much of the image one neuron of a layer sees.

    Parameters
    ----------
    model : akida_lite.Model
    image : array of shape (height, width, 1 or 3)
    layer : str
        Name of a layer with a map; pooling behind the convolution counts.
    position : (row, column), optional
        Of the neuron in the layer's map; left out, the middle.

    Returns
    -------
    Figure
        The image, with what the neuron does not see faded.

    Raises
    ------
    InputError
        If there is no such layer or position.
    """
    chain = list(model.layers)
    upto = chain[: chain.index(model.get_layer(layer)) + 1]
    shapes = [shape for shape, _ in layer_shapes(tuple(chain))][: len(upto)]
    rows, columns = upto[-1].output_shape(shapes[-1])[:2]
    row, column = position or (rows // 2, columns // 2)
    if not (0 <= row < rows and 0 <= column < columns):
        problem = f"{position} lies outside the map of {rows} x {columns}"
        raise InputError(Problem("option 'position'", problem, "choose one inside the map"))
    picture = np.asarray(image)
    spans = [
        _seen(upto, shapes, axis, at, picture.shape[axis])
        for axis, at in enumerate((row, column))
    ]
    figure, grid = _grid(1, 1, width=3.2, height=3.6)
    ax = grid[0, 0]
    _draw(ax, picture)
    veil = np.ones((*picture.shape[:2], 4))
    veil[..., 3] = 0.75
    veil[slice(*spans[0]), slice(*spans[1]), 3] = 0
    ax.imshow(veil)
    (top, bottom), (left, right) = spans
    frame = [left - 0.5, right - 0.5, right - 0.5, left - 0.5, left - 0.5]
    ax.plot(frame, [top - 0.5, top - 0.5, bottom - 0.5, bottom - 0.5, top - 0.5], color=BLUE)
    size = f"{bottom - top} x {right - left} of {picture.shape[0]} x {picture.shape[1]} pixels"
    ax.set_title(f"A neuron of {as_written(layer)} sees\n{size}", fontsize=10)
    return figure


def _seen(
    chain: Sequence[Layer], shapes: Sequence[Shape], axis: int, at: int, side: int
) -> tuple[int, int]:
    """Return the pixels, first and one after the last, behind a position of the last map."""
    first = last = at
    for layer, shape in zip(reversed(chain), reversed(shapes), strict=True):
        if isinstance(layer, InputData):
            continue
        if not isinstance(layer, WindowedLayer) or isinstance(layer.pool, GlobalAveragePool):
            first, last = 0, shape[axis] - 1
            continue
        windows = [(layer.kernel_size, layer.strides, layer.padding, shape)]
        if layer.pool is not None:
            pool = layer.pool
            windows.append(
                (pool.size, pool.strides, pool.padding, layer.convolved_shape(shape))
            )
        for size, strides, padding, before in reversed(windows):
            pad = window_padding(before[axis], size[axis], strides[axis], padding)[0]
            first = first * strides[axis] - pad
            last = last * strides[axis] - pad + size[axis] - 1
    return max(first, 0), min(last + 1, side)


def _grid(
    rows: int,
    columns: int,
    *,
    width: float | None = None,
    height: float | None = None,
    title: float = 0.0,
) -> tuple[Figure, Any]:
    size = (width or _INCHES * columns, height or (_INCHES + title) * rows)
    drawn: tuple[Figure, Any] = needed("matplotlib.pyplot", "a figure").subplots(
        rows, columns, figsize=size, layout="constrained", squeeze=False
    )
    return drawn


def _draw(ax: Axes, picture: npt.NDArray[Any]) -> None:
    grey = picture.ndim == 2 or picture.shape[-1] == 1
    ax.imshow(picture.squeeze() if grey else picture, cmap="gray" if grey else None)
    ax.set_xticks([])
    ax.set_yticks([])


def _frame(ax: Axes, colour: str) -> None:
    for spine in ax.spines.values():
        spine.set_color(colour)
        spine.set_linewidth(3)


def _name(ax: Axes, name: str, facts: str) -> None:
    """Write a layer's name and facts to the left of its row."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_anchor("W")
    ax.set_frame_on(False)
    ax.set_ylabel(f"{name}\n{facts}", rotation=0, ha="right", va="center", fontsize=8)


def _mosaic(tiles: npt.NDArray[Any], columns: int) -> npt.NDArray[Any]:
    """Lay tiles of shape (n, h, w[, c]) out in rows, one blank position between them."""
    count, height, width = tiles.shape[:3]
    rows = ceil(count / columns)
    columns = min(columns, count)
    shape = (rows * (height + 1) - 1, columns * (width + 1) - 1, *tiles.shape[3:])
    canvas = np.ones(shape) if tiles.dtype.kind == "f" else np.zeros(shape, tiles.dtype)
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        canvas[top : top + height, left : left + width] = tile
    return canvas.squeeze()


def _strip(events: npt.NDArray[Any], channels: int) -> npt.NDArray[Any]:
    """Return the maps with the most events side by side, -1 between them."""
    if events.shape[:2] == (1, 1):
        neurons = events.reshape(-1).astype(np.int16)
        height = max(1, round(sqrt(len(neurons) / channels)))
        block = np.full(-(-len(neurons) // height) * height, -1, np.int16)
        block[: len(neurons)] = neurons
        return block.reshape(height, -1)
    order = np.count_nonzero(events, axis=(0, 1)).argsort(kind="stable")[::-1][:channels]
    tiles = np.moveaxis(events[..., np.sort(order)], 2, 0).astype(np.int16)
    framed = np.pad(tiles, ((0, 0), (0, 0), (0, 1)), constant_values=-1)
    return np.concatenate(framed, axis=1)[:, :-1]
