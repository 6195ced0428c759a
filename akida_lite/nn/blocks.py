"""Blocks of the zoo: neural layer, pooling, batch normalization, activation, in that order.

Pooling comes first because the chip pools potentials; normalizing the pooled map is also
cheaper than normalizing the full one.
"""

from __future__ import annotations

from typing import Any

import keras

from akida_lite.errors import InputError, Problem
from akida_lite.nn.activations import RELU_MAX, ActivationDiscreteRelu
from akida_lite.nn.layers import QuantizedConv2D, QuantizedDense, QuantizedSeparableConv2D
from akida_lite.nn.quantizers import weight_quantizer


def conv_block(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    *,
    name: str,
    weight_quantization: int = 0,
    activ_quantization: int | None = 0,
    pooling: str | None = None,
    pool_size: Any = 2,
    add_batchnorm: bool = False,
    add_activation: bool = True,
    **kwargs: Any,
) -> Any:
    """Append a convolution block to a functional model.

    Parameters
    ----------
    inputs : Keras tensor of shape (n, h, w, c)
    filters, kernel_size
        Of the convolution.
    name : str
        Of the convolution; the others append ``_maxpool`` or ``_global_avg``, ``_BN`` and
        ``_relu``.
    weight_quantization : int
        Bits of the weights, 0 for float.
    activ_quantization : int or None
        Bits of the activation, 0 for a float ReLU6, None for no activation.
    pooling : {None, "max", "global_avg"}
    pool_size : int or (int, int)
        Of the max pooling.
    add_batchnorm : bool
    add_activation : bool
        False for none, whatever `activ_quantization` is, as older code has it.
    **kwargs
        More arguments of `QuantizedConv2D`, such as `strides`, `padding` and `use_bias`.

    Returns
    -------
    Keras tensor
    """
    layer = QuantizedConv2D(
        filters,
        kernel_size,
        quantizer=weight_quantizer(weight_quantization),
        name=name,
        **kwargs,
    )
    pool = _pooling(name, pooling, pool_size, kwargs.get("padding", "valid"))
    activ = activ_quantization if add_activation else None
    return _finish(layer(inputs), name, pool, add_batchnorm, activ)


def separable_conv_block(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    *,
    name: str,
    weight_quantization: int = 0,
    activ_quantization: int | None = 0,
    pooling: str | None = None,
    pool_size: Any = 2,
    add_batchnorm: bool = False,
    add_activation: bool = True,
    **kwargs: Any,
) -> Any:
    """Append a separable convolution block to a functional model.

    What the parameters mean is said at :func:`~akida_lite.nn.conv_block`.

    Parameters
    ----------
    inputs : Keras tensor
        Of shape (n, h, w, c).
    filters, kernel_size
        Of the separable convolution.
    name : str
    weight_quantization, activ_quantization, pooling, pool_size : optional
    add_batchnorm, add_activation : bool
    **kwargs
        More arguments of `QuantizedSeparableConv2D`.

    Returns
    -------
    Keras tensor
    """
    layer = QuantizedSeparableConv2D(
        filters,
        kernel_size,
        quantizer=weight_quantizer(weight_quantization),
        name=name,
        **kwargs,
    )
    pool = _pooling(name, pooling, pool_size, kwargs.get("padding", "valid"))
    activ = activ_quantization if add_activation else None
    return _finish(layer(inputs), name, pool, add_batchnorm, activ)


def dense_block(
    inputs: Any,
    units: int,
    *,
    name: str,
    weight_quantization: int = 0,
    activ_quantization: int | None = 0,
    add_batchnorm: bool = False,
    add_activation: bool = True,
    **kwargs: Any,
) -> Any:
    """Append a fully connected block to a functional model.

    What the parameters mean is said at :func:`~akida_lite.nn.conv_block`.

    Parameters
    ----------
    inputs : Keras tensor
        Of shape (n, c).
    units : int
    name : str
    weight_quantization, activ_quantization : optional
    add_batchnorm, add_activation : bool
    **kwargs
        More arguments of `QuantizedDense`.

    Returns
    -------
    Keras tensor
    """
    layer = QuantizedDense(
        units, quantizer=weight_quantizer(weight_quantization), name=name, **kwargs
    )
    activ = activ_quantization if add_activation else None
    return _finish(layer(inputs), name, None, add_batchnorm, activ)


def _pooling(name: str, pooling: str | None, size: Any, padding: str) -> Any:
    if pooling == "max":
        return keras.layers.MaxPooling2D(size, padding=padding, name=f"{name}_maxpool")
    if pooling == "global_avg":
        return keras.layers.GlobalAveragePooling2D(name=f"{name}_global_avg")
    if pooling is not None:
        text = f"pooling={pooling!r} is not one of None, 'max', 'global_avg'"
        remedy = "choose one of them; the chip has no other pooling"
        raise InputError(Problem(f"layer {name!r}", text, remedy))
    return None


def _finish(x: Any, name: str, pool: Any, batchnorm: bool, activ: int | None) -> Any:
    if pool is not None:
        x = pool(x)
    if batchnorm:
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_BN")(x)
    if activ is None:
        return x
    if activ == 0:
        return keras.layers.ReLU(RELU_MAX, name=f"{name}_relu")(x)
    return ActivationDiscreteRelu(activ, name=f"{name}_relu")(x)
