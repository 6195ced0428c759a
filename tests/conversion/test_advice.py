"""No advice that the next call refuses: the fix of every message is followed on a model."""

import warnings
from dataclasses import replace
from functools import cache, partial

import keras
import numpy as np
import pytest
from keras import layers
from message_places import complaints, places
from refused_models import (
    ORDER,
    SCALINGS,
    VALUES,
    WHOLE,
    Doubled,
    PerColumn,
    TooFar,
    act,
    chain,
    changed,
    conv,
    dense,
    depthwise,
    norm,
    separable,
    two_inputs,
)

import akida_lite as al
from akida_lite import nn
from akida_lite.conversion.roles import _REMEDIES
from akida_lite.hardware import AKD1000, check, place

EVENTS = {"input_is_sparse": True, "input_bits": 8}
PIXELS = {"input_scaling": (1, 0)}
SAMPLES = np.random.default_rng(5).integers(0, 256, (8, 8, 8, 1)).astype(np.float32)


def checked(build, **options):
    """Return an act that checks a model: what is made, or made of the one that is refused."""
    return lambda: al.check_compatibility(build(), **{**PIXELS, **options})


def parts(*make, shape=(8, 8, 1), **options):
    """Return an act that checks a chain of layers."""
    return checked(lambda: chain(*(each() for each in make), shape=shape), **options)


def quantized(*make, bits=(4, 4, 8), **options):
    """Return an act that quantizes a float chain and checks the outcome."""
    return checked(
        lambda: al.quantize(chain(*(each() for each in make)), *bits, samples=SAMPLES),
        **options,
    )


def done(make):
    """Return an act that makes something, and complains only by an error."""

    def act():
        make()

    return act


def of(kind, *args, **kwargs):
    return partial(kind, *args, **kwargs)


FLAT, MEAN, MAX = layers.Flatten, layers.GlobalAveragePooling2D, layers.MaxPooling2D
KEPT_MEAN = of(layers.GlobalAveragePooling2D, keepdims=True)
LAST = of(conv, name="last")
ONE = of(conv, 2, 1, "last")
FLOAT = of(layers.Conv2D, 2, 3, name="conv")
RELU = of(layers.ReLU, 6)

