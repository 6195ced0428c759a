"""Quantized Keras layers: what a model is trained with before it is converted."""

from akida_lite import keras_start  # noqa: F401 (before anything imports Keras)
from akida_lite.nn import layers
from akida_lite.nn.activations import ActivationDiscreteRelu, QuantizedReLU
from akida_lite.nn.blocks import conv_block, dense_block, separable_conv_block
from akida_lite.nn.event_cost import EventCost
from akida_lite.nn.layers import *  # noqa: F403 (its `__all__` is the list of layers)
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
    "QuantizedReLU",
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
__all__ += layers.__all__
