"""What each Keras layer is to the converter."""

from __future__ import annotations

from enum import Enum
from typing import Any

import keras

from akida_lite import nn
from akida_lite.conversion.graph import Step


class Role(Enum):
    """Part that a Keras layer plays in a block."""

    IGNORED = "changes nothing when the model is not trained"
    NEURAL = "starts a block"
    FLOAT_NEURAL = "would start a block, but is not quantized"
    MAX_POOL = "maximum of a window"
    MEAN = "mean of the map"
    NORM = "batch normalization"
    ACTIVATION = "staircase"
    FLOAT_ACTIVATION = "activation that is no staircase"
    FINAL = "order-preserving function of the scores"
    RESHAPE = "another shape for the same values"
    PAD = "zeros around the map"
    UNSUPPORTED = "no integer equivalent"


_LAYERS = keras.layers

_ROLES: tuple[tuple[tuple[type, ...], Role], ...] = (
    (
        (
            nn.QuantizedConv2D,
            nn.QuantizedDepthwiseConv2D,
            nn.QuantizedSeparableConv2D,
            nn.QuantizedDense,
        ),
        Role.NEURAL,
    ),
    ((nn.ActivationDiscreteRelu, nn.QuantizedReLU), Role.ACTIVATION),
    (
        (_LAYERS.Conv2D, _LAYERS.DepthwiseConv2D, _LAYERS.SeparableConv2D, _LAYERS.Dense),
        Role.FLOAT_NEURAL,
    ),
    ((_LAYERS.MaxPooling2D, _LAYERS.GlobalMaxPooling2D), Role.MAX_POOL),
    ((_LAYERS.GlobalAveragePooling2D,), Role.MEAN),
    ((_LAYERS.BatchNormalization,), Role.NORM),
    ((_LAYERS.Softmax,), Role.FINAL),
    ((_LAYERS.ReLU,), Role.FLOAT_ACTIVATION),
    ((_LAYERS.Flatten, _LAYERS.Reshape), Role.RESHAPE),
    ((_LAYERS.ZeroPadding2D,), Role.PAD),
    (
        (
            _LAYERS.InputLayer,
            _LAYERS.Identity,
            _LAYERS.Dropout,
            _LAYERS.SpatialDropout2D,
            _LAYERS.AlphaDropout,
            _LAYERS.GaussianDropout,
            _LAYERS.GaussianNoise,
            _LAYERS.ActivityRegularization,
        ),
        Role.IGNORED,
    ),
)

_FINAL_FUNCTIONS = ("softmax", "log_softmax", "sigmoid", "log_sigmoid", "tanh")

# Layer type -> what to do instead, where something better than the general advice is known.
_REMEDIES = {
    "AveragePooling2D": "use MaxPooling2D, strides in the convolution, or "
    "GlobalAveragePooling2D",
    "LayerNormalization": "use BatchNormalization, which becomes part of the thresholds",
    "GroupNormalization": "use BatchNormalization, which becomes part of the thresholds",
}

_ACCEPTED = (
    "QuantizedConv2D, QuantizedSeparableConv2D, QuantizedDepthwiseConv2D, QuantizedDense, "
    "QuantizedReLU, ActivationDiscreteRelu, BatchNormalization, MaxPooling2D, "
    "GlobalMaxPooling2D, GlobalAveragePooling2D, Flatten, Reshape, ZeroPadding2D and Dropout"
)


def role_of(layer: Any) -> Role:
    """Return the role of a Keras layer."""
    for types, role in _ROLES:
        if isinstance(layer, types):
            return role
    if isinstance(layer, keras.layers.Activation):
        function = function_name(layer.activation)
        if function == "linear":
            return Role.IGNORED
        return Role.FINAL if function in _FINAL_FUNCTIONS else Role.FLOAT_ACTIVATION
    return Role.UNSUPPORTED


def function_name(function: Any) -> str:
    """Return the name of an activation function."""
    return str(getattr(function, "__name__", type(function).__name__))


def unsupported_remedy(step: Step) -> str:
    """Return what to do about a layer that has no integer equivalent."""
    if isinstance(step.layer, keras.layers.Rescaling):
        return _rescaling_remedy(step.layer)
    advice = f"use only {_ACCEPTED}"
    return _REMEDIES.get(step.kind, advice)


def _rescaling_remedy(layer: Any) -> str:
    try:
        scaling = f"({1 / layer.scale:g}, {0 - layer.offset / layer.scale:g})"
    except (TypeError, ZeroDivisionError):
        scaling = "(1 / scale, -offset / scale)"
    return f"remove it, scale the training data, and convert with input_scaling={scaling}"
