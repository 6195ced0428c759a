"""Integer layers: frozen dataclasses that hold arrays and say what they mean.

A layer knows neither its neighbours nor a device; `akida_lite.engine` says what each
type computes and `akida_lite.hardware` what a chip accepts. Images and maps are NHWC;
kernels are ``(kh, kw, c_in, filters)`` and are correlated with the map, as in Keras.

Between two layers flow *events*: integers ``0 .. 2**bits - 1``. Inside a layer the sum of
products is the *potential*; pooling acts on potentials; the staircase turns a potential
into the next event: its level is the number of thresholds strictly below the potential.
"""

from akida_lite.layers import kinds
from akida_lite.layers.chain import input_layer, layer_shapes
from akida_lite.layers.finish import (
    GlobalAveragePool,
    MaxPool,
    Output,
    Pool,
    Potentials,
    Shape,
    Staircase,
)
from akida_lite.layers.kinds import *  # noqa: F403 (its `__all__` is the list of types)
from akida_lite.layers.windows import pooled_shape, window_output, window_padding

__all__ = [
    "GlobalAveragePool",
    "MaxPool",
    "Output",
    "Pool",
    "Potentials",
    "Shape",
    "Staircase",
    "input_layer",
    "layer_shapes",
    "pooled_shape",
    "window_output",
    "window_padding",
]
__all__ += kinds.__all__
