"""Cheaper products: layers with kernels multiply in bfloat16 while a step is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def products_in(precision: str, layers: list[keras.layers.Layer]) -> Iterator[None]:
    """Let `layers` multiply numbers of another precision, and add them up in float32.

    Latent weights stay float32, and quantizers round these. A processor with instructions
    for bfloat16 takes a step in much less time.

    Parameters
    ----------
    precision : {"float32", "bfloat16"}
    layers : list of keras.layers.Layer
        Convolutions and dense layers. They are as before at the end of the block.
    """
    policies = [layer.dtype_policy for layer in layers]
    try:
        if precision != "float32":
            for layer in layers:
                layer.dtype_policy = f"mixed_{precision}"
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy
