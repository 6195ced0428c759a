"""VGG for CIFAR-10: six convolutions and three fully connected layers."""

from __future__ import annotations

from typing import Any

import keras

from akida_lite.nn.blocks import conv_block, dense_block

# (filters, max-pooled)
_CONVOLUTIONS = (
    (128, False),
    (128, True),
    (256, False),
    (256, True),
    (512, False),
    (512, True),
)
_DENSE = (1024, 1024)


def build_vgg(
    input_shape: tuple[int, int, int],
    classes: int,
    weights_quantization: int,
    activ_quantization: int,
    input_weights_quantization: int,
) -> keras.Model:
    """Return the untrained network; see :func:`akida_lite.zoo.vgg_cifar10`."""
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
