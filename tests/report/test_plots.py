"""Every plot holds what it should, says it without colour, and refuses what does not fit."""

import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from trained_like import mobilenet_like

from akida_lite.engine import run, trace
from akida_lite.errors import InputError
from akida_lite.fixed_point import INT32_MAX, INT32_MIN
from akida_lite.hardware import AKD1000, place
from akida_lite.layers import (
    Convolutional,
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    Potentials,
    Staircase,
)
from akida_lite.model import Model
from akida_lite.report import Comparison, Difference, LayerComparison, plots, statistics_of

pytest.importorskip("matplotlib").use("agg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib import text as matplotlib_text  # noqa: E402

SCORES = [0.5, -1.0, 2.0]
NAMES = ["ant", "bee", "cow"]
EVERY_PLOT = {
    "potentials": lambda ax: plots.potentials(SCORES, ax=ax),
    "sparsity": lambda ax: plots.sparsity(small_statistics(), ax=ax),
    "ops": lambda ax: plots.ops(small_statistics(), ax=ax),
    "comparison": lambda ax: plots.comparison(COMPARISON, ax=ax),
    "weight_histogram": lambda ax: plots.weight_histogram(np.ones(3), np.ones(3), ax=ax),
    "thresholds": lambda ax: plots.thresholds(one_neuron([1, 2, 3]), ax=ax),
    "mesh": lambda ax: plots.mesh(place(small_model()), ax=ax),
    "learning_curves": lambda ax: plots.learning_curves([record("float")], ax=ax),
    "accuracy_by_bits": lambda ax: plots.accuracy_by_bits(BITS, ax=ax),
    "accuracy_by_operations": lambda ax: plots.accuracy_by_operations(WORK, ax=ax),
}
DIAGRAMS = {
    "architecture": lambda ax: plots.architecture(Model(small_model()), ax=ax),
    "block": lambda ax: plots.block(one_neuron([1, 2, 3]), ax=ax),
    "filters": lambda ax: plots.filters(np.ones((3, 3, 1, 4)), ax=ax),
}
"""Plots without axes of numbers."""
FIGURES = ["event_maps", "images", "receptive_field"]
"""Plots of several pictures, which make a figure of their own."""
BITS = {"here": {"float": 93.5, "2/2": 92.25}, "original": {"float": 93.0, "2/2": 91.5}}
WORK = {"before": [(158e6, 92.5)], "now": [(110e6, 92.5), (90e6, 92.0)]}
COMPARISON = Comparison(
    (
        LayerComparison("conv_0", 1000, 1000),
        LayerComparison("conv_1", 4000, 1000, Difference(0, 1, 2, 3, 2, 1), 1.0),
    ),
    images=10,
    labels_equal=9,
)


@pytest.fixture(autouse=True)
def _every_figure_can_be_drawn_and_is_closed():
    plt.close("all")
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


@cache
def small_model():
    return mobilenet_like(np.random.default_rng(5))


@cache
def small_statistics():
    layers = small_model()
    x = np.random.default_rng(6).integers(0, 256, (2, *layers[0].input_shape), np.uint8)
    return statistics_of(layers, run(layers, x, backend="reference", count_events=True).events)


def one_neuron(thresholds, bits=2):
    return InputConvolutional(
        name="one",
        input_shape=(1, 1, 1),
        weights=np.ones((1, 1, 1, 1), np.int8),
        weight_bits=2,
        input_bits=8,
        output=Staircase(np.int32([thresholds]), bits),
    )


def record(recipe, key="images", accuracies=(0.5, 0.75, 0.875)):
    curve = [
        {key: 100 * index, "validation_accuracy": value, "train_loss": 1 - value}
        for index, value in enumerate(accuracies)
    ]
    return {"recipe": recipe, "curve": curve}


def tick_names(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("name", [*EVERY_PLOT, *DIAGRAMS])
def test_it_draws_into_the_axes_that_it_is_given_and_says_what_it_shows(name):
    ax = plt.subplots()[1]
    assert (EVERY_PLOT | DIAGRAMS)[name](ax) is ax
    assert len(plt.get_fignums()) == 1
    assert ax.get_title() or ax.get_title(loc="left")
    assert ax.get_xlabel() or name in DIAGRAMS


@pytest.mark.parametrize("name", [*EVERY_PLOT, *DIAGRAMS])
def test_without_axes_it_makes_a_figure(name):
    ax = (EVERY_PLOT | DIAGRAMS)[name](None)
    assert len(ax.get_figure().axes) == 1


@pytest.mark.parametrize(
    "draw", [EVERY_PLOT["ops"], lambda ax: plots.images(np.ones((2, 8, 8, 1)))]
)
def test_without_matplotlib_it_says_how_to_install_it(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(InputError) as refused:
        draw(None)
    assert str(refused.value) == (
        "a figure: it needs matplotlib, which cannot start. "
        "Fix: python -m pip install 'akida_lite[plots]'."
    )


def test_every_plot_is_among_those():
    assert sorted(["COLOURS", *EVERY_PLOT, *DIAGRAMS, *FIGURES]) == plots.__all__


# -- potentials --------------------------------------------------------------------------


def test_potentials_are_one_bar_a_class():
    ax = plots.potentials(SCORES, NAMES)
    assert [bar.get_width() for bar in ax.patches] == SCORES
    assert tick_names(ax) == NAMES
    assert ax.get_xlabel() == "score (units of the Keras output)"
    assert ax.get_title() == "Predicted: cow"
    # The first class on top.
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


@pytest.mark.parametrize(
    ("true", "title", "hatch"),
    [(2, "Predicted: cow (right)", ""), (1, "Predicted: cow (wrong: it is bee)", "///")],
)
def test_the_winner_is_marked_by_word_and_hatch(true, title, hatch):
    ax = plots.potentials(SCORES, NAMES, true=true)
    assert ax.get_title() == title
    assert [bar.get_hatch() or "" for bar in ax.patches] == ["", "", hatch]
    (mark,) = ax.texts
    assert mark.get_text() == "◀ highest"
    assert mark.xy == (2.0, 2)


def test_of_equal_scores_the_first_wins():
    assert plots.potentials([1, 3, 3], NAMES).get_title() == "Predicted: bee"


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3)])
def test_the_image_is_on_the_left(shape):
    ax = plots.potentials(SCORES, NAMES, image=np.zeros(shape, np.uint8))
    left, right = ax.get_figure().axes
    assert right is ax
    assert len(left.images) == 1
    assert left.get_position().x1 < right.get_position().x0


