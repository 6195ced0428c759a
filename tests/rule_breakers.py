"""For every hardware rule, models that break it and nothing else; drawn from its constraint."""

import copy
import re

from architectures import Chain

from akida_lite.layers import GlobalAveragePool, InputData, MaxPool

METHODS = {
    "InputConvolutional": "image",
    "Convolutional": "conv",
    "SeparableConvolutional": "sep",
    "FullyConnected": "dense",
}
"""Layer type to the method of `Chain` that appends one."""


def breakers(rule):
    """Return (layer type, value, layers) for every value that breaks a rule."""
    return [
        (kind, value, BUILD[rule.id](METHODS[kind], value))
        for kind in rule.layers
        for value in rule.must_be.counterexamples()
        if not implied(rule.id, kind, value)
    ]


def implied(id, kind, value):
    """Return whether another rule is always broken as well."""
    if kind != "SeparableConvolutional":
        return False
    # No separable layer has a kernel below 3x3, or a pool above it.
    return id == "POOL-WITHIN-INPUT" or getattr(value, "circumstance", "") == "a 1x1 kernel"


def one(kind, *, shape=None, bits=None, filters=4, weight_bits=2, **fields):
    """One layer that keeps every rule which the arguments do not touch."""
    if kind == "image":
        weight_bits = 8
        chain = Chain(shape or (16, 16, 1), 2, bits or 8)
    else:
        shape = shape or ((1, 1, 8) if kind == "dense" else (16, 16, 2))
        chain = Chain(shape, 2, bits or 2).events()
    return getattr(chain, kind)(filters, weight_bits, **{"last": True, **fields}).layers


def followed(layers, method, *arguments):
    """Append a last layer."""
    chain = Chain(layers[0].input_shape, 2, layers[0].input_bits)
    for layer in layers:
        emitted = layer.input_bits if isinstance(layer, InputData) else layer.act_bits
        chain.append(layer, emitted)
    return getattr(chain, method)(4, 2, *arguments, last=True).layers


def pooled(kind, window, strides, **fields):
    """Max pooling, and after it what the later table wants."""
    pool = MaxPool(window, strides, "same")
    return followed(one(kind, pool=pool, last=False, **fields), "conv", (1, 1))


def averaged(kind, shape):
    return one(kind, shape=shape, pool=GlobalAveragePool())


def forced(layers, field, value):
    """Set a field of the last layer that no layer can be built with."""
    layer = copy.copy(layers[-1])
    object.__setattr__(layer, field, value)
    return [*layers[:-1], layer]


def weight_bits(kind, value):
    return forced(one(kind), "weight_bits", value)


def event_bits(kind, value):
    return one(kind, bits=value)


def sized(circumstance):
    """Return the size that a circumstance such as ``a 3x3 kernel`` names."""
    return tuple(map(int, re.search(r"(\d+)x(\d+)", circumstance).groups()))


def kernel_strides(kind, value):
    if not hasattr(value, "circumstance"):
        return one(kind, strides=value)
    return one(kind, size=sized(value.circumstance), strides=value.value)


def image_filters(kind, value):
    channels = int(re.search(r"(\d+) channel", value.circumstance)[1])
    shape = (16, 16, channels)
    return one(kind, shape=shape, size=sized(value.circumstance), filters=value.value)


def after_max_pool(kind, following):
    # All of these pool to one position, which a fully connected layer may read.
    fields = (
        {"shape": (5, 5, 1), "strides": (3, 3)} if kind == "image" else {"shape": (3, 3, 2)}
    )
    fields["pool"] = MaxPool((2, 2), (2, 2))
    if following == "none":
        return one(kind, **fields)
    return followed(one(kind, last=False, **fields), "dense")


BUILD = {
    "INPUT-WIDTH": lambda kind, value: one(kind, shape=(16, value, 1)),
    "INPUT-HEIGHT": lambda kind, value: one(kind, shape=(value, 16, 1)),
    "INPUT-CHANNELS": lambda kind, value: one(kind, shape=(16, 16, value)),
    "INPUT-KERNEL": lambda kind, value: one(kind, size=value),
    "INPUT-STRIDES": lambda kind, value: one(kind, strides=value),
    "INPUT-FILTERS": image_filters,
    "INPUT-POOL-TYPE": lambda kind, value: averaged(kind, (16, 16, 1)),
    "INPUT-POOL-SIZE": lambda kind, value: pooled(kind, value, (2, 2)),
    "INPUT-POOL-STRIDES": lambda kind, value: (
        pooled(kind, sized(value.circumstance), value.value)
        if hasattr(value, "circumstance")
        else pooled(kind, (2, 2), value)
    ),
    "INPUT-BITS": lambda kind, value: forced(one(kind), "input_bits", value),
    "INPUT-WEIGHT-BITS": weight_bits,
    "INPUT-TYPE": lambda kind, value: one(kind),
    "MAP-HEIGHT": lambda kind, value: one(kind, shape=(value, 16, 2)),
    "MAP-WIDTH": lambda kind, value: one(kind, shape=(16, value, 2)),
    "MAP-CHANNELS": lambda kind, value: one(kind, shape=(16, 16, value)),
    "CONV-KERNEL": lambda kind, value: one(kind, size=value),
    "SEP-KERNEL": lambda kind, value: one(kind, size=value),
    "KERNEL-WITHIN-INPUT": lambda kind, value: one(kind, shape=(3 - value, 3, 2)),
    "STRIDES": kernel_strides,
    "PADDING": lambda kind, value: one(kind, padding=value),
    "POOL-SIZE": lambda kind, value: pooled(kind, value, (1, 1)),
    "POOL-STRIDES": lambda kind, value: pooled(kind, sized(value.circumstance), value.value),
    "POOL-WITHIN-INPUT": lambda kind, value: pooled(
        kind, (3, 3), (1, 1), shape=(3 - value, 3, 2), size=(1, 1)
    ),
    "AVERAGE-POOL-WIDTH": lambda kind, value: averaged(kind, (8, value, 2)),
    "AVERAGE-POOL-HEIGHT": lambda kind, value: averaged(kind, (value, 8, 2)),
    "LAYER-AFTER-MAX-POOL": after_max_pool,
    "EVENT-BITS": event_bits,
    "FC-EVENT-BITS": event_bits,
    "FC-INPUT-SIZE": lambda kind, value: one(kind, shape=(*value, 2)),
    "FC-CONNECTIONS": lambda kind, value: one(kind, shape=(1, 1, value), filters=1),
    "CONV-WEIGHT-BITS": weight_bits,
    "SEP-WEIGHT-BITS": weight_bits,
    "FC-WEIGHT-BITS": weight_bits,
    "ACT-BITS": lambda kind, value: one(kind, last=False, act_bits=value),
}
"""Rule id to a function of (method of `Chain`, value that breaks the rule)."""