# The case of `ORDER` to what its fix makes of the model; several where it names several.
ORDER_FOLLOWED = {
    "plain convolution": [quantized(FLOAT, bits=(4, 0))],
    "average pooling": [parts(conv, MAX, act), parts(of(conv, strides=2), act),
                        parts(conv, MEAN, act)],
    "unknown layer": [parts(conv, act)],
    "layer normalization": [parts(conv, norm, act)],
    "shift that is no pixel, with padding": [
        parts(of(layers.Rescaling, 0.0078125, -1), of(conv, padding="same"), act,
              input_scaling=None),
        parts(of(layers.Rescaling, 1 / 127.5, -1), conv, act, input_scaling=None),
    ],
    "channels scaled by different numbers": [
        checked(lambda: al.quantize(
            chain(layers.Rescaling([0.5, 1.0]), FLOAT(), RELU(), shape=(8, 8, 2)), 4, 4),
            input_scaling=None),
        parts(of(layers.Rescaling, 0.5), conv, act, shape=(8, 8, 2), input_scaling=None),
    ],
    "pixels times zero": [parts(conv, act, input_scaling=(255, 0))],
    "code of the user's": [parts(of(layers.Rescaling, 1 / 255), conv, act, input_scaling=None)],
    "softmax over positions": [parts(conv, layers.Softmax), parts(conv)],
    "softmax over one channel": [parts(of(conv, 1, 8), of(layers.Activation, "sigmoid"))],
    "float ReLU": [checked(lambda: al.quantize(
        chain(conv(), RELU(), FLAT(), dense()), activ_quantization=4))],
    "float activation": [parts(conv), *(parts(conv, of(layers.Activation, name))
                                        for name in ("softmax", "sigmoid", "tanh"))],
    "mean of a softmax": [parts(conv, MEAN, layers.Softmax), parts(conv, layers.Softmax)],
    "softmax in the middle": [checked(lambda: al.quantize(
        chain(conv(), RELU(), FLAT(), dense()), activ_quantization=4))],
    "hidden layer without activation": [parts(conv, act, LAST),
                                        parts(conv, of(nn.QuantizedReLU, 2), LAST)],
    "two poolings": [parts(conv, MAX, act), parts(conv, MAX, act, LAST, MEAN, of(act, "b"))],
    "two normalizations": [parts(conv, norm, act),
                           parts(conv, norm, act, LAST, of(norm, "n"), of(act, "b"))],
    "two activations": [parts(conv, act), parts(conv, act, LAST, of(act, "b"))],
    "normalization after the activation": [
        parts(conv, norm, act),
        quantized(FLOAT, RELU, norm, of(layers.Conv2D, 2, 3)),
    ],
    "pooling first": [parts(conv, MAX, act), parts(conv, act)],
    "mean after the last activation": [parts(conv, MEAN, act), parts(conv, act, MEAN, dense)],
    "mean after the activation, 3x3 kernel behind": [
        parts(conv, KEPT_MEAN, act, of(conv, name="last", padding="same"))],
    "mean after the activation, pooling behind": [
        parts(conv, KEPT_MEAN, act, ONE, layers.GlobalMaxPooling2D)],
    "pooling between a mean and its layer": [parts(conv, act, of(MAX, 1), KEPT_MEAN, ONE)],
    "normalization of a flattened map": [parts(conv, norm, FLAT, act, dense)],
    "convolution of a flattened map": [parts(conv, act, ONE), parts(conv, act, FLAT, dense)],
    "flattened at the end": [parts(conv, act), parts(conv, act, FLAT, dense)],
    "reshape": [parts(conv, act, ONE),
                parts(conv, act, of(layers.Reshape, (72,)), dense)],
    "pooling of a dense layer": [parts(conv, act, FLAT, dense)],
    "dense on a map": [parts(conv, act, FLAT, dense), parts(conv, act, ONE)],
    "separable first": [parts(conv, act), parts(separable, act, **EVENTS)],
    "depthwise and 3x3": [parts(conv, act, depthwise, ONE),
                          parts(conv, act, depthwise, of(act, "b"), LAST),
                          parts(conv, act, depthwise, norm, of(act, "b"), LAST)],
    "no neural layer": [parts(of(layers.Dropout, 0.5), conv)],
    "zeros that are not those of same": [
        parts(conv, act, of(conv, name="last", strides=2, padding="same"))],
    "zeros before the activation": [parts(conv, act, of(layers.ZeroPadding2D, 1), LAST)],
    "zeros twice": [parts(of(layers.ZeroPadding2D, ((0, 1), (0, 1))), of(conv, strides=2))],
    "zeros before a dense layer": [parts(conv, act, FLAT, dense)],
    "zeros at the end": [parts(conv, act)],
    "axis of the normalization": [parts(conv, of(norm, axis=-1), act)],
    "float weights": [checked(lambda: al.quantize(
        chain(nn.QuantizedConv2D(2, 3, name="conv"), act()), weights_quantization=4))],
}  # fmt: skip


def order(case):
    build, message = ORDER[case]
    shape = (8, 8, 2) if "channels" in case else (8, 8, 1)
    scaling = None if "(Rescaling)" in message else (1, 0)
    return checked(lambda: chain(*build(), shape=shape), input_scaling=scaling)


def value(path, given):
    return checked(lambda: changed(**{path: given}))


LOADED = checked(changed)
# The case of `VALUES` to what the fix makes of it; "other weights" are those of a new model.
VALUES_FOLLOWED = {
    "conv__kernel": LOADED,
    "conv__bias": LOADED,
    "norm__gamma": value("norm__gamma", 1),
    "norm__beta": LOADED,
    "norm__moving_variance": LOADED,
    "act___step": LOADED,
    "act__bitwidth": value("act__bitwidth", 8),
    "conv__dilation_rate": value("conv__dilation_rate", 1),
    "conv__groups": value("conv__groups", 1),
    "conv__activation": LOADED,
    "conv__padding": value("conv__padding", "same"),
    "max__data_format": LOADED,
    "conv__quantizer": value("conv__quantizer", nn.MaxPerAxisQuantizer(4)),
}

# In the order of `SCALINGS`: what each fix gives for the refused one.
SCALINGS_FOLLOWED = [
    [(255, 0), (1, 0)],
    [(255, 0)],
    [(128, 0)],
    [(255, 0)],
    [(1, 0)],
    [(255, 0)],
    [(255, 0)],
]