def test_potentials_without_names_are_numbered():
    assert tick_names(plots.potentials([[[1, 2]]])) == ["0", "1"]


@pytest.mark.parametrize(
    ("scores", "names", "true", "message"),
    [
        (
            [1, 2],
            NAMES,
            None,
            "scores: 2 values and 3 labels do not belong together. Fix: give the scores of one "
            "image, and as many labels.",
        ),
        (
            [],
            [],
            None,
            "scores: 0 values and 0 labels do not belong together. Fix: give the scores of one "
            "image, and as many labels.",
        ),
        (
            SCORES,
            NAMES,
            3,
            "option 'true': 3 is not the index of one of the 3 classes. Fix: choose 0 to 2.",
        ),
    ],
)
def test_potentials_that_do_not_fit_are_refused(scores, names, true, message):
    with pytest.raises(InputError) as caught:
        plots.potentials(scores, names, true=true)
    assert str(caught.value) == message
    assert plt.get_fignums() == []


def test_axes_outside_a_grid_have_no_room_for_the_image():
    ax = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(InputError) as caught:
        plots.potentials(SCORES, image=np.zeros((2, 2)), ax=ax)
    assert str(caught.value) == (
        "option 'ax': there is no room for the image beside it: it is not part of a grid. "
        "Fix: leave out `ax`, or the image."
    )


# -- per layer ---------------------------------------------------------------------------


def widths(bars):
    return [bar.get_width() for bar in bars]


