"""MobileNet for CIFAR-10: one convolution, ten separable ones, a global average."""

from __future__ import annotations

from typing import Any

import keras

from akida_lite.nn.blocks import conv_block, separable_conv_block

_INPUT_FILTERS = 128
_KERNEL = 3
# Keras counts all channels as inputs of a depthwise kernel, although each output sees one:
# its default start is so small that the last block, which nothing normalizes, hardly learns.
_DEPTHWISE_SCALE = (2 / _KERNEL**2) ** 0.5
# (filters, max-pooled)
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


def build_mobilenet(
    input_shape: tuple[int, int, int],
    classes: int,
    weights_quantization: int,
    activ_quantization: int,
    input_weights_quantization: int,
) -> keras.Model:
    """Return the untrained network; see :func:`akida_lite.zoo.mobilenet_cifar10`."""
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
