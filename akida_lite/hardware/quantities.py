"""What rules look at, where it is no plain attribute of a layer.

Each function takes a layer, the shape (height, width, channels) of the map it reads and the
layer after it (None after the last). It returns None where the layer has no such thing. Its
name, with spaces for underscores, is what messages call the value.
"""

from __future__ import annotations

from akida_lite.hardware.rules import Case, shown
from akida_lite.layers import GlobalAveragePool, Layer, MaxPool, Shape
from akida_lite.layers.base import WindowedLayer


def layer_type(layer: Layer, input_shape: Shape, following: Layer | None) -> str:
    """Return the name of the layer's type."""
    return type(layer).__name__


def input_height(layer: Layer, input_shape: Shape, following: Layer | None) -> int:
    """Return the height of the map that the layer reads, in pixels."""
    return input_shape[0]


def input_width(layer: Layer, input_shape: Shape, following: Layer | None) -> int:
    """Return the width of the map that the layer reads, in pixels."""
    return input_shape[1]


def input_height_and_width(
    layer: Layer, input_shape: Shape, following: Layer | None
) -> tuple[int, int]:
    """Return the size of the map that the layer reads, in pixels."""
    return input_shape[:2]


def connections(layer: Layer, input_shape: Shape, following: Layer | None) -> int:
    """Return how many values the layer reads."""
    return input_shape[0] * input_shape[1] * input_shape[2]


def strides(layer: WindowedLayer, input_shape: Shape, following: Layer | None) -> Case:
    """Return (vertical, horizontal) strides; what is allowed depends on the kernel."""
    return Case(f"a {shown(layer.kernel_size)} kernel", layer.strides)


def filters(layer: WindowedLayer, input_shape: Shape, following: Layer | None) -> Case:
    """Return the number of filters; what is allowed depends on the kernel and channels."""
    channels = f"{input_shape[2]} channel" + "s" * (input_shape[2] != 1)
    return Case(f"a {shown(layer.kernel_size)} kernel on {channels}", layer.filters)


def kernel_pixels_beyond_the_input(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> int:
    """Return by how much the kernel exceeds the map, on the worse side; 0 if it fits."""
    return _excess(layer.kernel_size, input_shape[:2])


def pool_type(layer: WindowedLayer, input_shape: Shape, following: Layer | None) -> str:
    """Return ``"none"``, ``"max"`` or ``"average"``."""
    if layer.pool is None:
        return "none"
    return "max" if isinstance(layer.pool, MaxPool) else "average"


def pool_size(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> tuple[int, int] | None:
    """Return (height, width) of the max pooling's window."""
    return layer.pool.size if isinstance(layer.pool, MaxPool) else None


def pool_strides(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> tuple[int, int] | None:
    """Return (vertical, horizontal) strides of the max pooling."""
    return layer.pool.strides if isinstance(layer.pool, MaxPool) else None


def strides_of_the_pool(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> Case | None:
    """Return the max pooling's strides; what is allowed depends on its size."""
    if not isinstance(layer.pool, MaxPool):
        return None
    return Case(f"a {shown(layer.pool.size)} pool", layer.pool.strides)


def pool_pixels_beyond_the_input(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> int | None:
    """Return by how much the max pooling's window exceeds the map; 0 if it fits."""
    if not isinstance(layer.pool, MaxPool):
        return None
    return _excess(layer.pool.size, input_shape[:2])


def average_pool_height(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> int | None:
    """Return the input height of a layer with global average pooling."""
    return input_shape[0] if isinstance(layer.pool, GlobalAveragePool) else None


def average_pool_width(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> int | None:
    """Return the input width of a layer with global average pooling."""
    return input_shape[1] if isinstance(layer.pool, GlobalAveragePool) else None


def layer_after_max_pooling(
    layer: WindowedLayer, input_shape: Shape, following: Layer | None
) -> str | None:
    """Return the type of the layer that reads the max-pooled map, or ``"none"``."""
    if not isinstance(layer.pool, MaxPool):
        return None
    return "none" if following is None else type(following).__name__


def _excess(size: tuple[int, int], limit: tuple[int, int]) -> int:
    return max(0, size[0] - limit[0], size[1] - limit[1])
