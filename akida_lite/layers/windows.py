"""How windows lie on a map: how many fit, and what they read beyond its border."""

from __future__ import annotations

from akida_lite.layers.finish import GlobalAveragePool, Pool, Shape


def window_output(size: int, window: int, stride: int, padding: str) -> int:
    """Return how many windows fit along one axis, as TensorFlow counts them."""
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def window_padding(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Return the positions padded before and after one axis, as TensorFlow pads.

    "same" with an odd remainder puts the extra position after.
    """
    if padding == "valid":
        return (0, 0)
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return (total // 2, total - total // 2)


def pooled_shape(pool: Pool, shape: Shape) -> Shape:
    """Return the shape of a map of `shape` after `pool`."""
    if pool is None:
        return shape
    if isinstance(pool, GlobalAveragePool):
        return (1, 1, shape[2])
    return (
        window_output(shape[0], pool.size[0], pool.strides[0], pool.padding),
        window_output(shape[1], pool.size[1], pool.strides[1], pool.padding),
        shape[2],
    )
