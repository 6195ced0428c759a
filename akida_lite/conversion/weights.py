"""Integers of a block's kernels, in the layout of the integer layers, with their scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from akida_lite.conversion.blocks import Block
from akida_lite.conversion.fold import Fractions, exact
from akida_lite.conversion.kinds import kind_of

Weights: TypeAlias = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Kernel:
    """One latent kernel of a Keras layer and the quantizer that rounds it.

    Attributes
    ----------
    label : str
        Name of the variable, for messages.
    values : float32 array, filters on the last axis
    quantizer : Quantizer
    per_tensor : bool
        Whether only one scale for all filters can be represented.
    attribute : str
        Of the layer, where it holds the quantizer.
    """

    label: str
    values: npt.NDArray[np.float32]
    quantizer: Any
    per_tensor: bool
    attribute: str

    def integers(self) -> tuple[Weights, npt.NDArray[np.float64]]:
        """Return the int8 weights, and levels per unit of weight: shape () or (filters,)."""
        integers, scale = self.quantizer.integers(self.values)
        return np.asarray(integers), np.asarray(scale, np.float64)


def array(variable: Any) -> npt.NDArray[Any]:
    """Return the values of a Keras variable."""
    values: npt.NDArray[Any] = keras.ops.convert_to_numpy(variable)
    return values


def kernels_of(layer: Any) -> list[Kernel]:
    """Return the kernels of a quantized Keras layer: depthwise before pointwise."""
    return [
        Kernel(
            slot.variable.replace("_", " "),
            array(getattr(layer, slot.variable)),
            getattr(layer, slot.quantizer),
            per_tensor=slot.depthwise,
            attribute=slot.quantizer,
        )
        for slot in kind_of(layer).kernels
    ]


def bias_of(layer: Any) -> npt.NDArray[Any] | None:
    """Return the bias of a neural Keras layer, float32 of shape (filters,), or None."""
    return None if layer.bias is None else array(layer.bias)


@dataclass(frozen=True)
class BlockWeights:
    """Integer weights of a block.

    Attributes
    ----------
    depthwise : int8 array of shape (kh, kw, c_in, 1), or None
    weights : int8 array
        The kernel whose last axis are the filters: pointwise where there is a depthwise.
    bits : int
        The larger of the kernels' widths.
    scale : array of Fraction, shape (filters,)
        Levels per unit of weight, of both kernels together.
    bias : array of Fraction, shape (filters,)
    """

    depthwise: Weights | None
    weights: Weights
    bits: int
    scale: Fractions
    bias: Fractions

    def of_inputs(self) -> npt.NDArray[np.int64]:
        """Return what each channel, or connection, weighs in all: (inputs, filters)."""
        if self.weights.ndim == 2:
            return self.weights.astype(np.int64)
        sums: npt.NDArray[np.int64] = self.weights.sum(axis=(0, 1), dtype=np.int64)
        if self.depthwise is not None:
            sums = sums * self.depthwise.sum(axis=(0, 1), dtype=np.int64)
        return sums


def block_weights(block: Block) -> BlockWeights:
    """Return the integer weights of a block whose kernels have been checked."""
    layers = [block.neural.layer]
    if block.pointwise is not None:
        layers.append(block.pointwise.layer)
    kernels = [kernel for layer in layers for kernel in kernels_of(layer)]
    parts = [kernel.integers() for kernel in kernels]
    bits = max(int(kernel.quantizer.bitwidth) for kernel in kernels)
    if not kind_of(block.last.layer).mixes:
        channels = parts[0][0].shape[2]
        # A depthwise convolution has an activation of its own: every filter picks one
        # channel.
        parts.append((np.eye(channels, dtype=np.int8)[np.newaxis, np.newaxis], np.ones(())))
    weights, scale = parts[-1]
    filters = weights.shape[-1]
    scales = exact(np.broadcast_to(scale, (filters,)))
    bias: Fractions = exact(np.zeros(filters))
    own_bias = bias_of(block.last.layer)
    if own_bias is not None:
        bias = bias + exact(own_bias)
    if block.pointwise is not None:
        bias = bias + _spread_bias(block.neural.layer, weights, scales)
    if len(parts) == 1:
        return BlockWeights(None, weights, bits, scales, bias)
    depthwise, depthwise_scale = parts[0]
    return BlockWeights(depthwise, weights, bits, scales * exact(depthwise_scale), bias)


def _spread_bias(depthwise: Any, pointwise: Weights, scale: Fractions) -> Fractions:
    """Return what the depthwise bias adds to each filter after the pointwise kernel."""
    bias = bias_of(depthwise)
    if bias is None:
        return exact(np.zeros(pointwise.shape[-1]))
    added: Fractions = exact(bias) @ pointwise[0, 0].astype(object) / scale
    return added