def scaled(scaling):
    return checked(lambda: chain(conv(padding="same")), input_scaling=scaling)


def one_input():
    inputs = keras.Input((8, 8, 1))
    return keras.Model(inputs, conv()(inputs))


WHOLE_FOLLOWED = {
    "no model": one_input,
    "not built": lambda: chain(conv()),
    "own call": one_input,
    "two inputs": one_input,
    "two outputs": one_input,
    "skip connection": lambda: chain(conv(), act(), LAST()),
    "shared layer": lambda: chain(conv(), act(), LAST()),
    "open shape": lambda: chain(conv(), act()),
}


def wide(units, bits):
    layer = dense(units, name="wide")
    model = chain(layer, shape=(700_000,))
    layer.quantizer = nn.FixedScaleQuantizer(1.0, bits)
    layer.kernel.assign(np.full(layer.kernel.shape, float(2 ** (bits - 1) - 1)))
    return model


def with_quantizer(quantizer, kernel=None):
    given = {"conv__quantizer": quantizer}
    return checked(
        lambda: changed(**given, **({} if kernel is None else {"conv__kernel": kernel}))
    )


def of_width(bits):
    quantizer = nn.MaxQuantizer(4)
    quantizer.bitwidth = bits
    return quantizer


def scales_of_a_depthwise(quantizer):
    layer = separable(name="last")
    model = chain(conv(), act(), layer)
    layer.quantizer_dw = quantizer
    return model


def by_keras(quantize):
    model = chain(conv(), act(), FLAT(), layers.Dense(4, name="d"))
    if quantize:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.quantize("int8")
    return al.quantize(model, 4, samples=SAMPLES)


def published(thresholds, gamma=0):
    return lambda: al.check_compatibility(
        changed(norm__gamma=gamma), **PIXELS, thresholds=thresholds
    )


def integers(*names):
    """Return the model of layers of these names, and its Keras model."""
    keras_model = chain(conv(name=names[0]), act(), conv(name=names[1]))
    return keras_model, al.convert(keras_model, **PIXELS)


def compared(other=False):
    keras_model, model = integers("a", "b")
    if other:
        _, model = integers("a", "c")
    al.compare(keras_model, model, SAMPLES.astype(np.uint8))


def float_chain(*make):
    return chain(*(each() for each in (FLOAT, *make)))


def cropped(size):
    """Return a chain whose dense layer is built for a crop; Keras crops only in training."""
    return float_chain(of(layers.RandomCrop, size, size), FLAT, of(layers.Dense, 2))


class OwnCall(layers.Conv2D):
    """A convolution that Keras' own class does not know."""

    def call(self, inputs):
        return -super().call(inputs)


class NoConfig(layers.Dropout):
    """A layer whose arguments nobody can read."""

    def __init__(self, rate):
        super().__init__(rate)


def leaky(**slope):
    return done(lambda: al.quantize(float_chain(of(layers.ReLU, 6, **slope)), 4, 4))


def norm_of_small():
    return layers.Normalization(mean=0.5, variance=0.0625)


def own_input(function):
    """Return a model that does something to its input before a convolution."""
    inputs = keras.Input((8, 8, 1))
    return keras.Model(inputs, conv()(function(inputs)))


def read(method, x, *make, events=False, **options):
    """Return an act that gives a converted chain an array."""

    def act():
        options_of = EVENTS if events else PIXELS
        model = al.convert(chain(*(each() for each in make or (conv,))), **options_of)
        getattr(model, method)(x, **options)

    return act


def shared_threshold(both):
    one = nn.TrainableStdWeightQuantizer(bitwidth=4)
    two = one if both else nn.TrainableStdWeightQuantizer(bitwidth=4)
    return chain(nn.QuantizedConv2D(2, 3, one), act(), nn.QuantizedConv2D(2, 3, two))


def block_with(pooling):
    return done(lambda: nn.conv_block(keras.Input((8, 8, 1)), 2, 3, name="c", pooling=pooling))


def depthwise_of(quantizer):
    return nn.QuantizedDepthwiseConv2D(3, quantizer=quantizer)


