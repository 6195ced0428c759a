"""Quantized Keras layers: what a model is trained with before it is converted."""

from akida_lite import keras_start  # noqa: F401 (before anything imports Keras)
from akida_lite.nn.activations import ActivationDiscreteRelu, QuantizedReLU
from akida_lite.nn.blocks import conv_block, dense_block, separable_conv_block
from akida_lite.nn.event_cost import EventCost
from akida_lite.nn.layers import (
    QuantizedConv2D,
    QuantizedDense,
    QuantizedDepthwiseConv2D,
    QuantizedSeparableConv2D,
)
from akida_lite.nn.loading import load_keras
from akida_lite.nn.quantizer import LinearWeightQuantizer, Quantizer
from akida_lite.nn.quantizers import (
    FixedScaleQuantizer,
    MaxPerAxisQuantizer,
    MaxQuantizer,
    StdWeightQuantizer,
    TrainableStdWeightQuantizer,
    WeightFloat,
    WeightQuantizer,
    weight_quantizer,
)

__all__ = [
    "ActivationDiscreteRelu",
    "EventCost",
    "FixedScaleQuantizer",
    "LinearWeightQuantizer",
    "MaxPerAxisQuantizer",
    "MaxQuantizer",
    "QuantizedConv2D",
    "QuantizedDense",
    "QuantizedDepthwiseConv2D",
    "QuantizedReLU",
    "QuantizedSeparableConv2D",
    "Quantizer",
    "StdWeightQuantizer",
    "TrainableStdWeightQuantizer",
    "WeightFloat",
    "WeightQuantizer",
    "conv_block",
    "dense_block",
    "load_keras",
    "separable_conv_block",
    "weight_quantizer",
]