def test_sparsity_has_two_bars_a_layer_that_reads_events():
    statistics = small_statistics()
    ax = plots.sparsity(statistics)
    names = list(statistics)[1:]
    assert tick_names(ax) == names
    entering, leaving = ax.containers
    assert widths(entering) == [statistics[name].input_sparsity for name in names]
    assert widths(leaving) == [statistics[name].output_sparsity for name in names]
    assert legend(ax) == ["input", "output"]
    assert {bar.get_hatch() or "" for bar in entering} == {""}
    assert {bar.get_hatch() for bar in leaving} == {"///"}
    assert ax.get_xlim() == (0, 1)
    mean = np.mean(widths(entering))
    assert ax.get_title() == f"{mean:.0%} of what enters a layer is zero, on average"


def test_sparsity_beside_another_has_its_bars_where_it_is_known():
    statistics = small_statistics()
    last = list(statistics)[-1]
    ax = plots.sparsity(statistics, beside={last: 0.25}, beside_label="before")
    (bar,) = ax.containers[1]
    assert (bar.get_width(), legend(ax)) == (0.25, ["here", "before"])
    assert round(bar.get_y() + bar.get_height() / 2 - 0.2, 9) == len(statistics) - 2


def test_ops_lie_inside_what_all_values_would_cost():
    statistics = small_statistics()
    ax = plots.ops(statistics)
    names = list(statistics)[1:]
    assert tick_names(ax) == names
    macs, ops = ax.containers
    assert widths(macs) == [statistics[name].macs / 1e6 for name in names]
    assert widths(ops) == [statistics[name].ops / 1e6 for name in names]
    assert legend(ax) == ["all values (MACs)", "events only (operations)"]
    assert ax.get_xscale() == "linear"
    assert [text.get_text() for text in ax.texts] == [
        f" {statistics[name].ops / statistics[name].macs:.0%}" for name in names
    ]


def test_ops_of_separable_layers_are_not_said_to_be_what_zeros_leave():
    model = Model(mobilenet_like(np.random.default_rng(1)))
    statistics = model.get_statistics()
    model.forward(np.full((1, *model.input_shape), 255, np.uint8))
    counted = [layer for layer in statistics.values() if layer.counts_input]
    ops, macs = (sum(getattr(layer, name) for layer in counted) for name in ("ops", "macs"))
    assert ops > macs
    assert plots.ops(statistics).get_title() == (
        f"Events cause {ops / 1e6:,.1f} million operations, for {macs / 1e6:,.1f} of MACs"
    )


def test_ops_beside_another_say_both_sums():
    statistics = small_statistics()
    names = list(statistics)[1:]
    ax = plots.ops(statistics, beside=dict.fromkeys(names, 2e6))
    assert widths(ax.containers[2]) == [2.0] * len(names)
    assert ax.get_title().endswith(f"; original: {2.0 * len(names):,.1f}")
    assert "original" not in plots.ops(statistics, beside={names[0]: 2e6}).get_title()


# -- trade-offs --------------------------------------------------------------------------


def test_accuracy_by_bits_is_a_line_a_series():
    ax = plots.accuracy_by_bits(BITS)
    assert [list(line.get_ydata()) for line in ax.lines] == [[93.5, 92.25], [93.0, 91.5]]
    assert legend(ax) == ["here", "original"]
    assert len({line.get_marker() for line in ax.lines}) == 2
    assert ax.get_title() == "here: 93.50 % at float, 92.25 % at 2/2"


def test_accuracy_by_operations_joins_the_points_of_a_name():
    ax = plots.accuracy_by_operations(WORK)
    before, now = ax.lines
    assert before.get_xydata().tolist() == [[158.0, 92.5]]
    assert now.get_xydata().tolist() == [[90.0, 92.0], [110.0, 92.5]]
    assert (before.get_linestyle(), now.get_linestyle()) == ("None", "--")
    # Of two that are equally accurate, the one with less work is the best.
    assert ax.get_title() == "Most accurate: now, 92.50 % at 110.0 million"


@pytest.mark.parametrize("draw", [plots.accuracy_by_bits, plots.accuracy_by_operations])
@pytest.mark.parametrize("series", [{}, {"here": {}}])
def test_a_name_without_points_is_refused(draw, series):
    with pytest.raises(InputError) as caught:
        draw(series)
    assert str(caught.value) == (
        f"series: {series!r} holds a name without points, or no name. "
        "Fix: give at least one point a name."
    )


# -- diagrams ----------------------------------------------------------------------------


