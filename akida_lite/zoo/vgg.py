"""VGG for CIFAR-10: six convolutions and three fully connected layers."""

from __future__ import annotations

import os
from typing import Any

import keras

from akida_lite.nn.blocks import conv_block, dense_block
from akida_lite.zoo.networks import NETWORKS
from akida_lite.zoo.with_weights import built

_NETWORK = NETWORKS["vgg_cifar10"]

# Each layer has its number of filters, and whether it is max-pooled.
_CONVOLUTIONS = (
    (128, False),
    (128, True),
    (256, False),
    (256, True),
    (512, False),
    (512, True),
)
_DENSE = (1024, 1024)


def vgg_cifar10(
    input_shape: tuple[int, int, int] = _NETWORK.input_shape,
    classes: int = len(_NETWORK.labels),
    weights: str | os.PathLike[str] | None = None,
    weights_quantization: int = 0,
    activ_quantization: int = 0,
    input_weights_quantization: int | None = None,
    **spellings: int | None,
) -> keras.Model:
    """Return the VGG of the CIFAR-10 tutorial: six convolutions, three dense layers.

    Its input is the pixel divided by 255; its output are ten scores without softmax.

    Parameters
    ----------
    input_shape : (height, width, channels)
    classes : int
        Length of the output.
    weights : {None, "cifar10"} or path
        None for an untrained network, "cifar10" for the shipped weights, or a file: of
        :func:`akida_lite.zoo.save_weights`, or of ``keras.Model.save()`` (.keras, .h5).
    weights_quantization : int
        Bits of the weights: 0 for float, else 2 to 8.
    activ_quantization : int
        Bits of the activations: 0 for float, else 1 to 8.
    input_weights_quantization : int, optional
        Bits of the first layer's weights; as the others if left out.
    **spellings
        `weight_quantization` and `input_weight_quantization`, as in older releases of
        the original.

    Returns
    -------
    keras.Model
        Maps (n, height, width, channels) to (n, classes), float32.

    Raises
    ------
    InputError
        If a width is not accepted, or no weights are shipped for the combination asked
        for; the message lists those that are.
    FileFormatError
        If the weights are damaged or belong to another network.
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
    x = inputs
    for index, (filters, pooled) in enumerate(_CONVOLUTIONS):
        x = conv_block(
            x,
            filters,
            3,
            name=f"conv_{index}",
            weight_quantization=weights_quantization if index else input_weights_quantization,
            activ_quantization=activ_quantization,
            pooling="max" if pooled else None,
            add_batchnorm=True,
            padding="same",
            use_bias=False,
        )
    x = keras.layers.Flatten(name="flatten")(x)
    for index, units in enumerate(_DENSE, start=len(_CONVOLUTIONS)):
        x = dense_block(
            x,
            units,
            name=f"dense_{index}",
            weight_quantization=weights_quantization,
            activ_quantization=activ_quantization,
            add_batchnorm=True,
            use_bias=False,
        )
    outputs = dense_block(
        x,
        classes,
        name=f"dense_{len(_CONVOLUTIONS) + len(_DENSE)}",
        weight_quantization=weights_quantization,
        activ_quantization=None,
        use_bias=False,
    )
    return keras.Model(inputs, outputs, name="vgg_cifar10")