def on_chip(
    shape=(16, 16, 1), bits=(2, 2, 8), first=(), second=(), last="dense", widths=(), **options
):
    """Return the integer model of a small float network that the chip takes, but for this.

    `first` and `second` are arguments of the convolutions; "pool" of the max pooling after
    them, "mean" a mean there; "kind" another type of layer.
    """
    keras.utils.set_random_seed(6)
    make = [layers.Rescaling(1 / 255)]
    for name, given in (("first", dict(first)), ("second", dict(second))):
        pool, mean = given.pop("pool", None), given.pop("mean", False)
        kind = given.pop("kind", layers.Conv2D)
        given = {"filters": 4, "kernel_size": 3, "padding": "same", **given}
        make.append(kind(name=name, **given))
        make += [layers.MaxPooling2D(**pool)] if pool else []
        make += [layers.GlobalAveragePooling2D()] if mean else []
        make.append(layers.ReLU(6, name=f"{name}_relu"))
        if mean:
            break
    make += [layers.GlobalAveragePooling2D()] if last == "mean" else [layers.Flatten()]
    make.append(layers.Dense(3, name="last"))
    model = al.quantize(keras.Sequential([keras.Input(shape), *make]), *bits)
    for name, width in dict(widths).items():
        model = al.quantize_layer(model, name, width)
    return al.convert(model, **options)


SEPARABLE = {"kind": layers.SeparableConv2D}
THIRD = {"second": {"mean": True}}

# Rule of the default device to a network that breaks it, and what its fix makes of it.
RULES = {
    "INPUT-WIDTH": ({"shape": (16, 4, 1)}, [{"shape": (16, 5, 1)}]),
    "INPUT-HEIGHT": ({"shape": (4, 16, 1)}, [{"shape": (5, 16, 1)}]),
    "INPUT-CHANNELS": (
        {"shape": (16, 16, 2)},
        [{"shape": (16, 16, 3)}, {"shape": (16, 16, 1)},
         {"shape": (16, 16, 2), "bits": (2, 2, 2), "input_is_sparse": True}],
    ),
    "INPUT-KERNEL": ({"first": {"kernel_size": 1}}, [{"first": {"kernel_size": 5}}]),
    "INPUT-STRIDES": ({"first": {"strides": 4}}, [{"first": {"strides": 3}}]),
    "INPUT-FILTERS": (
        {"first": {"kernel_size": 7, "filters": 97}},
        [{"first": {"kernel_size": 7, "filters": 96}},
         {"first": {"kernel_size": 5, "filters": 97}}],
    ),
    "INPUT-POOL-TYPE": ({"first": {"mean": True}}, [THIRD]),
    "INPUT-POOL-SIZE": ({"first": {"pool": {"pool_size": 3, "strides": 2}}},
                        [{"first": {"pool": {"pool_size": 2}}}]),
    "INPUT-POOL-STRIDES": ({"first": {"pool": {"pool_size": 2, "strides": 1}}},
                           [{"first": {"pool": {"pool_size": 2, "strides": 2}}}]),
    "CONV-KERNEL": ({"second": {"kernel_size": 2}}, [{"second": {"kernel_size": 3}}]),
    "SEP-KERNEL": ({"second": {**SEPARABLE, "kernel_size": 2}},
                   [{"second": {**SEPARABLE, "kernel_size": 3}}]),
    "STRIDES": (
        {"second": {"strides": 3}},
        [{"second": {"strides": 2}}, {"second": {"pool": {"pool_size": 3}}}],
    ),
    "PADDING": ({"second": {"padding": "valid"}}, [{"second": {"padding": "same"}}]),
    "POOL-SIZE": ({"second": {"pool": {"pool_size": 4}}},
                  [{"second": {"pool": {"pool_size": 3}}}]),
    "POOL-STRIDES": ({"second": {"pool": {"pool_size": 2, "strides": 3}}},
                     [{"second": {"pool": {"pool_size": 2, "strides": 2}}}]),
    "AVERAGE-POOL-WIDTH": (
        {"shape": (40, 40, 1), **THIRD},
        [{"shape": (40, 40, 1), "first": {"pool": {"pool_size": 2}}, **THIRD}],
    ),
    "EVENT-BITS": ({"widths": {"first_relu": 3}}, [{"widths": {"first_relu": 4}}]),
    "FC-EVENT-BITS": ({"widths": {"second_relu": 8}}, [{"widths": {"second_relu": 4}}]),
    "FC-CONNECTIONS": (
        {"shape": (48, 48, 1), "second": {"filters": 40}},
        [{"shape": (48, 48, 1), "second": {"filters": 20}},
         {"shape": (48, 48, 1), "second": {"filters": 40, "pool": {"pool_size": 2}}}],
    ),
    "CONV-WEIGHT-BITS": (
        {"widths": {"second": 4}},
        [{"widths": {"second": 2}}, {"widths": {"second": 4}, "second": SEPARABLE}],
    ),
    "SEP-WEIGHT-BITS": ({"second": SEPARABLE, "widths": {"second": 3}},
                        [{"second": SEPARABLE, "widths": {"second": bits}} for bits in (2, 4)]),
    "FC-WEIGHT-BITS": ({"widths": {"last": 4}}, [{"widths": {"last": 2}}]),
    "ACT-BITS": ({"widths": {"second_relu": 3}},
                 [{"widths": {"second_relu": bits}} for bits in (1, 2, 4)]),
}  # fmt: skip
# No quantized Keras model can break them: images have 8 bits, and so have weights at most.
UNBREAKABLE = {"INPUT-BITS", "INPUT-WEIGHT-BITS"}