def test_an_architecture_has_a_box_a_map():
    model = Model(small_model())
    ax = plots.architecture(model)
    assert len(ax.patches) == 1 + len(model.layers)
    tallest = model.input_shape[0]
    heights = [bar.get_height() for bar in ax.patches]
    assert heights[0] == 1
    assert heights[1] == model.layers[0].output_shape(model.input_shape)[0] / tallest
    weights = sum(layer.weight_count for layer in model.layers)
    assert ax.get_title(loc="left") == f"{len(model)} layers hold {weights:,} weights"


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({}, ["Conv2D", "BatchNormalization"]),
        ({"pool": MaxPool((2, 2), (2, 2))}, ["Conv2D", "MaxPooling2D", "BatchNormalization"]),
        ({"pool": GlobalAveragePool()}, ["Conv2D", "GlobalAveragePooling2D", "BatchN"]),
        ({"output": Potentials(np.ones(1), np.zeros(1))}, ["Conv2D", "scores"]),
    ],
)
def test_a_block_names_what_keras_has_above_what_it_became(changed, parts):
    ax = plots.block(replace(one_neuron([1, 2, 3]), **changed))
    above = [text.get_text() for text in ax.texts if text.get_position()[1] == 1.0]
    assert [text[: len(part)] for text, part in zip(above, parts, strict=False)] == parts
    assert ax.get_title() == f"{len(parts)} steps become one InputConvolutional: one"


def test_a_layer_that_computes_nothing_has_no_block():
    with pytest.raises(InputError, match="no block of Keras layers became it"):
        plots.block(InputData(name="in", input_shape=(1, 1, 1), input_bits=1))


# -- pictures ----------------------------------------------------------------------------


def test_images_frame_what_was_predicted_wrongly():
    pixels = np.zeros((3, 4, 4, 3), np.uint8)
    figure = plots.images(pixels, [0, 1, 2], [0, 2, 2], names=NAMES, columns=2)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["ant", "cow\nnot bee", "cow"]
    widths = [ax.spines["left"].get_linewidth() for ax in figure.axes]
    assert widths[1] > widths[0] == widths[2]


@pytest.mark.parametrize(
    ("shape", "labels"), [((0, 4, 4, 1), None), ((4, 4, 1), None), ((2, 4, 4, 1), [1])]
)
def test_images_that_do_not_fit_their_labels_are_refused(shape, labels):
    with pytest.raises(InputError, match=r"do not fit\. Fix: give images of shape"):
        plots.images(np.zeros(shape, np.uint8), labels)


def test_filters_are_tiles_with_a_gap_of_one():
    weights = np.arange(-4, 5, dtype=np.int8).repeat(2).reshape(3, 3, 1, 2)
    ax = plots.filters(weights)
    (picture,) = ax.images
    assert picture.get_array().shape == (3, 7)
    assert picture.get_array()[0, 0] == 0
    assert picture.get_array()[1, 1] == 0.5
    assert ax.get_title() == "2 filters of 3 x 3, 9 different weights"


def test_only_a_first_kernel_has_pictures_of_its_filters():
    with pytest.raises(InputError, match=r"shape \(3, 3, 2, 1\) is not \(kh, kw, 1 or 3"):
        plots.filters(np.ones((3, 3, 2, 1)))


def test_event_maps_show_the_channels_with_the_most_events_and_count_all():
    model = Model(small_model())
    image = np.random.default_rng(7).integers(0, 256, model.input_shape, np.uint8)
    figure = plots.event_maps(model, image, channels=3)
    outputs = [out for layer, out in trace(model.layers, image[None]) if layer.act_bits]
    assert len(figure.axes) == 1 + len(outputs)
    fired = sum(int(np.count_nonzero(out)) for out in outputs)
    total = sum(out.size for out in outputs)
    assert figure.get_suptitle() == (
        f"Of {total:,} neurons, {fired:,} fire: {(total - fired) / total:.0%} stay at zero"
    )
    first = outputs[0][0]
    best = np.sort(np.count_nonzero(first, axis=(0, 1)).argsort(kind="stable")[::-1][:3])
    strip = figure.axes[1].images[0].get_array()
    side = first.shape[1]
    for index, channel in enumerate(best):
        left = index * (side + 1)
        tile = strip[:, left : left + side]
        np.testing.assert_array_equal(tile, first[..., channel])


