"""Every plot holds what it should, says it without colour, and refuses what does not fit."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from trained_like import mobilenet_like

from akida_lite.engine import run
from akida_lite.errors import InputError
from akida_lite.fixed_point import INT32_MAX, INT32_MIN
from akida_lite.hardware import AKD1000, Capacity, place
from akida_lite.layers import InputConvolutional, InputData, Potentials, Staircase
from akida_lite.report import Comparison, Difference, LayerComparison, plots, statistics_of

pytest.importorskip("matplotlib").use("agg")

from matplotlib import pyplot as plt  # noqa: E402

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
    "speed_ratios": lambda ax: plots.speed_ratios(SPEEDS, ax=ax),
    "speed_growth": lambda ax: plots.speed_growth(GROWTH, ax=ax),
    "learning_curves": lambda ax: plots.learning_curves([record("float")], ax=ax),
}
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


@pytest.mark.parametrize("name", EVERY_PLOT)
def test_it_draws_into_the_axes_that_it_is_given_and_says_what_it_shows(name):
    ax = plt.subplots()[1]
    assert EVERY_PLOT[name](ax) is ax
    assert len(plt.get_fignums()) == 1
    assert ax.get_title()
    assert ax.get_xlabel()


@pytest.mark.parametrize("name", EVERY_PLOT)
def test_without_axes_it_makes_a_figure(name):
    ax = EVERY_PLOT[name](None)
    assert len(ax.get_figure().axes) == 1


def test_every_plot_is_among_those():
    assert sorted(EVERY_PLOT) == plots.__all__


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


def test_sparsity_has_two_bars_a_layer_and_one_for_the_image_layer():
    statistics = small_statistics()
    ax = plots.sparsity(statistics)
    names = list(statistics)
    assert tick_names(ax) == names
    entering, leaving = ax.containers
    assert [bar.get_width() for bar in entering] == [
        statistics[name].input_sparsity for name in names[1:]
    ]
    assert [bar.get_width() for bar in leaving] == [
        statistics[name].output_sparsity for name in names
    ]
    assert legend(ax) == ["input", "output"]
    assert {bar.get_hatch() or "" for bar in entering} == {""}
    assert {bar.get_hatch() for bar in leaving} == {"///"}
    assert ax.get_xlim() == (0, 1)
    assert ax.get_title() == "Sparsity over 2 images"


def test_ops_are_beside_what_all_values_would_cost():
    statistics = small_statistics()
    ax = plots.ops(statistics)
    names = list(statistics)[1:]
    assert tick_names(ax) == names
    macs, ops = ax.containers
    assert [bar.get_width() for bar in macs] == [statistics[name].macs for name in names]
    assert [bar.get_width() for bar in ops] == [statistics[name].ops for name in names]
    assert legend(ax) == ["all values (MACs)", "events only (ops)"]
    assert ax.get_xscale() == "log"


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
    device = replace(AKD1000, capacity=Capacity(mesh=(1, 1)))
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


# -- speed -------------------------------------------------------------------------------


def test_speeds_are_bars_from_keras_on():
    ax = plots.speed_ratios(SPEEDS)
    assert tick_names(ax) == ["keras_predict", "akida_lite", "abacus"]
    assert legend(ax) == ["vgg", "mobilenet"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends == [1.0, 4.5, 0.125, 1.0, 2.25]
    assert [text.get_text() for text in ax.texts] == ["1", "4.5", "0.125", "1", "2.25"]
    assert len({bar.get_hatch() for bar in ax.patches}) == 2


def test_growth_is_one_line_in_order():
    ax = plots.speed_growth(GROWTH)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [(1, 9), (64, 3)])
    assert ax.get_xlabel() == "batch size (images)"
    (xy,) = plots.speed_growth(GROWTH, varied="width").lines[0].get_xydata()
    np.testing.assert_array_equal(xy, (16, 2))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: plots.speed_ratios(GROWTH),
            "lines: none has the ratio of a peer to Keras. Fix: take the lines of akida-lite "
            "benchmark with keras_predict.",
        ),
        (
            lambda: plots.speed_growth(SPEEDS),
            "lines: none varies batch_size. Fix: take the lines of akida-lite benchmark with "
            "--growth.",
        ),
        (
            lambda: plots.speed_growth(GROWTH, varied="colour"),
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
