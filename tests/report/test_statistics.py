"""Statistics: the original tutorial's printed numbers, and every part of the definition."""

import math

import numpy as np
import pytest

from akida_lite.engine import EventCount
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    GlobalAveragePool,
    InputConvolutional,
    MaxPool,
    Potentials,
    SeparableConvolutional,
    Staircase,
    layer_shapes,
)
from akida_lite.report import statistics_of

POOL = MaxPool((2, 2), (2, 2), "same")
IMAGES = 20

# What the original tutorial printed for 20 images. Each event total is the one integer
# that gives the printed operations; a layer emits what the next one reads.
VGG = [
    # layer, filters, pooled, events in, input sparsity, output sparsity, ops
    ("conv_1", 128, True, 657321, "0.75", "0.75", 37861690),
    ("conv_2", 256, False, 166802, "0.75", "0.79", 19215590),
    ("conv_3", 256, True, 277285, "0.79", "0.83", 31943232),
    ("conv_4", 512, False, 55192, "0.83", "0.89", 12716237),
    ("conv_5", 512, True, 74268, "0.89", "0.89", 17111347),
    ("dense_6", 1024, False, 18753, "0.89", "0.87", 960154),
    ("dense_7", 1024, False, 2727, "0.87", "0.87", 139622),
    ("dense_8", 10, False, 2690, "0.87", "0.00", 1345),
]
MOBILENET = [
    ("separable_1", 128, False, 1079469, "0.59", "0.53", 62663175),
    ("separable_2", 256, False, 1240683, "0.53", "0.54", 143484989),
    ("separable_3", 256, True, 2412527, "0.54", "0.61", 279008748),
    ("separable_4", 512, False, 511719, "0.61", "0.65", 118130331),
    ("separable_5", 512, True, 929256, "0.65", "0.70", 214518748),
    ("separable_6", 512, False, 194811, "0.70", "0.68", 44972119),
    ("separable_7", 512, True, 209028, "0.68", "0.75", 48254114),
    ("separable_8", 1024, False, 40535, "0.75", "0.84", 18696769),
    ("separable_9", 1024, False, 53437, "0.84", "0.84", 24647816),
    ("separable_10", 10, True, 52618, "0.84", "0.00", 260459),
]


def output(filters, last=False):
    if last:
        return Potentials(np.ones(filters), np.zeros(filters))
    return Staircase(np.zeros((filters, 3), np.int32), 2)


def printed_chain(rows):
    """Layers of the shapes that the original tutorial's summary shows, weights zero."""
    layers = [
        InputConvolutional(
            name="conv_0",
            input_shape=(32, 32, 3),
            weights=np.zeros((3, 3, 3, 128), np.int8),
            weight_bits=2,
            input_bits=8,
            output=output(128),
        )
    ]
    shape = (32, 32, 128)
    for name, filters, pooled, *_ in rows:
        last = name == rows[-1][0]
        common = {"name": name, "weight_bits": 2, "input_bits": 2}
        common["output"] = output(filters, last)
        pool = (GlobalAveragePool() if last else POOL) if pooled else None
        if name.startswith("dense"):
            layer = FullyConnected(
                weights=np.zeros((math.prod(shape), filters), np.int8), **common
            )
        elif name.startswith("conv"):
            weights = np.zeros((3, 3, shape[2], filters), np.int8)
            layer = Convolutional(weights=weights, pool=pool, **common)
        else:
            layer = SeparableConvolutional(
                depthwise=np.zeros((3, 3, shape[2], 1), np.int8),
                pointwise=np.zeros((1, 1, shape[2], filters), np.int8),
                pool=pool,
                **common,
            )
        layers.append(layer)
        shape = layer.output_shape(shape)
    return tuple(layers)


def printed_counts(layers, rows):
    sizes = [tuple(map(math.prod, shapes)) for shapes in layer_shapes(layers)]
    events = [IMAGES * sizes[0][0], *(row[3] for row in rows), IMAGES * sizes[-1][1]]
    return [
        EventCount(layer.name, IMAGES, came, size_in, left, size_out)
        for layer, (size_in, size_out), came, left in zip(
            layers, sizes, events[:-1], events[1:], strict=True
        )
    ]


@pytest.mark.parametrize("rows", [VGG, MOBILENET], ids=["vgg", "mobilenet"])
def test_the_printed_numbers_of_the_original_tutorial(rows):
    layers = printed_chain(rows)
    statistics = statistics_of(layers, printed_counts(layers, rows))
    assert list(statistics) == ["conv_0", *(row[0] for row in rows)]
    for name, _, _, _, input_sparsity, output_sparsity, ops in rows:
        layer = statistics[name]
        found = (f"{layer.input_sparsity:.2f}", f"{layer.output_sparsity:.2f}", layer.ops)
        assert (name, *found) == (name, input_sparsity, output_sparsity, ops)
    assert statistics.ops == sum(row[-1] for row in rows)
    first = statistics["conv_0"]
    assert not first.counts_input
    assert first.ops == 0
    assert (
        f"{first.output_sparsity:.2f}" == {"conv_1": "0.75", "separable_1": "0.59"}[rows[0][0]]
    )