def test_event_maps_of_no_layer_are_refused():
    model = Model(small_model())
    image = np.zeros(model.input_shape, np.uint8)
    with pytest.raises(InputError, match=r"is a layer that emits events\. Fix: choose among"):
        plots.event_maps(model, image, layers=["nowhere"])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("position", [None, (0, 0), (1, 2)])
def test_the_receptive_field_holds_the_pixels_that_reach_a_neuron(padding, position):
    """All weights are 1 and every event passes on, so a pixel that is seen is felt."""
    always = Staircase(np.zeros((1, 1), np.int32), 1)
    ones = np.ones((3, 3, 1, 1), np.int8)
    shape = {"weight_bits": 2, "padding": padding, "output": always, "weights": ones}
    first = InputConvolutional(
        name="first", input_shape=(15, 17, 1), input_bits=8, strides=(2, 1), **shape
    )
    pool = MaxPool((2, 3), (2, 2), padding)
    second = Convolutional(name="second", input_bits=1, pool=pool, **shape)
    model = Model([first, second])
    rows, columns = model.output_shape[:2]
    at = position or (rows // 2, columns // 2)
    one_pixel_each = np.eye(15 * 17, dtype=np.uint8).reshape(-1, 15, 17, 1)
    felt = model.forward(one_pixel_each)[:, at[0], at[1], 0].reshape(15, 17) > 0
    figure = plots.receptive_field(model, np.zeros((15, 17, 1), np.uint8), "second", position)
    veil = figure.axes[0].images[1].get_array()[..., 3]
    np.testing.assert_array_equal(veil == 0, felt)


def test_a_position_outside_the_map_is_refused():
    model = Model(small_model())
    image = np.zeros(model.input_shape, np.uint8)
    name = model.layers[0].name
    with pytest.raises(InputError, match=r"lies outside the map of .* Fix: choose one inside"):
        plots.receptive_field(model, image, name, (999, 0))


def test_a_comparison_says_in_words_how_many_values_differ():
    ax = plots.comparison(COMPARISON)
    assert [bar.get_width() for bar in ax.containers[0]] == [1.0, 0.25]
    assert tick_names(ax) == ["conv_0", "conv_1"]
    assert [text.get_text() for text in ax.texts] == ["all equal", "3,000 of 4,000 differ"]
    assert [bar.get_hatch() or "" for bar in ax.containers[0]] == ["", "///"]


# -- neurons -----------------------------------------------------------------------------


def test_quantized_weights_are_marks_at_their_values():
    latent = np.array([-0.9, -0.6, 0.1, 0.2, 0.3, 1.0])
    quantized = np.array([-1.0, -1.0, 0.0, 0.0, 0.0, 1.0])
    ax = plots.weight_histogram(latent, quantized)
    (marks,) = ax.lines
    np.testing.assert_array_equal(marks.get_xydata(), [[-1, 2], [0, 3], [1, 1]])
    assert sum(bar.get_height() for bar in ax.patches) == 6
    assert sorted(legend(ax)) == ["latent (float)", "quantized (3 values)"]
    assert ax.get_ylabel() == "number of weights (logarithmic)"
    assert ax.get_title() == "6 weights before and after quantization"


def test_many_quantized_values_are_an_outline(rng):
    latent = rng.normal(size=(10, 100))
    ax = plots.weight_histogram(latent, latent + 0.01)
    assert len(ax.lines) == 0
    assert sorted(legend(ax)) == ["latent (float)", "quantized"]


def test_weights_of_different_shapes_are_refused():
    with pytest.raises(InputError) as caught:
        plots.weight_histogram(np.ones((2, 3)), np.ones(6))
    assert str(caught.value) == (
        "weights: shapes (2, 3) and (6,) are not equal and non-empty. Fix: give the latent and "
        "the quantized weights of one layer."
    )


def test_thresholds_are_a_staircase_that_is_lower_at_the_threshold():
    ax = plots.thresholds(one_neuron([-4, 0, 20]))
    stairs, at, above = ax.lines
    np.testing.assert_array_equal(stairs.get_xdata(), [-8, -4, 0, 20, 24])
    np.testing.assert_array_equal(stairs.get_ydata(), [0, 1, 2, 3, 3])
    np.testing.assert_array_equal(at.get_xydata(), [[-4, 0], [0, 1], [20, 2]])
    np.testing.assert_array_equal(above.get_xydata(), [[-4, 1], [0, 2], [20, 3]])
    assert above.get_markerfacecolor() == "none"
    assert ax.get_xlabel() == "potential (integer)"
    assert ax.get_ylabel() == "level of the event (0 to 3)"


def test_levels_that_always_or_never_come_shift_the_staircase():
    ax = plots.thresholds(one_neuron([INT32_MIN, 5, INT32_MAX]))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 2, 2])
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1, 5, 9])


