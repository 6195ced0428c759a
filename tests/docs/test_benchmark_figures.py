"""Bars and lines of the benchmark show the lines that they are given."""

import numpy as np
import pytest
from benchmark.figures import speed_growth, speed_ratios

from akida_lite.errors import InputError

pytest.importorskip("matplotlib").use("agg")
from matplotlib import pyplot as plt  # noqa: E402

SPEEDS = [
    {"kind": "machine", "processor": "abacus"},
    {"kind": "peer", "peer": "keras_predict", "model": "vgg", "ratio_to_keras": 1.0},
    {"kind": "peer", "peer": "keras_predict", "model": "mobilenet", "ratio_to_keras": 1.0},
    {"kind": "peer", "peer": "akida_lite", "model": "vgg", "ratio_to_keras": 4.5},
    {"kind": "peer", "peer": "akida_lite", "model": "mobilenet", "ratio_to_keras": 2.25},
    {"kind": "peer", "peer": "abacus", "model": "vgg", "ratio_to_keras": 0.125},
    {"kind": "peer", "peer": "alone", "model": "vgg", "ratio_to_keras": None},
]
GROWTH = [
    {"kind": "growth", "varied": "batch_size", "batch_size": 64, "ratio_to_keras": 3.0},
    {"kind": "growth", "varied": "batch_size", "batch_size": 1, "ratio_to_keras": 9.0},
    {"kind": "growth", "varied": "width", "width": 16, "ratio_to_keras": 2.0},
]


@pytest.fixture(autouse=True)
def _closes_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize(("draw", "lines"), [(speed_ratios, SPEEDS), (speed_growth, GROWTH)])
def test_it_draws_into_the_axes_that_it_is_given_or_a_new_figure(draw, lines):
    ax = plt.subplots()[1]
    assert draw(lines, ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    ax = draw(lines)
    assert len(plt.get_fignums()) == 2
    assert ax.get_title()
    assert ax.get_xlabel()


def test_speeds_are_bars_from_keras_on():
    ax = speed_ratios(SPEEDS)
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "keras_predict",
        "akida_lite",
        "abacus",
    ]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["vgg", "mobilenet"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends == [1.0, 4.5, 0.125, 1.0, 2.25]
    assert [text.get_text() for text in ax.texts] == ["1", "4.5", "0.125", "1", "2.25"]
    assert len({bar.get_hatch() for bar in ax.patches}) == 2


def test_growth_is_one_line_in_order():
    ax = speed_growth(GROWTH)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [(1, 9), (64, 3)])
    assert ax.get_xlabel() == "batch size (images)"
    (xy,) = speed_growth(GROWTH, varied="width").lines[0].get_xydata()
    np.testing.assert_array_equal(xy, (16, 2))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: speed_ratios(GROWTH),
            "lines: none has the ratio of a peer to Keras. Fix: take the lines of the "
            "benchmark with keras_predict.",
        ),
        (
            lambda: speed_growth(SPEEDS),
            "lines: none varies batch_size. Fix: take the lines of the benchmark with "
            "--growth.",
        ),
        (
            lambda: speed_growth(GROWTH, varied="colour"),
            "option 'varied': 'colour' is none of 'batch_size', 'image_size', 'width'. "
            "Fix: choose one of them.",
        ),
    ],
)
def test_lines_that_say_nothing_about_it_are_refused(draw, message):
    with pytest.raises(InputError) as caught:
        draw()
    assert str(caught.value) == message
    assert plt.get_fignums() == []
