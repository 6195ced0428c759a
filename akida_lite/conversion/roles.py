"""What each Keras layer is to the converter.

Layers are known by their type and functions by the object itself, never by a name: what a
user calls ``relu`` may compute anything.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any

import keras

from akida_lite import nn
from akida_lite.conversion.graph import Step
from akida_lite.conversion.kinds import KINDS
from akida_lite.errors import Problem


class Role(Enum):
    """Part that a Keras layer plays in a block."""

    IGNORED = "changes nothing when the model is not trained"
    NEURAL = "starts a block"
    FLOAT_NEURAL = "would start a block, but is not quantized"
    MAX_POOL = "maximum of a window"
    MEAN = "mean of the map"
    NORM = "scales and shifts each channel, as batch normalization does"
    ACTIVATION = "staircase"
    FLOAT_ACTIVATION = "activation that is no staircase"
    FINAL = "order-preserving function of the scores"
    RESHAPE = "another shape for the same values"
    PAD = "zeros around the map"
    UNSUPPORTED = "no integer equivalent"


_LAYERS = keras.layers
# These layers vary images in training and leave them alone afterwards; RandomCrop, which
# crops always, is none of them.
_AUGMENTATIONS = [
    getattr(_LAYERS, name)
    for name in dir(_LAYERS)
    if name.startswith(("Random", "RandAugment", "AugMix")) and name != "RandomCrop"
]

_ROLES: tuple[tuple[tuple[type, ...], Role], ...] = (
    (tuple(kind.quantized for kind in KINDS), Role.NEURAL),
    ((nn.ActivationDiscreteRelu, nn.QuantizedReLU), Role.ACTIVATION),
    (tuple(kind.plain for kind in KINDS), Role.FLOAT_NEURAL),
    ((_LAYERS.MaxPooling2D, _LAYERS.GlobalMaxPooling2D), Role.MAX_POOL),
    ((_LAYERS.GlobalAveragePooling2D, _LAYERS.AveragePooling2D), Role.MEAN),
    ((_LAYERS.BatchNormalization, _LAYERS.Rescaling, _LAYERS.Normalization), Role.NORM),
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
            *_AUGMENTATIONS,
        ),
        Role.IGNORED,
    ),
)

# A subclass that writes one of these anew does not count as its base.
_MEANING = ("__call__", "call", "convolution_op", "kernel")

_OPERATIONS = {
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Divide", "TrueDivide"), Role.NORM),
    **dict.fromkeys(("Reshape", "Squeeze", "ExpandDims"), Role.RESHAPE),
    **dict.fromkeys(("Softmax", "LogSoftmax"), Role.FINAL),
    **dict.fromkeys(("Sigmoid", "LogSigmoid", "Tanh"), Role.FINAL),
    **dict.fromkeys(
        ("Relu", "Relu6", "ReLU", "LeakyRelu", "Silu", "Gelu", "Elu", "Selu", "HardSigmoid"),
        Role.FLOAT_ACTIVATION,
    ),
    "Mean": Role.MEAN,
    "Max": Role.MAX_POOL,
    "Cast": Role.IGNORED,
}
"""Operation of Keras on a tensor to its role."""

# TensorFlow's own functions, and those of JAX, compute what Keras' of the same name do.
_ROOMS = (
    keras.activations,
    keras.ops,
    getattr(sys.modules.get(keras.config.backend()), "nn", None),
)
_OWN_FUNCTIONS = {
    name: {id(getattr(room, name)) for room in _ROOMS if hasattr(room, name)}
    for name in (
        *("relu", "relu6", "softmax", "log_softmax", "sigmoid", "log_sigmoid", "tanh"),
        *("leaky_relu", "silu", "gelu", "elu", "selu", "softplus", "hard_sigmoid"),
    )
}
_OWN_FUNCTIONS["linear"] = {id(keras.activations.linear)}

_FINAL_FUNCTIONS = ("softmax", "log_softmax", "sigmoid", "log_sigmoid", "tanh")
_SOFTMAX = ("Softmax", "LogSoftmax")

# These types have better advice than the general one.
_REMEDIES = {
    "AveragePooling2D": "use MaxPooling2D, strides in the convolution, or "
    "GlobalAveragePooling2D, and train again",
    "LayerNormalization": "use BatchNormalization, which becomes part of the thresholds",
    "GroupNormalization": "use BatchNormalization, which becomes part of the thresholds",
    "Lambda": "write what it computes with layers of Keras, for instance "
    "keras.layers.Rescaling where it scales the input",
    **dict.fromkeys(
        ("PReLU", "LeakyReLU", "ELU"),
        "replace it by a ReLU and train again: a staircase starts at 0",
    ),
    "Resizing": "resize the images before they are fed",
    "CenterCrop": "crop the images before they are fed",
    "Pipeline": "put its layers, such as Rescaling, into the model itself",
    **dict.fromkeys(
        ("Clip", "Maximum", "Minimum"),
        "use keras.layers.ReLU, with max_value= where there is a ceiling",
    ),
    "MaxPool": "use keras.layers.MaxPooling2D",
    "Pad": "use keras.layers.ZeroPadding2D",
}

_ACCEPTED = ", ".join(kind.quantized.__name__ for kind in KINDS) + (
    ", QuantizedReLU, ActivationDiscreteRelu, BatchNormalization, MaxPooling2D, "
    "GlobalMaxPooling2D, GlobalAveragePooling2D, Flatten, Reshape, ZeroPadding2D and Dropout"
)


def is_plain(layer: Any, kind: type) -> bool:
    """Whether a layer computes what `kind` does: a subclass may have a call of its own."""
    return isinstance(layer, kind) and all(
        getattr(type(layer), name, None) is getattr(kind, name, None) for name in _MEANING
    )


def role_of(step: Step) -> Role:
    """Return the role of a step."""
    role = _by_type(step)
    if step.operation is not None:
        return role if _is_clear(step, role) else Role.UNSUPPORTED
    if role is Role.MEAN and isinstance(step.layer, _LAYERS.AveragePooling2D):
        whole = tuple(step.layer.pool_size) == step.input_shape[:2]
        return role if whole and step.output_shape[:2] == (1, 1) else Role.UNSUPPORTED
    return role


def _by_type(step: Step) -> Role:
    layer = step.layer
    if step.operation is not None:
        return _OPERATIONS.get(step.operation, Role.UNSUPPORTED)
    for types, role in _ROLES:
        if any(is_plain(layer, kind) for kind in types):
            return role
    if is_plain(layer, _LAYERS.Activation):
        return _of_function(layer.activation)
    if isinstance(layer, _LAYERS.Pipeline):
        inner = (
            Step(each, each.name, step.input_shape, step.output_shape) for each in layer.layers
        )
        if all(_by_type(each) is Role.IGNORED for each in inner):
            return Role.IGNORED
    return Role.UNSUPPORTED


def _of_function(function: Any) -> Role:
    name = function_name(function)
    if name == "linear":
        return Role.IGNORED
    return Role.FINAL if name in _FINAL_FUNCTIONS else Role.FLOAT_ACTIVATION


def _is_clear(step: Step, role: Role) -> bool:
    """Whether an operation does what its role says: its arguments may say otherwise."""
    if role in (Role.MEAN, Role.MAX_POOL):
        axes = step.layer.axis
        of_a_map = len(step.input_shape) == 3 and isinstance(axes, list | tuple)
        plain = getattr(step.layer, "initial", None) is None
        return of_a_map and plain and {axis % 4 for axis in axes} == {1, 2}
    if step.operation == "Cast":
        return str(step.layer.dtype) in ("float32", "float64")
    return step.branches == 1


def function_name(function: Any) -> str | None:
    """Return the name of an activation function of Keras; None for any other."""
    if function is None:
        return "linear"
    return next((name for name, own in _OWN_FUNCTIONS.items() if id(function) in own), None)


def of_keras(function: Any) -> Any:
    """Return Keras' own function for TensorFlow's, which no file names; others as they are."""
    name = function_name(function)
    known = name in ("relu", "relu6", *_FINAL_FUNCTIONS)
    return getattr(keras.activations, str(name)) if known else function


def described(function: Any) -> str:
    """Return how a message calls an activation function."""
    name = function_name(function) or getattr(function, "__name__", type(function).__name__)
    return str(name)


def is_any_relu(step: Step) -> bool:
    """Whether a step is a ReLU of Keras with a ceiling, a slope and a threshold to choose."""
    return is_plain(step.layer, _LAYERS.ReLU) or step.operation == "ReLU"


def relu_ceiling(step: Step) -> tuple[bool, float | None]:
    """Return whether a step is a plain ReLU, and the highest value that it lets through.

    Returns
    -------
    is_relu : bool
    ceiling : float or None
        None for a ReLU without one, and for what is no ReLU.
    """
    layer = step.layer
    if is_any_relu(step):
        plain = not (layer.negative_slope or layer.threshold)
        return plain, None if layer.max_value is None else float(layer.max_value)
    name = (step.operation or "").lower()
    if is_plain(layer, _LAYERS.Activation):
        name = function_name(layer.activation) or ""
    return name in ("relu", "relu6"), 6.0 if name == "relu6" else None


def changes_order(step: Step) -> str | None:
    """Return why a last softmax must not be left out; None where order stays the same."""
    shape = step.input_shape
    is_softmax = step.kind in _SOFTMAX or (
        function_name(getattr(step.layer, "activation", None)) in ("softmax", "log_softmax")
    )
    if not is_softmax:
        return None
    given = getattr(step.layer, "axis", -1)
    axes = given if isinstance(given, list | tuple) else (given,)
    rank = len(shape) + 1
    wide = {axis % rank for axis in axes if shape[axis % rank - 1] != 1}
    if wide != {rank - 1}:
        if shape[-1] == 1 and not wide:
            return "a softmax over one channel is 1, whatever the channel says"
        return f"axis={given!r} compares positions, not the channels of each"
    return None


def head_of(step: Step) -> str | None:
    """Return the function behind the scores, if it is one that has its middle at 0."""
    name = function_name(getattr(step.layer, "activation", None))
    name = step.operation.lower() if step.operation else name
    return name if name in ("sigmoid", "tanh") else None


def unsupported(step: Step) -> Problem:
    """Return what is wrong with a layer that has no integer equivalent."""
    kinds = [kind for types, _ in _ROLES for kind in types] + [_LAYERS.Activation]
    base = next((kind for kind in kinds if isinstance(step.layer, kind)), None)
    if base is not None and not is_plain(step.layer, base):
        return step.problem(
            f"it is a {base.__name__} that computes in a way of its own",
            f"use {base.__name__} itself, or layers that have an integer equivalent",
        )
    advice = f"use only {_ACCEPTED}"
    if step.operation is not None:
        advice = "compute it before the model or behind it, or use layers of Keras"
    advice = _REMEDIES.get(step.kind, advice)
    return step.problem("it has no integer equivalent", advice)


def joins(step: Step, *, image: bool) -> Problem:
    """Return what is wrong with a layer that reads several tensors.

    Parameters
    ----------
    step : Step
    image : bool
        Whether it stands before the first neural layer.
    """
    remedy = "remove the branches: skip connections have no integer equivalent here"
    if image:
        remedy = "do it to the images before they are fed, and leave it out of the model"
    text = f"it joins {step.branches} branches, the layers must form one chain"
    return step.problem(text, remedy)