def only_dense():
    """Return a device that speaks of no layer but dense ones."""
    rules = [rule for rule in AKD1000.rules if rule.layers == ("FullyConnected",)]
    return replace(AKD1000, rules=tuple(rules), capacity=replace(
        AKD1000.capacity, layers_off_mesh=("InputData",)))  # fmt: skip


def vectors():
    layer = dense()
    layer.quantizer = nn.MaxQuantizer(2)
    return al.convert(chain(layer, shape=(4,)), input_is_sparse=True)


def files(folder):
    """Return the messages about files; `folder` is new."""
    (folder / "broken.keras").write_bytes(b"nothing")
    one_input().save(folder / "good.keras")
    good = done(lambda: al.load_keras(folder / "good.keras"))
    return {
        "ending": (done(lambda: al.load_keras(folder / "x.txt")), [good]),
        "no file": (done(lambda: al.load_keras(folder / "none.keras")), [good]),
        "broken file": (done(lambda: al.load_keras(folder / "broken.keras")), [good]),
    }


IMAGES = SAMPLES.astype(np.uint8)
ONE_CLASS, SCORES, MAP = of(conv, 1, 8), of(conv, 3, 8), of(conv, 3)
LEVELS = of(act, bits=4)
# What people feed to an integer model: the message, and what its fix makes of the call.
READING = {
    "list": (read("forward", IMAGES.tolist()),
             [read("forward", np.asarray(IMAGES.tolist(), np.uint8))]),
    "masked": (read("forward", (hidden := np.ma.masked_less(IMAGES, 9))),
               [read("forward", hidden.filled(0))]),
    "one image": (read("forward", IMAGES[0]), [read("forward", IMAGES[0][np.newaxis])]),
    "no channels": (read("forward", IMAGES[..., 0]),
                    [read("forward", IMAGES[..., 0].reshape(-1, 8, 8, 1))]),
    "other images": (read("forward", np.zeros((2, 9, 7, 1), np.uint8)),
                     [read("forward", IMAGES)]),
    "wide pixels": (read("forward", IMAGES.astype(int)),
                    [read("forward", IMAGES.astype(int).astype("uint8"))]),
    "scaled pixels": (read("forward", IMAGES / 255), [read("forward", IMAGES)]),
    "float events": (read("forward", IMAGES / 255, events=True),
                     [read("forward", IMAGES, events=True)]),
    "events out of range": (read("forward", IMAGES.astype(int) - 1, events=True),
                            [read("forward", np.clip(IMAGES.astype(int) - 1, 0, 255),
                                  events=True)]),
    "size of batches": (read("forward", IMAGES, batch_size=0),
                        [read("forward", IMAGES, batch_size=1), read("forward", IMAGES)]),
    "no classes": (read("predict", IMAGES, ONE_CLASS), [read("evaluate", IMAGES, ONE_CLASS)]),
    "no classes, levels": (read("predict", IMAGES, ONE_CLASS, LEVELS),
                           [read("forward", IMAGES, ONE_CLASS, LEVELS)]),
    "several positions": (read("predict", IMAGES, MAP), [read("evaluate", IMAGES, MAP)]),
    "several positions, levels": (read("predict", IMAGES, MAP, LEVELS),
                                  [read("forward", IMAGES, MAP, LEVELS)]),
    "levels are no scores": (read("evaluate", IMAGES, SCORES, LEVELS),
                             [read("forward", IMAGES, SCORES, LEVELS),
                              read("evaluate", IMAGES, SCORES)]),
}  # fmt: skip

