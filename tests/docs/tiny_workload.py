"""A network small enough to measure in a moment, in the forms that the benchmark wants."""

import numpy as np
from benchmark.workloads import Workload

from akida_lite.errors import InputError, Problem

SHAPE = (8, 8, 3)
SCALING = (255, 0)


def workload():
    return Workload(
        keras_model=lambda: _network(2),
        layers=_layers,
        float_model=lambda: _network(0),
        images=lambda: np.random.default_rng(1).integers(0, 256, (4, *SHAPE), np.uint8),
        input_scaling=SCALING,
    )


def broken():
    raise InputError(Problem("workload", "it is broken", "use another"))


def _layers():
    import akida_lite as al

    return al.convert(_network(2), input_scaling=SCALING).layers


def _network(bits):
    # Here, because the peers of the engine have to start without Keras.
    import keras

    from akida_lite.nn import conv_block, dense_block

    keras.utils.set_random_seed(1)
    inputs = keras.Input(SHAPE)
    x = conv_block(inputs, 4, 3, name="conv", weight_quantization=bits, activ_quantization=bits)
    x = keras.layers.Flatten()(x)
    x = dense_block(x, 3, name="scores", weight_quantization=bits, activ_quantization=None)
    return keras.Model(inputs, x)
