"""Statistics: the original tutorial's printed numbers, and every part of the definition."""

import math

import numpy as np
import pytest

from akida_lite.engine import EventCount, run
from akida_lite.errors import InputError, LayerError
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
    layer_shapes,
)
from akida_lite.report import ModelStatistics, statistics_of

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


def small_layers():
    """One layer of each type; every number of the statistics follows by hand."""
    return (
        InputConvolutional(
            name="image",
            input_shape=(4, 6, 1),
            weights=np.ones((3, 3, 1, 2), np.int8),
            weight_bits=2,
            input_bits=8,
            output=output(2),
        ),
        Convolutional(
            name="conv",
            weights=np.ones((3, 1, 2, 5), np.int8),
            weight_bits=2,
            input_bits=2,
            output=output(5),
            strides=(2, 2),
            pool=MaxPool((2, 1), (2, 1), "valid"),
        ),
        SeparableConvolutional(
            name="separable",
            depthwise=np.ones((1, 3, 5, 1), np.int8),
            pointwise=np.ones((1, 1, 5, 4), np.int8),
            weight_bits=2,
            input_bits=2,
            output=output(4),
        ),
        FullyConnected(
            name="dense",
            weights=np.ones((12, 7), np.int8),
            weight_bits=2,
            input_bits=2,
            output=output(7, last=True),
        ),
    )


def statistics_after(images):
    layers = small_layers()
    x = np.zeros((images, 4, 6, 1), np.uint8)
    x[:, 1, 2] = 7
    return statistics_of(layers, run(layers, x, backend="reference", count_events=True).events)


def test_every_number_of_every_type_by_hand():
    statistics = statistics_after(2)
    image, conv, separable, dense = statistics.values()
    # One pixel reaches the nine positions around it, in both filters.
    assert (image.input_events, image.output_events) == (2 * 1, 2 * 9 * 2)
    assert (image.macs, image.ops, image.ops_per_event) == (4 * 6 * 9 * 2, 0, 0)
    assert conv.ops_per_event == 3 * 1 * 5
    assert conv.ops == 18 * 15
    assert conv.macs == (2 * 3) * (3 * 1 * 2 * 5)
    assert separable.ops_per_event == 1 * 3 * (4 + 1)
    assert separable.macs == (1 * 3) * 5 * (3 + 4)
    assert dense.ops_per_event == 7
    assert dense.macs == 12 * 7
    assert [layer.counts_input for layer in statistics.values()] == [False, True, True, True]
    assert [layer.kind for layer in statistics.values()] == [
        "InputConvolutional",
        "Convolutional",
        "SeparableConvolutional",
        "FullyConnected",
    ]
    assert statistics.macs == conv.macs + separable.macs + dense.macs
    assert statistics.ops == conv.ops + separable.ops + dense.ops
    assert statistics.images == 2


def test_sparsity_is_the_fraction_of_zeros():
    image = statistics_after(2)["image"]
    assert image.input_sparsity == 23 / 24
    assert image.output_sparsity == 1 - 18 / 48


@pytest.mark.parametrize(
    ("images", "events", "ops"), [(2, 1, 4), (2, 2, 7), (3, 1, 2), (3, 2, 5), (1, 9, 63)]
)
def test_ops_are_a_mean_rounded_half_up(images, events, ops):
    layers = small_layers()[-1:]
    entry = InputData(name="events", input_shape=(1, 3, 4), input_bits=2)
    counts = [
        EventCount("events", images, events, 12, events, 12),
        EventCount("dense", images, events, 12, 0, 7),
    ]
    assert statistics_of((entry, *layers), counts)["dense"].ops == ops


def test_an_entry_of_events_computes_nothing():
    entry = InputData(name="events", input_shape=(1, 3, 4), input_bits=2)
    layer = statistics_of([entry], [EventCount("events", 1, 3, 12, 3, 12)])["events"]
    assert (layer.ops, layer.macs, layer.ops_per_event) == (0, 0, 0)
    assert layer.output_sparsity == 0.75


def test_after_no_images_there_is_no_sparsity():
    statistics = statistics_after(0)
    conv = statistics["conv"]
    assert math.isnan(conv.input_sparsity)
    assert math.isnan(conv.output_sparsity)
    assert conv.ops == 0
    assert str(statistics) == "\n".join(
        [
            "Statistics of a run of 0 images; ops for one image",
            "Layer (type)                        input sparsity  output sparsity  ops",
            "------------------------------------------------------------------------",
            "image (InputConvolutional)                       -                -    -",
            "conv (Convolutional)                             -                -    0",
            "separable (SeparableConvolutional)               -                -    0",
            "dense (FullyConnected)                           -                -    0",
        ]
    )


def test_the_table_has_the_columns_of_the_original():
    assert str(statistics_after(1)) == "\n".join(
        [
            "Statistics of a run of 1 image; ops for one image",
            "Layer (type)                        input sparsity  output sparsity  ops",
            "------------------------------------------------------------------------",
            "image (InputConvolutional)                       -             0.62    -",
            "conv (Convolutional)                          0.62             0.67  270",
            "separable (SeparableConvolutional)            0.67             0.00   75",
            "dense (FullyConnected)                        0.00             0.00   84",
        ]
    )


def test_it_is_a_mapping_in_the_order_of_the_layers():
    statistics = statistics_after(1)
    assert list(statistics) == ["image", "conv", "separable", "dense"]
    assert len(statistics) == 4
    assert "conv" in statistics
    assert "nothing" not in statistics
    assert statistics.get("nothing") is None
    with pytest.raises(KeyError) as caught:
        statistics["nothing"]
    assert caught.value.args == (
        "'nothing' is no layer; there is 'image', 'conv', 'separable', 'dense'",
    )


def test_it_shows_as_a_table_in_a_notebook():
    html = statistics_after(1)._repr_html_()
    assert "<caption" in html
    assert html.count('<th scope="row"') == 4
    assert "<td" in html


def test_before_any_run_it_says_so():
    statistics = ModelStatistics(dict)
    assert str(statistics) == repr(statistics) == "Statistics: no run yet"
    assert statistics._repr_html_() == "<p>Statistics: no run yet</p>"
    assert (list(statistics), statistics.images, statistics.ops, statistics.macs) == (
        [],
        0,
        0,
        0,
    )
    with pytest.raises(KeyError) as caught:
        statistics["conv"]
    assert caught.value.args == (
        "'conv' is no layer; there is nothing, since there was no run yet",
    )


def test_counts_must_be_of_these_layers():
    layers = small_layers()
    with pytest.raises(InputError) as caught:
        statistics_of(layers, run(layers, np.zeros((1, 4, 6, 1), np.uint8)).events)
    assert str(caught.value) == (
        "events: 0 counts are not one for each of the 4 layers, in order. Fix: run the same "
        "layers with count_events=True."
    )


def test_layers_that_share_a_name_are_refused():
    entry = InputData(name="same", input_shape=(1, 3, 4), input_bits=2)
    dense = FullyConnected(
        name="same",
        weights=np.ones((12, 7), np.int8),
        weight_bits=2,
        input_bits=2,
        output=output(7, last=True),
    )
    counts = [EventCount("same", 1, 0, 12, 0, 12), EventCount("same", 1, 0, 12, 0, 7)]
    with pytest.raises(LayerError) as caught:
        statistics_of([entry, dense], counts)
    assert str(caught.value) == (
        "layers: two share a name. Fix: give every layer a name of its own."
    )