# Every other message: what is refused, and what its fix makes of it.
OTHERS = {
    "integers beyond their width": (with_quantizer(TooFar(4)), [LOADED]),
    "other weights in Keras": (
        with_quantizer(Doubled(4)),
        [with_quantizer(nn.MaxQuantizer(4))],
    ),
    "pixels divided before": (
        parts(norm_of_small, conv, input_scaling=None),
        [parts(norm_of_small, conv, input_scaling=scaling) for scaling in ((255, 0), (1, 0))],
    ),
    "branches at the input": (
        checked(lambda: own_input(lambda x: x + x)),
        [checked(lambda: own_input(lambda x: x))],
    ),
    "operation that a layer replaces": (
        checked(lambda: own_input(lambda x: keras.ops.max_pool(x, 2))),
        [parts(conv, MAX)],
    ),
    "width of weights": (with_quantizer(of_width(9)), [with_quantizer(nn.MaxQuantizer(8))]),
    "equal weights": (
        with_quantizer(nn.StdWeightQuantizer(bitwidth=4), 0.0),
        [with_quantizer(nn.MaxQuantizer(4), 0.0)],
    ),
    "scales of a depthwise kernel": (
        checked(lambda: scales_of_a_depthwise(PerColumn(4))),
        [checked(lambda: scales_of_a_depthwise(nn.MaxQuantizer(4)))],
    ),
    "beyond 32 bits": (
        checked(lambda: wide(1, 8), **EVENTS),
        [checked(lambda: wide(1, 4), **EVENTS)],
    ),
    "scaled twice": (
        parts(of(layers.Rescaling, 1 / 255), conv, input_scaling=(255, 0)),
        [parts(of(layers.Rescaling, 1 / 255), conv, input_scaling=None)],
    ),
    "width of events": (
        parts(conv, input_is_sparse=True, input_bits=9),
        [parts(conv, input_is_sparse=True, input_bits=8)],
    ),
    "shift of events": (
        parts(of(conv, padding="same"), input_scaling=(1, 3), **EVENTS),
        [parts(of(conv, padding="same"), input_scaling=(1, 0), **EVENTS),
         parts(conv, input_scaling=(1, 3), **EVENTS)],
    ),
    "quantized by Keras": (
        done(lambda: by_keras(True)),
        [checked(lambda: by_keras(False))],
    ),
    "published form": (published("published"), [published("exact"), published("published", 1)]),
    "form of the thresholds": (
        done(lambda: al.convert(chain(conv()), **PIXELS, thresholds="rounded")),
        [done(lambda: al.convert(chain(conv()), **PIXELS, thresholds="exact"))],
    ),
    "no scale in the tail": (
        parts(conv, of(layers.Rescaling, np.inf, name="scale"), act),
        [parts(conv, norm, act), parts(conv, of(layers.Rescaling, 2.0), act)],
    ),
    "other model": (of(compared, other=True), [compared]),
    "cost of events": (
        lambda: al.penalize_events(chain(conv(), act(), LAST()), -1.0),
        [lambda: al.penalize_events(chain(conv(), act(), LAST()), 0.001)],
    ),
    "branches": (
        done(lambda: al.quantize(two_inputs(), 4, 4)),
        [done(lambda: al.quantize(one_input(), 4, 4))],
    ),
    "own computation": (
        quantized(of(OwnCall, 2, 3)),
        [quantized(FLOAT)],
    ),
    "index of a layer": (
        done(lambda: al.quantize_layer(float_chain(), 7, 2)),
        [done(lambda: al.quantize_layer(float_chain(), 0, 2)),
         done(lambda: al.quantize_layer(float_chain(), "conv", 2))],
    ),
    "not an index": (
        done(lambda: al.quantize_layer(float_chain(), 1.0, 2)),
        [done(lambda: al.quantize_layer(float_chain(), 0, 2))],
    ),
    "no dictionary of widths": (
        done(lambda: al.quantize(float_chain(), layers=["conv"])),
        [done(lambda: al.quantize(float_chain(), layers={"conv": 2}))],
    ),
    "no kind of quantizer": (
        done(lambda: al.quantize(float_chain(), 4, quantizer=nn.MaxQuantizer(4))),
        [done(lambda: al.quantize(float_chain(), 4, quantizer=nn.MaxQuantizer))],
    ),
    "no kind of staircase": (
        done(lambda: al.quantize(float_chain(RELU), 4, 4, activation="relu")),
        [done(lambda: al.quantize(float_chain(RELU), 4, 4, activation=nn.QuantizedReLU))],
    ),
    "samples of another shape": (
        done(lambda: al.quantize(float_chain(RELU), 4, 4, samples=SAMPLES[0])),
        [done(lambda: al.quantize(float_chain(RELU), 4, 4, samples=SAMPLES[:1]))],
    ),
    "samples that are no numbers": (
        done(lambda: al.quantize(float_chain(RELU), 4, 4, samples=SAMPLES / np.float32("nan"))),
        [done(lambda: al.quantize(float_chain(RELU), 4, 4, samples=SAMPLES))],
    ),
    "a layer that fails on samples": (
        done(lambda: al.quantize(cropped(4), 4, samples=SAMPLES)),
        [done(lambda: al.quantize(cropped(6), 4, samples=SAMPLES))],
    ),
    "name of a layer": (
        done(lambda: al.quantize(float_chain(), layers={"cnv": 2})),
        [done(lambda: al.quantize(float_chain(), layers={"conv": 2}))],
    ),
    "width of a layer": (
        done(lambda: al.quantize(float_chain(), layers={"conv": 1})),
        [done(lambda: al.quantize(float_chain(), layers={"conv": 2}))],
    ),
    "slope of a ReLU": (
        leaky(negative_slope=0.1),
        [leaky()],
    ),
    "code in a model to quantize": (
        done(lambda: al.quantize(float_chain(of(layers.Lambda, abs)), 4, 4)),
        [quantized(of(layers.Rescaling, 1 / 255), FLOAT, input_scaling=None)],
    ),
    "no configuration": (
        done(lambda: al.quantize(float_chain(of(NoConfig, 0.5)), 4, 4)),
        [done(lambda: al.quantize(float_chain(of(layers.Dropout, 0.5)), 4, 4))],
    ),
    "argument of a float layer": (
        done(lambda: al.quantize(chain(layers.Conv2D(2, 3, dilation_rate=2)), 4)),
        [quantized(of(layers.Conv2D, 2, 5, dilation_rate=1))],
    ),
    "argument of a quantized layer": (
        done(lambda: nn.QuantizedConv2D(2, 3, activation="relu")),
        [parts(conv, act)],
    ),
    "scales along a depthwise axis": (
        done(lambda: depthwise_of(nn.MaxPerAxisQuantizer(4))),
        [done(lambda: depthwise_of(nn.MaxQuantizer(4))),
         done(lambda: depthwise_of(nn.StdWeightQuantizer(bitwidth=4)))],
    ),
    "no quantizer": (
        done(lambda: nn.QuantizedConv2D(2, 3, quantizer=4)),
        [done(lambda: nn.QuantizedConv2D(2, 3, nn.StdWeightQuantizer(bitwidth=4))),
         done(lambda: nn.QuantizedConv2D(2, 3, nn.WeightFloat()))],
    ),
    "one threshold for two": (done(of(shared_threshold, True)),
                              [checked(of(shared_threshold, False))]),
    "width of a quantizer": (done(lambda: nn.MaxQuantizer(1)),
                             [done(lambda: nn.MaxQuantizer(2)), done(nn.WeightFloat)]),
    "threshold of a quantizer": (done(lambda: nn.StdWeightQuantizer(-1.0)),
                                 [done(lambda: nn.StdWeightQuantizer(1.0))]),
    "integers of float weights": (
        done(lambda: nn.WeightFloat().integers(np.ones(2, np.float32))),
        [done(lambda: nn.MaxQuantizer(2).integers(np.ones(2, np.float32)))],
    ),
    "width of a staircase": (done(lambda: nn.QuantizedReLU(9)),
                             [parts(conv, of(nn.QuantizedReLU, 8))]),
    "end of a staircase": (done(lambda: nn.QuantizedReLU(2, max_value=-1)),
                           [parts(conv, of(nn.QuantizedReLU, 2, max_value=5.0)),
                            parts(conv, of(nn.QuantizedReLU, 2))]),
    "activation of a staircase": (done(lambda: nn.QuantizedReLU(2, activation="relu")),
                                  [parts(conv, of(nn.QuantizedReLU, 2))]),
    "pooling of a block": (block_with("avg"), [block_with(p) for p in (None, "max")]),
    "widths of a model": (
        done(lambda: al.quantize(float_chain(), 9)),
        [done(lambda: al.quantize(float_chain(), 8))],
    ),
    "events of a layer": (
        done(lambda: place(on_chip().layers, input_events={"c": 1})),
        [done(lambda: place(on_chip().layers, input_events={"first": 1}))],
    ),
    "count of events": (
        done(lambda: place(on_chip().layers, input_events={"first": -1})),
        [done(lambda: place(on_chip().layers, input_events={"first": 0}))],
    ),
    "type that a device does not know": (
        lambda: check(integers("a", "b")[1].layers, only_dense()),
        [lambda: check(vectors().layers, only_dense())],
    ),
}  # fmt: skip