def test_a_neuron_without_steps_is_a_flat_line():
    ax = plots.thresholds(one_neuron([INT32_MAX] * 3))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0, 0])


def test_many_levels_carry_no_marks():
    ax = plots.thresholds(one_neuron(range(255), bits=8))
    assert len(ax.lines) == 1


def test_a_layer_without_thresholds_is_refused():
    last = small_model()[-1]
    assert isinstance(last.output, Potentials)
    with pytest.raises(InputError) as caught:
        plots.thresholds(last)
    assert str(caught.value) == (
        "layer 'layer_4' (SeparableConvolutional): has no activation, so no thresholds. Fix: "
        "choose a layer with an activation."
    )
    with pytest.raises(InputError):
        plots.thresholds(InputData(name="in", input_shape=(1, 1, 1), input_bits=1))


def test_a_neuron_that_is_not_there_is_refused():
    with pytest.raises(InputError) as caught:
        plots.thresholds(one_neuron([1, 2, 3]), 1)
    assert str(caught.value) == (
        "option 'neuron': 1 is not one of the 1 neurons of layer 'one'. Fix: choose 0 to 0."
    )


# -- chips and training ------------------------------------------------------------------


def test_the_mesh_numbers_the_layer_on_every_processor():
    placement = place(small_model())
    ax = plots.mesh(placement)
    rows, columns = placement.device.capacity.mesh
    assert len(ax.patches) == rows * columns
    taken = sorted(int(text.get_text()) for text in ax.texts)
    mesh = placement.mesh[0]
    assert taken == sorted(mesh[mesh >= 0].tolist())
    assert legend(ax) == [
        f"{index} {placement.layers[index].name}" for index in sorted(set(taken))
    ]
    assert ax.get_title() == f"{placement.n_nps} NPs on AKD1000 (assumed capacity)"


def test_the_mesh_counts_passes_from_one_as_its_table_does():
    device = replace(AKD1000, capacity=replace(AKD1000.capacity, mesh=(1, 1)))
    placement = place(small_model(), device)
    assert placement.n_passes > 1
    for number in (1, placement.n_passes):
        ax = plots.mesh(placement, pass_number=number)
        assert f", pass {number} of {placement.n_passes} (" in ax.get_title()
        here = {layer.name for layer in placement.layers if number in layer.passes}
        assert {name.split(" ", 1)[1] for name in legend(ax)} == here


def test_a_pass_that_is_not_there_is_refused():
    with pytest.raises(InputError) as caught:
        plots.mesh(place(small_model()), pass_number=2)
    assert str(caught.value) == (
        "option 'pass_number': 2 is not one of the 1 passes. Fix: choose 1 to 1."
    )


def test_learning_curves_are_one_line_a_run_that_differ_in_marker_and_dash():
    ax = plots.learning_curves([record("float"), record({"name": "w2a2", "seed": 1})])
    np.testing.assert_array_equal(
        ax.lines[0].get_xydata(), [[0, 0.5], [100, 0.75], [200, 0.875]]
    )
    assert legend(ax) == ["float", "w2a2"]
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines}) == 2
    assert ax.get_xlabel() == "training images seen"
    assert ax.get_ylabel() == "validation accuracy (fraction of images)"


@pytest.mark.parametrize("key", ["epoch", "step"])
def test_learning_curves_run_along_what_the_points_have(key):
    assert plots.learning_curves([record("float", key)]).get_xlabel() == key


