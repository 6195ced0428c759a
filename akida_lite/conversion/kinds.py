"""Types of Keras layers that start a block: what tells one from another stands here once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from akida_lite import nn
from akida_lite.nn.layers import KernelSlot, QuantizedLayer


@dataclass(frozen=True)
class NeuralKind:
    """A quantized Keras layer and the layer of Keras that takes its place in float.

    Attributes
    ----------
    quantized, plain : type
    convolution : bool
        Whether it sums over a window and all channels with one kernel: it may read images,
        and with a 1x1 kernel it merges with a depthwise layer before it.
    dense : bool
        Whether it reads a vector, so that nothing pools or pads around it.
    """

    quantized: type[QuantizedLayer]
    plain: type[keras.Layer]
    convolution: bool = False
    dense: bool = False

    @property
    def kernels(self) -> tuple[KernelSlot, ...]:
        """The kernels in the order in which they are applied."""
        return self.quantized.KERNELS

    @property
    def splits(self) -> bool:
        """Whether a first kernel keeps channels apart."""
        return self.kernels[0].depthwise

    @property
    def mixes(self) -> bool:
        """Whether a kernel sums over channels; where none does, a next layer may."""
        return not self.kernels[-1].depthwise


KINDS = (
    NeuralKind(nn.QuantizedConv2D, keras.layers.Conv2D, convolution=True),
    NeuralKind(nn.QuantizedSeparableConv2D, keras.layers.SeparableConv2D),
    NeuralKind(nn.QuantizedDepthwiseConv2D, keras.layers.DepthwiseConv2D),
    NeuralKind(nn.QuantizedDense, keras.layers.Dense, dense=True),
)


_BY_TYPE = {of: kind for kind in KINDS for of in (kind.quantized, kind.plain)}


def kind_of(layer: Any) -> NeuralKind:
    """Return the kind of a layer that starts a block: quantized, float, or derived from one."""
    return next(_BY_TYPE[of] for of in type(layer).__mro__ if of in _BY_TYPE)
