"""Scale factors that are powers of two: the same network, computed with less rounding."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from akida_lite.conversion.blocks import Block
from akida_lite.conversion.grammar import parse
from akida_lite.conversion.graph import chain_of
from akida_lite.conversion.roles import Role
from akida_lite.nn.kernels import fix_kernel, quantized_kernels


def make_scales_binary(model: keras.Model) -> None:
    """Round the scale factors of kernels down to powers of two, in place.

    Batch normalization takes the difference, so that the model computes the same function and
    converts to the same integers. What changes is how Keras rounds: integers over a power of
    two are floats without an error, and so are their products with whole activations and the
    sums of those. Keras in float32 then strays from the exact sums, which the integer model
    has, less often.

    Blocks without batch normalization keep their scale, which the scores depend on; kernels
    with a scale for each filter keep theirs.

    Parameters
    ----------
    model : keras.Model
        A chain of quantized layers that converts. Its quantizers become
        `FixedScaleQuantizer`, as those of a model with shipped weights are.
    """
    steps, _ = chain_of(model)
    for block in parse(steps).blocks:
        norm = block.find(Role.NORM)
        if norm is not None:
            _absorb(norm.layer, _round_scales(block))


def _round_scales(block: Block) -> float:
    """Round the scales of a block's kernels; return by what its sums grow."""
    growth = 1.0
    for layer in {id(step.layer): step.layer for step in (block.neural, block.last)}.values():
        for kernel, quantizer in quantized_kernels(layer):
            integers, scale = quantizer.integers(np.asarray(kernel))
            if scale.ndim:
                continue
            binary = 2.0 ** math.floor(math.log2(scale))
            fix_kernel(layer, kernel, integers, binary)
            growth *= float(scale) / binary
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(np.asarray(layer.bias, np.float64) * growth)
    return growth


def _absorb(norm: Any, growth: float) -> None:
    """Have batch normalization give for sums that have grown what it gave for them before."""
    mean, variance = (
        np.asarray(v, np.float64) for v in (norm.moving_mean, norm.moving_variance)
    )
    norm.moving_mean.assign(mean * growth)
    norm.moving_variance.assign((variance + norm.epsilon) * growth**2 - norm.epsilon)
