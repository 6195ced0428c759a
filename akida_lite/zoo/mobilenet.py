"""MobileNet for CIFAR-10: one convolution, ten separable ones, a global average."""

from __future__ import annotations

import os
from typing import Any

import keras

from akida_lite.nn.blocks import conv_block, separable_conv_block
from akida_lite.zoo.networks import NETWORKS
from akida_lite.zoo.with_weights import built

_NETWORK = NETWORKS["mobilenet_cifar10"]

_INPUT_FILTERS = 128
_KERNEL = 3
# Keras counts all channels as inputs of a depthwise kernel, although each output sees one:
# its default start is so small that the last block, which nothing normalizes, hardly learns.
_DEPTHWISE_SCALE = (2 / _KERNEL**2) ** 0.5
# Each layer has its number of filters, and whether it is max-pooled.
_SEPARABLE = (
    (128, False),
    (256, False),
    (256, True),
    (512, False),
    (512, True),
    (512, False),
    (512, True),
    (1024, False),
    (1024, False),
)


def mobilenet_cifar10(
    input_shape: tuple[int, int, int] = _NETWORK.input_shape,
    classes: int = len(_NETWORK.labels),
    weights: str | os.PathLike[str] | None = None,
    weights_quantization: int = 0,
    activ_quantization: int = 0,
    input_weights_quantization: int | None = None,
    **spellings: int | None,
) -> keras.Model:
    """Return the MobileNet of the CIFAR-10 tutorial: ten separable convolutions.

    Parameters, result and errors are those of :func:`vgg_cifar10`.

    Parameters
    ----------
    input_shape : (height, width, channels)
    classes : int
    weights : {None, "cifar10"} or path
    weights_quantization, activ_quantization, input_weights_quantization : int
    **spellings
        See :func:`vgg_cifar10`.

    Returns
    -------
    keras.Model
        Maps (n, height, width, channels) to (n, classes), float32.

    Raises
    ------
    InputError, FileFormatError
        See :func:`vgg_cifar10`.
    """
    widths = (weights_quantization, activ_quantization, input_weights_quantization)
    return built(_NETWORK, _build, input_shape, classes, weights, widths, spellings)


def _build(
    input_shape: tuple[int, int, int],
    classes: int,
    weights_quantization: int,
    activ_quantization: int,
    input_weights_quantization: int,
) -> keras.Model:
    inputs: Any = keras.Input(input_shape, name="input")
    shared: dict[str, Any] = {"padding": "same", "use_bias": False}
    separable = {
        **shared,
        "depthwise_initializer": keras.initializers.RandomNormal(stddev=_DEPTHWISE_SCALE),
    }
    x = conv_block(
        inputs,
        _INPUT_FILTERS,
        _KERNEL,
        name="conv_0",
        weight_quantization=input_weights_quantization,
        activ_quantization=activ_quantization,
        add_batchnorm=True,
        **shared,
    )
    for index, (filters, pooled) in enumerate(_SEPARABLE, start=1):
        x = separable_conv_block(
            x,
            filters,
            _KERNEL,
            name=f"separable_{index}",
            weight_quantization=weights_quantization,
            activ_quantization=activ_quantization,
            pooling="max" if pooled else None,
            add_batchnorm=True,
            **separable,
        )
    outputs = separable_conv_block(
        x,
        classes,
        _KERNEL,
        name=f"separable_{len(_SEPARABLE) + 1}",
        weight_quantization=weights_quantization,
        activ_quantization=None,
        pooling="global_avg",
        **separable,
    )
    return keras.Model(inputs, outputs, name="mobilenet_cifar10")
