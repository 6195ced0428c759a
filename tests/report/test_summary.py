"""The summary: numbers of the rows, the device's verdict, and what fits on a screen."""

import re
from dataclasses import replace

import numpy as np
import pytest
from trained_like import mobilenet_like, vgg_like

from akida_lite.errors import Problem
from akida_lite.fixed_point import INT32_MAX, INT32_MIN
from akida_lite.hardware import AKD1000, check
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    InputData,
    Potentials,
    SeparableConvolutional,
    Staircase,
)
from akida_lite.report import Summary, summary_of

EVENTS = InputData(name="events", input_shape=(5, 4, 3), input_bits=2)
SCORES = Potentials(np.ones(2), np.zeros(2))
WIDTHS = {"weight_bits": 4, "input_bits": 2}


def ones(shape, nonzero):
    """Weights of which the first `nonzero` are 1, the rest 0."""
    flat = np.zeros(int(np.prod(shape)), np.int8)
    flat[:nonzero] = 1
    return flat.reshape(shape)


def dense(name="dense", rows=60, nonzero=7, **fields):
    fields = {"output": SCORES, **WIDTHS, **fields}
    return FullyConnected(name=name, weights=ones((rows, 2), nonzero), **fields)


def conv(**fields):
    thresholds = np.int32([[-5, 0, 3], [7, 8, 9]])
    return Convolutional(
        **{
            "name": "conv",
            "weights": ones((3, 1, 3, 2), 9),
            "output": Staircase(thresholds, 2),
            **WIDTHS,
            **fields,
        }
    )


def test_the_numbers_of_a_convolution():
    row = summary_of((EVENTS, conv())).rows[1]
    assert (row.name, row.kind) == ("conv", "Convolutional")
    assert (row.input_shape, row.output_shape) == ((5, 4, 3), (5, 4, 2))
    assert row.kernel_shape == (3, 1, 3)
    assert row.connections == 3 * 1 * 3
    assert row.weights == 9 // 2
    assert row.first_thresholds == (-5, 7)


def test_the_numbers_of_a_separable_convolution_count_both_steps():
    layer = SeparableConvolutional(
        name="separable",
        depthwise=ones((3, 3, 3, 1), 20),
        pointwise=ones((1, 1, 3, 2), 4),
        output=SCORES,
        **WIDTHS,
    )
    row = summary_of((EVENTS, layer)).rows[1]
    assert row.kernel_shape == (3, 3, 3)
    assert row.connections == 3 * 3 * 3
    assert row.weights == (20 + 4) // (3 + 2)
    assert row.first_thresholds is None


def test_the_numbers_of_a_fully_connected_layer():
    row = summary_of((EVENTS, dense())).rows[1]
    assert row.kernel_shape is None
    assert row.connections == 5 * 4 * 3
    assert row.weights == 7 // 2


def test_an_entry_of_events_has_no_neurons():
    row = summary_of((EVENTS,)).rows[0]
    assert (row.kernel_shape, row.connections, row.weights) == (None, 0, 0)
    assert row.first_thresholds is None


def test_the_table_as_text():
    assert str(summary_of((EVENTS, conv()), name="small")) == "\n".join(
        [
            "Model 'small'",
            "Layer            Input    Output   Kernel  Learning  #InConn / #Weights",
            "(type)           [h,w,c]  [h,w,c]  shape             / ThFire",
            "-----------------------------------------------------------------------",
            "events           5,4,3    5,4,3    N/A     N/A       0 / 0",
            "(InputData)                                          / N/A",
            "conv             5,4,3    5,4,2    3x1x3   N/A       9 / 4",
            "(Convolutional)                                      / -5..7",
            "#InConn: inputs that a neuron sees. #Weights: mean number of its weights that are "
            "not 0.",
            "ThFire: lowest..highest potential, over the neurons, above which the first event "
            "fires.",
        ]
    )


def test_thresholds_at_the_ends_of_the_range_are_words():
    cuts = np.int32([[INT32_MIN, 0, 3], [INT32_MAX, INT32_MAX, INT32_MAX]])
    text = str(summary_of((EVENTS, conv(output=Staircase(cuts, 2)))))
    assert "/ always..never" in text