def test_points_without_a_loss_are_left_out():
    one = record("float")
    one["curve"][0]["train_loss"] = None
    ax = plots.learning_curves([one], quantity="train_loss")
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[100, 0.25], [200, 0.125]])


@pytest.mark.parametrize(
    ("records", "quantity", "message"),
    [
        (
            [record("a")],
            "speed",
            "option 'quantity': 'speed' is none of 'validation_accuracy', 'train_loss'. Fix: "
            "choose one of them.",
        ),
        (
            [record("a"), record("b", "step")],
            "train_loss",
            "records: their points do not all have one of 'images', 'epoch', 'step'. Fix: give "
            "the records of finished runs.",
        ),
        (
            [],
            "train_loss",
            "records: their points do not all have one of 'images', 'epoch', 'step'. Fix: give "
            "the records of finished runs.",
        ),
    ],
)
def test_records_that_do_not_fit_are_refused(records, quantity, message):
    with pytest.raises(InputError) as caught:
        plots.learning_curves(records, quantity=quantity)
    assert str(caught.value) == message


HOSTILE = r"$\frac{$"
HOSTILE_MODEL = Model(
    [replace(layer, name=f"{HOSTILE} {index}") for index, layer in enumerate(small_model())],
    name=HOSTILE,
)
WITH_HOSTILE_NAMES = {
    "potentials": lambda: plots.potentials([1.0, 2.0], [HOSTILE, "price $5"]),
    "images": lambda: plots.images(np.zeros((1, 2, 2, 3)), [0], [1], names=[HOSTILE, "$x^{$"]),
    "sparsity": lambda: plots.sparsity(hostile_statistics(), beside={}, beside_label=HOSTILE),
    "ops": lambda: plots.ops(
        hostile_statistics(), beside={f"{HOSTILE} 1": 1.0}, beside_label=HOSTILE
    ),
    "comparison": lambda: plots.comparison(
        Comparison((LayerComparison(HOSTILE, 1, 1),), images=1, labels_equal=1)
    ),
    "architecture": lambda: plots.architecture(HOSTILE_MODEL),
    "block": lambda: plots.block(HOSTILE_MODEL.layers[-1]),
    "thresholds": lambda: plots.thresholds(replace(one_neuron([1, 2, 3]), name=HOSTILE)),
    "event_maps": lambda: plots.event_maps(HOSTILE_MODEL, hostile_image()),
    "receptive_field": lambda: plots.receptive_field(
        HOSTILE_MODEL, hostile_image(), HOSTILE_MODEL.layers[0].name
    ),
    "mesh": lambda: plots.mesh(place(HOSTILE_MODEL.layers, replace(AKD1000, name=HOSTILE))),
    "learning_curves": lambda: plots.learning_curves([record(HOSTILE)]),
    "accuracy_by_bits": lambda: plots.accuracy_by_bits({HOSTILE: {HOSTILE: 1.0, "$": 2.0}}),
    "accuracy_by_operations": lambda: plots.accuracy_by_operations({HOSTILE: [(1.0, 1.0)]}),
}


def hostile_image():
    return np.zeros(HOSTILE_MODEL.input_shape, np.uint8)


def hostile_statistics():
    HOSTILE_MODEL.predict(hostile_image()[np.newaxis])
    return HOSTILE_MODEL.get_statistics()


def test_every_plot_of_names_is_tried():
    without_names = {"filters", "weight_histogram"}
    assert {*EVERY_PLOT, *DIAGRAMS, *FIGURES} - {*WITH_HOSTILE_NAMES} == without_names


@pytest.mark.parametrize("plot", WITH_HOSTILE_NAMES)
def test_a_dollar_in_a_name_begins_no_formula(plot):
    drawn = WITH_HOSTILE_NAMES[plot]()
    figure = drawn if hasattr(drawn, "suptitle") else drawn.figure
    figure.canvas.draw()
    shown = [text.get_text() for text in figure.findobj(matplotlib_text.Text)]
    assert any(r"\$\frac{\$" in text for text in shown)
    assert not any("$" in text.replace(r"\$", "") for text in shown)