def cases():
    """Return every message: its name to what is refused and what its fixes make of it."""
    found = {f"order: {name}": (order(name), ORDER_FOLLOWED[name]) for name in ORDER}
    for path, (given, _) in VALUES.items():
        found[f"value: {path}"] = (value(path, given), [VALUES_FOLLOWED[path]])
    for given, fixes in zip(SCALINGS, SCALINGS_FOLLOWED, strict=True):
        found[f"scaling: {given}"] = (scaled(given), [scaled(each) for each in fixes])
    for name, (build, _) in WHOLE.items():
        found[f"model: {name}"] = (checked(build), [checked(WHOLE_FOLLOWED[name])])
    for rule, (broken, followed) in RULES.items():
        found[f"rule: {rule}"] = (mapped(broken), [mapped(each) for each in followed])
    return found | READING | OTHERS


def mapped(given):
    return done(lambda: on_chip(**given).map())


CASES = cases()


@cache
def places_of(case):
    """Follow the advice of a message; return the places that made it."""
    refused, followed = CASES[case]
    return follow(refused, followed)


def follow(refused, followed):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "layers? .*(left out|no ceiling)")
        before, spoke = complaints(refused)
        assert before
        assert followed
        for act in followed:
            assert [str(each) for each in complaints(act)[0]] == []
    return spoke