def test_without_device_there_is_no_verdict():
    summary = summary_of((EVENTS, dense()))
    assert summary.device is None
    assert "HW" not in str(summary)
    assert "HW" not in summary._repr_html_()


@pytest.mark.parametrize("make", [vgg_like, mobilenet_like])
def test_a_layer_that_breaks_no_rule_is_yes(make, rng):
    summary = summary_of(make(rng), device=AKD1000)
    assert check(make(rng)) == []
    assert all(row.problems == () for row in summary.rows)
    assert len(re.findall(r"^layer_\d +yes ", str(summary), re.MULTILINE)) == len(summary.rows)
    assert "[1]" not in str(summary)


def test_a_layer_that_breaks_a_rule_is_no_with_rule_reason_and_fix():
    layers = (
        InputData(name="events", input_shape=(1, 1, 60), input_bits=2),
        dense("wide_1", nonzero=120, output=Staircase(np.zeros((2, 3), np.int32), 2)),
        dense("wide_2", rows=2),
    )
    problems = check(layers)
    assert {problem.layer for problem in problems} == {"wide_1", "wide_2"}
    summary = summary_of(layers, device=AKD1000)
    assert [row.problems for row in summary.rows] == [(), *((p,) for p in problems)]
    text = str(summary)
    assert text.startswith("Model on AKD1000\n")
    assert re.search(r"^wide_1 +no \[1\] ", text, re.MULTILINE)
    assert re.search(r"^wide_2 +no \[1\] ", text, re.MULTILINE)
    note = " ".join(text[text.index("[1] wide") :].split())
    assert note == (
        "[1] wide_1, wide_2: weight bits 4 breaks rule FC-WEIGHT-BITS of AKD1000, which "
        "accepts at most 2. Fix: quantize its weights to 2 bits and train on."
    )
    assert "<li>wide_1, wide_2: weight bits 4 breaks rule" in summary._repr_html_()
    assert "no [1]" in summary._repr_html_()


def test_problems_of_the_whole_model_and_without_rule_are_noted_too():
    row = summary_of((EVENTS, dense())).rows[1]
    broken = replace(
        row, problems=(Problem("layer 'dense'", "is odd", "mend it", "dense", "R1"),)
    )
    whole = Problem("model", "is too large", "shrink it")
    text = str(Summary("m", "a chip", (broken,), (whole,)))
    assert "\n[1] dense: R1: is odd. Fix: mend it.\n" in text
    assert text.endswith("\n[2] model: is too large. Fix: shrink it.")


def test_a_long_name_continues_on_the_next_line_and_100_columns_hold_every_line():
    shape = (224, 224, 64)
    layer = SeparableConvolutional(
        name="mobilenet_block_12_separable_convolution",
        depthwise=np.ones((3, 3, 64, 1), np.int8),
        pointwise=np.ones((1, 1, 64, 128), np.int8),
        weight_bits=3,
        input_bits=2,
        output=Staircase(np.full((128, 7), -123456, np.int32), 3),
    )
    entry = InputData(name="events", input_shape=shape, input_bits=2)
    text = str(summary_of((entry, layer), name="long", device=AKD1000))
    assert max(map(len, text.splitlines())) <= 100
    assert "no [1,2]" in text
    assert re.search(r"^mobilenet_block_12_separ +no", text, re.MULTILINE)
    assert re.search(r"^able_convolution$|^able_convolution ", text, re.MULTILINE)


def test_html_has_a_column_for_every_number():
    html = summary_of((EVENTS, conv()), device=AKD1000)._repr_html_()
    headings = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html)
    assert headings == [
        "Layer (type)",
        "HW",
        "Input shape [h,w,c]",
        "Output shape [h,w,c]",
        "Kernel shape",
        "Learning",
        "#InConn",
        "#Weights",
        "ThFire",
    ]


def test_its_representation_is_the_table():
    summary = summary_of((EVENTS, conv()))
    assert repr(summary) == str(summary)
