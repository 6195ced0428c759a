"""Integer models of known architectures, full size, with random weights."""

import numpy as np

from akida_lite.fixed_point import INT32_MAX, activation_levels, weight_limit
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    Potentials,
    SeparableConvolutional,
    Staircase,
)

POOL = MaxPool((2, 2), (2, 2), "same")


def staircase(filters, bits):
    return Staircase(np.full((filters, activation_levels(bits)), INT32_MAX, np.int32), bits)


def potentials(filters):
    return Potentials(np.ones(filters), np.zeros(filters))


class Chain:
    """A model that grows layer by layer; every layer is called after its place."""

    def __init__(self, input_shape, act_bits, input_bits=8, seed=0):
        self.rng = np.random.default_rng(seed)
        self.input_shape = self.shape = input_shape
        self.bits, self.act_bits = input_bits, act_bits
        self.layers = []

    def events(self):
        """Start with data that are events."""
        return self.append(
            InputData(name="events", input_shape=self.shape, input_bits=self.bits), self.bits
        )

    def image(self, filters, weight_bits, size=(3, 3), **fields):
        fields["input_shape"] = self.input_shape
        return self.conv(filters, weight_bits, size, kind=InputConvolutional, **fields)

    def conv(self, filters, weight_bits, size=(3, 3), kind=Convolutional, **fields):
        weights = self._weights((*size, self.shape[2], filters), weight_bits)
        return self._neural(kind, filters, weight_bits, weights=weights, **fields)

    def sep(self, filters, weight_bits, size=(3, 3), **fields):
        kernels = {
            "depthwise": self._weights((*size, self.shape[2], 1), weight_bits),
            "pointwise": self._weights((1, 1, self.shape[2], filters), weight_bits),
        }
        return self._neural(SeparableConvolutional, filters, weight_bits, **kernels, **fields)

    def dense(self, filters, weight_bits, **fields):
        weights = self._weights((int(np.prod(self.shape)), filters), weight_bits)
        return self._neural(FullyConnected, filters, weight_bits, weights=weights, **fields)

    def _neural(self, kind, filters, weight_bits, *, last=False, act_bits=None, **fields):
        bits = act_bits or self.act_bits
        layer = kind(
            name=f"layer_{len(self.layers)}",
            weight_bits=weight_bits,
            input_bits=self.bits,
            output=potentials(filters) if last else staircase(filters, bits),
            **fields,
        )
        return self.append(layer, bits)

    def append(self, layer, bits):
        self.layers.append(layer)
        self.shape = layer.output_shape(self.shape)
        self.bits = bits
        return self

    def _weights(self, shape, bits):
        limit = weight_limit(bits)
        return self.rng.integers(-limit, limit, shape, np.int8, endpoint=True)


def vgg_cifar10(weight_bits=2, act_bits=2):
    chain = Chain((32, 32, 3), act_bits).image(128, weight_bits)
    for filters, pool in ((128, POOL), (256, None), (256, POOL), (512, None), (512, POOL)):
        chain.conv(filters, weight_bits, pool=pool)
    chain.dense(1024, weight_bits).dense(1024, weight_bits)
    return tuple(chain.dense(10, weight_bits, last=True).layers)


def mobilenet_cifar10():
    chain = Chain((32, 32, 3), 4).image(128, 8)
    for filters, pool in (
        *((128, None), (256, None), (256, POOL), (512, None), (512, POOL)),
        *((512, None), (512, POOL), (1024, None), (1024, None)),
    ):
        chain.sep(filters, 4, pool=pool)
    return tuple(chain.sep(10, 4, pool=GlobalAveragePool(), last=True).layers)


def mnist():
    chain = Chain((28, 28, 1), 1).image(32, 2, (5, 5), pool=POOL)
    chain.conv(64, 2, (5, 5), pool=POOL).dense(512, 2)
    return tuple(chain.dense(10, 2, last=True).layers)


def kws():
    """Not square: 49 windows of 10 coefficients."""
    chain = Chain((49, 10, 1), 4).image(32, 8, (5, 5), strides=(2, 2))
    for _ in range(4):
        chain.sep(64, 4)
    chain.sep(64, 4, pool=GlobalAveragePool())
    return tuple(chain.sep(12, 4, last=True).layers)


def mobilenet_imagenet():
    chain = Chain((224, 224, 3), 4).image(32, 8, strides=(2, 2))
    for filters, pool in (
        *((64, None), (128, POOL), (128, None), (256, POOL), (256, None), (512, POOL)),
        *((512, None),) * 5,
        *((1024, POOL), (1024, GlobalAveragePool())),
    ):
        chain.sep(filters, 4, pool=pool)
    return tuple(chain.sep(1000, 4, last=True).layers)


MODELS = {
    "vgg_cifar10": vgg_cifar10,
    "mobilenet_cifar10": mobilenet_cifar10,
    "mnist": mnist,
    "kws": kws,
    "mobilenet_imagenet": mobilenet_imagenet,
}