@pytest.mark.parametrize("case", CASES)
def test_the_next_call_accepts_what_a_message_advises(case):
    assert places_of(case)


@pytest.mark.parametrize("rule", RULES)
def test_each_network_breaks_its_rule(rule):
    problems, _ = complaints(mapped(RULES[rule][0]))
    assert rule in {problem.rule for problem in problems}


def test_every_rule_of_the_device_is_followed():
    assert RULES.keys() | UNBREAKABLE == {rule.id for rule in AKD1000.rules}


def test_every_place_that_makes_a_message_is_followed(tmp_path):
    spoke = set().union(*map(places_of, CASES))
    spoke = spoke.union(*(follow(*each) for each in files(tmp_path).values()))
    silent = [f"{file}:{line} ({name})" for file, name, line, end in
              sorted(set(places()) - spoke)]  # fmt: skip
    assert silent == []


def test_every_advice_about_a_type_names_layers_that_are_accepted():
    known = {"MaxPooling2D", "GlobalAveragePooling2D", "BatchNormalization", "ReLU",
             "Rescaling", "ZeroPadding2D"}  # fmt: skip
    for kind, remedy in _REMEDIES.items():
        named = [word for word in known if word in remedy]
        # Or it is done to the images.
        assert named or "before they are fed" in remedy, kind


def test_the_dense_layer_behind_a_mean_is_not_told_to_become_what_it_cannot():
    problems, _ = complaints(mapped({"last": "mean", "widths": {"last": 4}}))
    (problem,) = problems
    assert (problem.layer, problem.rule) == ("last", "CONV-WEIGHT-BITS")
    assert "where its kernel is larger than 1x1" in problem.remedy
    assert complaints(mapped({"last": "mean", "widths": {"last": 2}}))[0] == []


def test_the_advice_of_the_warning_about_ranges_ends_it():
    model = float_chain(layers.ReLU)
    with pytest.warns(UserWarning, match="Fix: pass samples=, some hundred inputs"):
        al.quantize(model, 4, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        al.quantize(model, 4, 4, samples=SAMPLES)
