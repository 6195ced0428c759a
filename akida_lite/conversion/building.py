"""Build the integer layer of one block."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from akida_lite.conversion import fold
from akida_lite.conversion.blocks import Block
from akida_lite.conversion.fold import Affine, exact
from akida_lite.conversion.graph import KerasShape, Step
from akida_lite.conversion.kinds import kind_of
from akida_lite.conversion.roles import Role
from akida_lite.conversion.scaling import Feed, affine_of_step
from akida_lite.conversion.weights import BlockWeights, block_weights
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    MaxPool,
    Neural,
    Output,
    Pool,
    Potentials,
    SeparableConvolutional,
    Shape,
    Staircase,
)

THRESHOLDS = {
    "exact": fold.exact_thresholds,
    "published": fold.published_thresholds,
}
"""Form of the thresholds to the function that computes them."""


def feed_after(block: Block) -> Feed | None:
    """Return what a block emits; None if it has no activation."""
    if block.activation is None:
        return None
    layer = block.activation.layer
    return Feed(Fraction(float(layer.gamma)), exact(0), int(layer.bitwidth))


def map_shape(shape: KerasShape) -> Shape:
    """Return the shape of one image's values as a map: (c,) is one position, (h, w) grey."""
    if len(shape) == 2:
        shape = (*shape, 1)
    height, width, channels = shape if len(shape) == 3 else (1, 1, prod(map(_size, shape)))
    return _size(height), _size(width), _size(channels)


def _size(size: int | None) -> int:
    assert size is not None
    return int(size)


def build_layer(block: Block, feed: Feed, thresholds: str) -> Neural:
    """Return the integer layer of a block that has passed every check.

    Parameters
    ----------
    block : Block
    feed : Feed
        What enters it.
    thresholds : {"exact", "published"}
    """
    weights = block_weights(block)
    affine = affine_of(block, weights, feed)
    output = _output(block, affine, thresholds)
    signed = (weights.weights * affine.signs).astype(np.int8)
    named: dict[str, Any] = {
        "name": block.name,
        "weight_bits": weights.bits,
        "input_bits": feed.bits,
        "output": output,
    }
    layer = block.neural.layer
    if kind_of(layer).dense and block.mean_first is None:
        return FullyConnected(weights=signed, **named)
    named["pool"] = _pool(block)
    if block.mean_first is None:
        named["strides"] = tuple(layer.strides)
        named["padding"] = layer.padding if block.pad is None else "same"
    if weights.depthwise is not None:
        return SeparableConvolutional(depthwise=weights.depthwise, pointwise=signed, **named)
    # A fully connected layer behind a mean is a 1x1 convolution of the map.
    signed = signed.reshape((1, 1, *signed.shape)) if signed.ndim == 2 else signed
    if feed.image:
        return InputConvolutional(
            weights=signed,
            input_shape=map_shape(block.steps[0].input_shape),
            padding_value=feed.padding_value,
            **named,
        )
    return Convolutional(weights=signed, **named)


def affine_of(block: Block, weights: BlockWeights, feed: Feed) -> Affine:
    """Return what a potential is worth at the end of a block: before its staircase, if any.

    No slope is negative where a maximum is taken or a staircase climbed.
    """
    affine = _of_potential(block, weights, feed)
    for role, step in block.tail:
        if role is Role.MEAN:
            affine = affine.scaled(Fraction(1, _positions(step)))
        elif role is Role.NORM:
            affine = affine.then(*scale_and_shift(step))
        else:
            # A falling filter is negated, so that its largest potential is its largest value.
            affine = affine.rising()
    return affine


def _of_potential(block: Block, weights: BlockWeights, feed: Feed) -> Affine:
    """Return what a potential is worth behind the neural layer, bias included."""
    slope = feed.unit / weights.scale
    if block.mean_first is not None:
        slope = slope / _positions(block.mean_first)
    intercept = weights.bias
    if (feed.shift != 0).any():
        sums = weights.of_inputs().astype(object)
        # A flattened map repeats its channels once a position.
        shift = np.tile(feed.shift, len(sums) // len(feed.shift))
        intercept = intercept - slope * (shift @ sums)
    return Affine.of(slope, intercept)


def _output(block: Block, affine: Affine, thresholds: str) -> Output:
    """Return what the layer gives for its potentials."""
    if block.activation is None:
        scale = affine.slope.astype(np.float64)
        return Potentials(scale, affine.intercept.astype(np.float64))
    staircase = staircase_of(block.activation)
    return Staircase(THRESHOLDS[thresholds](affine, *staircase), staircase[-1])


def staircase_of(activation: Step) -> tuple[Fraction, Fraction, int]:
    """Return t0, gamma and bits of a quantized activation."""
    layer = activation.layer
    return Fraction(layer.t0), Fraction(layer.gamma), int(layer.bitwidth)


def scale_and_shift(step: Step) -> tuple[fold.Fractions, fold.Fractions]:
    """Return what a step of the tail, which has passed every check, does to each channel."""
    pair = affine_of_step(step)
    assert pair is not None
    return pair


def _positions(step: Step) -> int:
    height, width, _ = map_shape(step.input_shape)
    return height * width


def _pool(block: Block) -> Pool:
    if block.mean_first is not None or block.find(Role.MEAN) is not None:
        return GlobalAveragePool()
    step = block.find(Role.MAX_POOL)
    if step is None:
        return None
    layer = step.layer
    if not hasattr(layer, "pool_size"):
        height, width, _ = map_shape(step.input_shape)
        return MaxPool((height, width), (height, width), "valid")
    return MaxPool(tuple(layer.pool_size), tuple(layer.strides), layer.padding)
