"""The model: what its methods return, what its statistics follow, what it refuses."""

import copy
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from stored_models import content, models
from strategies import runs

from akida_lite import storage
from akida_lite.engine import run
from akida_lite.errors import FileFormatError, HardwareError, InputError, LayerError
from akida_lite.hardware import AKD1000, AKD1000_TUTORIAL
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    InputConvolutional,
    InputData,
    Potentials,
    Staircase,
)
from akida_lite.model import Model
from akida_lite.report import last_run, summary_of

EVENTS = InputData(name="events", input_shape=(1, 1, 3), input_bits=4)
LABELS = ["ant", "bee", "cow"]
X = np.uint8([[[[1, 2, 3]]], [[[4, 0, 0]]]])


def scores(scale=(1.0, 1.0, 1.0), offset=(0.0, 0.0, 0.0), weights=None, name="scores"):
    weights = np.eye(3, dtype=np.int8) if weights is None else np.int8(weights)
    output = Potentials(np.float64(scale), np.float64(offset))
    return FullyConnected(
        name=name, weights=weights, weight_bits=8, input_bits=4, output=output
    )


def model_of(*args, **fields):
    return Model((EVENTS, scores(*args)), **fields)


def with_map(output):
    """A model whose last map has two positions."""
    entry = InputData(name="events", input_shape=(1, 2, 1), input_bits=4)
    last = Convolutional(
        name="map",
        weights=np.int8([[[[1, 2]]]]),
        weight_bits=4,
        input_bits=4,
        output=output,
    )
    return Model((entry, last))


def test_what_it_knows_about_itself():
    model = model_of(name="m", input_scaling=(255, 0), labels=LABELS, origin={"from": "test"})
    assert model.name == "m"
    assert model.input_scaling == (255, 0)
    assert model.labels == tuple(LABELS)
    assert model.input_shape == (1, 1, 3)
    assert model.output_shape == (1, 1, 3)
    assert model.metadata == {
        "name": "m",
        "input_scaling": [255, 0],
        "labels": LABELS,
        "origin": {"from": "test"},
    }
    assert repr(model) == "<Model 'm': 2 layers, (1, 1, 3) to (1, 1, 3)>"
    assert repr(Model([EVENTS])) == "<Model: 1 layer, (1, 1, 3) to (1, 1, 3)>"


def test_it_is_a_sequence_of_layers():
    model = model_of()
    assert len(model) == 2
    assert list(model) == [*model.layers]
    assert model.get_layer("scores") is model.get_layer(1) is model.get_layer(-1)
    assert model.get_layer(0) is EVENTS


@pytest.mark.parametrize("which", ["dense", 2, -3])
def test_a_layer_that_is_not_there_is_refused(which):
    with pytest.raises(InputError) as caught:
        model_of().get_layer(which)
    assert str(caught.value) == (
        f"layer {which!r}: the model has no such layer. Fix: choose one of 'events', 'scores', "
        "or an index below 2."
    )


# -- runs --------------------------------------------------------------------------------


@settings(max_examples=10)
@given(runs(longest=2))
def test_forward_is_the_run_of_the_engine(case):
    layers, x = case
    found = Model(layers).forward(x)
    expected = run(layers, x, backend="reference").output
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_forward_hands_its_options_to_the_engine():
    calls = []
    options = {"backend": "reference", "batch_size": 1, "threads": 1}
    model_of().forward(X, **options, progress=lambda *call: calls.append(call))
    assert calls == [(1, 2), (2, 2)]
    for method in ("forward", "predict", "evaluate"):
        with pytest.raises(InputError, match=r"option 'backend': 'gpu' is none of"):
            getattr(model_of(), method)(X, backend="gpu")


def test_evaluate_is_in_the_units_of_keras():
    model = model_of((0.5, 1.0, 2.0), (0.0, -1.0, 0.25))
    found = model.evaluate(X)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[0.5, 1.0, 6.25], [2.0, -1.0, 0.25]])


def test_evaluate_keeps_the_positions_of_a_map():
    model = with_map(Potentials(np.float64([1, 0.5]), np.zeros(2)))
    found = model.evaluate(np.uint8([[[[1], [3]]]]))
    np.testing.assert_array_equal(found, [[[[1, 1], [3, 3]]]])
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("layers", "what"),
    [
        ((EVENTS,), "layer 'events' (InputData)"),
        (
            (
                EVENTS,
                replace(scores(), output=Staircase(np.zeros((3, 3), np.int32), 2)),
            ),
            "layer 'scores' (FullyConnected)",
        ),
    ],
)
def test_events_are_no_scores(layers, what):
    model = Model(layers)
    with pytest.raises(InputError) as caught:
        model.evaluate(X)
    assert str(caught.value) == (
        f"{what}: emits events, not scores, since it has an activation. Fix: use forward(x), "
        "or convert a model whose last layer has none."
    )
    assert len(model.get_statistics()) == 0


def test_predict_gives_the_highest_channel():
    found = model_of().predict(X)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, [2, 0])


def test_predict_of_events_gives_the_highest_level():
    last = replace(scores(), output=Staircase(np.tile(np.int32([0, 1, 2]), (3, 1)), 2))
    np.testing.assert_array_equal(Model((EVENTS, last)).predict(X), [2, 0])
    np.testing.assert_array_equal(Model((EVENTS,)).predict(X), [2, 0])


def test_of_equals_the_lowest_index_wins():
    x = np.uint8([[[[0, 5, 5]]], [[[0, 0, 0]]]])
    np.testing.assert_array_equal(model_of().predict(x), [1, 0])
    np.testing.assert_array_equal(model_of((0.5, 0.25, 0.25)).predict(x), [1, 0])


def test_filters_of_different_scale_compare_by_what_they_are_worth():
    # Potentials 1, 2, 3 are worth 4, 1, 0.75.
    np.testing.assert_array_equal(model_of((4, 0.5, 0.25)).predict(X[:1]), [0])
    np.testing.assert_array_equal(model_of((1, 1, 1), (0, 1.5, 0)).predict(X[:1]), [1])
    # A negative scale turns the order round, even where it is the same for all.
    np.testing.assert_array_equal(model_of((-1, -1, -1)).predict(X[:1]), [0])


def test_equal_scales_decide_by_integers_what_float32_cannot_tell_apart():
    entry = InputData(name="events", input_shape=(1, 1, 2560), input_bits=8)
    weights = np.full((2560, 2), 127, np.int8)
    weights[0, 0] = 126
    output = Potentials(np.full(2, 1 / 3), np.zeros(2))
    last = FullyConnected(
        name="scores", weights=weights, weight_bits=8, input_bits=8, output=output
    )
    model = Model((entry, last))
    x = np.full((1, 1, 1, 2560), 255, np.uint8)
    x[..., 0] = 1
    assert model.evaluate(x)[0, 0] == model.evaluate(x)[0, 1]
    np.testing.assert_array_equal(model.predict(x), [1])


def test_predict_needs_one_position():
    model = with_map(Potentials(np.ones(2), np.zeros(2)))
    with pytest.raises(InputError) as caught:
        model.predict(np.zeros((1, 1, 2, 1), np.uint8))
    assert str(caught.value) == (
        "layer 'map' (Convolutional): its map has shape (1, 2, 2): several positions, no one "
        "class. Fix: use evaluate(x), and take the argmax along the axis you mean."
    )


def test_no_images_give_no_classes():
    none = X[:0]
    model = model_of((1, 2, 3))
    assert model.predict(none).shape == (0,)
    assert model.evaluate(none).shape == (0, 3)
    assert model.forward(none).shape == (0, 1, 1, 3)


# -- statistics --------------------------------------------------------------------------


def test_statistics_asked_for_before_a_run_describe_it():
    model = model_of()
    statistics = model.get_statistics()
    assert str(statistics) == "Statistics: no run yet"
    model.predict(X)
    assert statistics.images == 2
    assert statistics["scores"].input_events == 4
    model.evaluate(X[1:])
    assert statistics.images == 1
    assert statistics["scores"].input_events == 1


def test_statistics_asked_for_after_a_run_describe_it():
    model = model_of()
    model.forward(X)
    assert model.get_statistics()["scores"].input_events == 4


def test_a_run_that_was_refused_leaves_the_statistics_of_the_one_before():
    model = model_of()
    model.forward(X)
    with pytest.raises(InputError):
        model.forward(X[0])
    assert model.get_statistics().images == 2


@pytest.fixture
def counted(monkeypatch):
    """Whether each run counted its events."""
    counted = []

    def spy(*args, count_events=False, **options):
        counted.append(count_events)
        return run(*args, count_events=count_events, **options)

    monkeypatch.setattr("akida_lite.report.last_run.run", spy)
    return counted


def test_nothing_is_counted_until_somebody_looks_and_then_only_once(counted):
    model = model_of()
    model.predict(X)
    assert counted == [False]
    statistics = model.get_statistics()
    assert counted == [False]
    assert str(statistics) == str(statistics) == str(model.get_statistics())
    assert counted == [False, True]


def test_runs_count_as_long_as_somebody_can_look(counted):
    model = model_of()
    statistics = model.get_statistics()
    assert model.get_statistics() is statistics
    model.predict(X)
    assert str(statistics) == str(statistics)
    model.forward(X)
    assert counted == [True, True]
    del statistics
    model.forward(X)
    assert counted == [True, True, False]


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_copy_has_run_nothing(copied):
    model = model_of()
    statistics = model.get_statistics()
    model.predict(X)
    other = copied(model)
    assert len(other.get_statistics()) == 0
    np.testing.assert_array_equal(other.forward(X), model.forward(X))
    assert statistics.images == 2


def test_counting_reports_no_progress():
    calls = []
    model = model_of()
    model.predict(X, progress=lambda *call: calls.append(call))
    assert len(model.get_statistics()) == 2
    assert calls == [(2, 2)]


def test_images_changed_in_place_are_not_counted_as_the_last_run():
    model = model_of()
    x = X.copy()
    model.predict(x)
    x[0] = 0
    with pytest.raises(InputError) as caught:
        str(model.get_statistics())
    assert str(caught.value) == (
        "statistics: the images of the last run were changed in place after it. Fix: run the "
        "images again."
    )
    model.predict(x)
    assert model.get_statistics()["scores"].input_events == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_of_statistics_keeps_the_numbers_of_the_moment(copied):
    model = model_of()
    statistics = model.get_statistics()
    model.predict(X)
    kept = copied(statistics)
    before = str(statistics)
    model.predict(X[:1])
    assert str(kept) == before != str(statistics)
    assert len(pickle.dumps(kept)) < 2000


def test_no_images_are_copied_before_statistics_are_asked_for(monkeypatch):
    model = model_of()
    read = []
    monkeypatch.setattr(last_run.zlib, "crc32", lambda data: read.append(data.nbytes) or 0)
    model.predict(np.repeat(X, 100, axis=0)[..., ::-1])
    assert read == [200 * 3 * 4]


def test_statistics_once_read_outlive_changes_of_the_images():
    model = model_of()
    x = X.copy()
    model.predict(x)
    statistics = model.get_statistics()
    before = str(statistics)
    x[:] = 0
    assert str(statistics) == before


@pytest.mark.parametrize("x", [X[::-1], np.asfortranarray(X), X.astype(np.int64), X > 0])
def test_statistics_of_arrays_in_any_layout_and_type(x):
    model = model_of()
    model.forward(x)
    assert model.get_statistics()["scores"].input_events == 4


# -- devices -----------------------------------------------------------------------------


def test_the_summary_is_printed_once_where_nobody_shows_results(capsys, monkeypatch):
    model = model_of(name="m")
    table = f"{summary_of(model.layers, name='m', device=AKD1000)}\n"
    summary = model.summary()
    assert capsys.readouterr().out == table
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert model.summary() == summary
    assert capsys.readouterr().out == ""
    assert f"{summary!r}\n" == table


@pytest.mark.parametrize("where", ["script", "prompt", "notebook", "page"])
def test_a_summary_stands_once_in_a_script_at_a_prompt_and_in_a_notebook(where, tmp_path):
    model_of(name="m").save(tmp_path / "m.akl")
    code = f"import akida_lite as al\nmodel = al.Model.load({str(tmp_path / 'm.akl')!r})\n"
    (tmp_path / "script.py").write_text(code + "model.summary()\n")
    arguments = {
        "script": [str(tmp_path / "script.py")],
        "prompt": ["-i", "-q"],
        "notebook": ["-m", "IPython", "--no-banner", "--simple-prompt", "--colors=NoColor"],
        "page": [str(tmp_path / "script.py")],
    }
    shown = {"AKIDA_LITE_RESULTS_SHOWN": "1"} if where == "page" else {}
    done = subprocess.run(
        [sys.executable, *arguments[where]],
        input="" if where in ("script", "page") else f"{code}model.summary()\n",
        env={**os.environ, **shown, "IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = 0 if where == "page" else 1
    assert done.stdout.count("Model 'm' on AKD1000") == expected, done.stdout


def test_a_model_shows_its_layers_in_a_notebook():
    model = model_of(name="m")
    html = model._repr_html_()
    assert html == summary_of(model.layers, name="m", device=AKD1000)._repr_html_()
    assert "<table" in html


def test_the_summary_is_that_of_the_report():
    model = model_of(name="m")
    summary = model.summary(AKD1000_TUTORIAL)
    assert summary == summary_of(model.layers, name="m", device=AKD1000_TUTORIAL)
    assert str(model.summary()).startswith("Model 'm' on AKD1000\n")


def test_map_places_every_layer_or_lists_every_problem():
    with pytest.raises(HardwareError, match="breaks rule FC-WEIGHT-BITS"):
        model_of().map()
    fits = Model((EVENTS, replace(scores(), weight_bits=2)))
    assert [layer.name for layer in fits.map().layers] == ["events", "scores"]
    assert fits.map(AKD1000_TUTORIAL).device is AKD1000_TUTORIAL


# -- files -------------------------------------------------------------------------------


@given(models())
def test_a_loaded_model_is_the_saved_one(tmp_path_factory, layers):
    path = tmp_path_factory.mktemp("model") / "model.akl"
    distinct = tuple(replace(layer, name=f"{n}{layer.name}") for n, layer in enumerate(layers))
    model = Model(
        distinct, name="m", input_scaling=(127.5, 1), labels=LABELS, origin={"seed": [1, None]}
    )
    model.save(path)
    loaded = Model.load(path)
    assert content(loaded.layers) == content(distinct)
    assert loaded.metadata == model.metadata
    assert loaded.labels == model.labels
    assert loaded.input_scaling == model.input_scaling


def test_a_file_without_metadata_is_a_model_without_names(tmp_path):
    storage.save(tmp_path / "m.akl", model_of().layers, {"of the future": 1})
    assert Model.load(tmp_path / "m.akl").metadata == model_of().metadata


@pytest.mark.parametrize(
    ("metadata", "what"),
    [
        ({"labels": ["one"]}, "option 'labels' ['one'] is not one text for each of the 3"),
        ({"labels": 3}, "option 'labels' 3 is not one text for each of the 3"),
        ({"input_scaling": [0, 1]}, "option 'input_scaling' [0, 1] is not two numbers"),
        ({"input_scaling": None}, "option 'input_scaling' None is not two numbers"),
        ({"name": 3}, "option 'name' 3 is not text"),
    ],
)
def test_a_file_whose_metadata_contradict_the_layers_is_refused(tmp_path, metadata, what):
    path = tmp_path / "m.akl"
    storage.save(path, model_of().layers, metadata)
    with pytest.raises(FileFormatError) as caught:
        Model.load(path)
    assert str(caught.value).startswith(f"file '{path}': it describes no model: {what}")
    assert str(caught.value).endswith("Fix: save the model again with Model.save().")


def test_an_array_as_origin_is_refused_whatever_it_is_written_to(tmp_path):
    model = model_of(origin=np.arange(2))
    for write in (model.save, model.to_onnx):
        with pytest.raises(InputError, match="origin"):
            write(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_an_origin_that_json_cannot_hold_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        model_of(origin={"when": object}).save(tmp_path / "m.akl")
    assert str(caught.value) == (
        "metadata['origin']['when']: it is type; text, numbers, booleans, None, and lists and "
        "mappings of them are accepted. Fix: convert it, for instance with int() or str()."
    )
    assert os.listdir(tmp_path) == []


def test_the_onnx_file_holds_what_is_known(tmp_path):
    onnx = pytest.importorskip("onnx")
    model = model_of(input_scaling=(255, 0), labels=LABELS)
    model.to_onnx(tmp_path / "m.onnx")
    entries = onnx.load(tmp_path / "m.onnx").metadata_props
    facts = {entry.key: entry.value for entry in entries}
    assert facts["input_scaling"] == "[255, 0]"
    assert facts["labels"] == '["ant", "bee", "cow"]'
    assert "origin" not in facts
    assert "name" not in facts


# -- what it refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "scaling",
    [
        (0, 0),
        (10**30, 10**400),
        (-1, 0),
        (1,),
        (1, 2, 3),
        255,
        "ab",
        (1, None),
        (np.inf, 0),
        (1, np.nan),
    ],
)
def test_a_scaling_that_is_none_is_refused(scaling):
    with pytest.raises(InputError) as caught:
        model_of(input_scaling=scaling)
    assert str(caught.value) == (
        f"option 'input_scaling': {scaling!r:.60} is not two numbers (a, b) with a above 0. "
        "Fix: give (a, b) of x_keras = (pixel - b) / a, for instance (255, 0)."
    )


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"name": "\udfff"}, "option 'name': '\\udfff' is not text"),
        ({"labels": ["a", "b", "\ud800"]}, "option 'labels': ['a', 'b', '\\ud800'] is not one"),
    ],
)
def test_half_a_character_is_no_text(fields, what):
    with pytest.raises(InputError) as caught:
        model_of(**fields)
    assert str(caught.value).startswith(what)


def test_a_scaling_of_numpy_numbers_can_be_saved(tmp_path):
    model = model_of(input_scaling=(np.float32(2), np.int64(1)))
    model.save(tmp_path / "m.akl")
    assert Model.load(tmp_path / "m.akl").input_scaling == (2.0, 1)


def test_labels_may_be_an_array_of_text(tmp_path):
    model = model_of(labels=np.array(LABELS))
    model.save(tmp_path / "m.akl")
    assert Model.load(tmp_path / "m.akl").labels == model.labels == tuple(LABELS)


@pytest.mark.parametrize("name", ["save", "to_onnx", "to_web"])
def test_a_path_with_a_null_byte_is_refused(name):
    with pytest.raises((FileFormatError, InputError, OSError)) as refused:
        getattr(model_of(), name)("a\0b")
    assert "No file has a null byte in its name" in str(refused.value)
    assert "\0" not in str(refused.value)


@pytest.mark.parametrize("labels", [["ant", "bee"], "abc", [1, 2, 3], 3])
def test_labels_are_one_text_a_channel(labels):
    with pytest.raises(InputError) as caught:
        model_of(labels=labels)
    assert str(caught.value) == (
        f"option 'labels': {labels!r} is not one text for each of the 3 output channels. Fix: "
        "give a list of 3 names, or None."
    )


def test_layers_that_share_a_name_are_all_listed():
    last = replace(scores(), name="events")
    first = replace(scores(), name="events", output=Staircase(np.zeros((3, 15), np.int32), 4))
    with pytest.raises(LayerError) as caught:
        Model((EVENTS, first, last))
    assert str(caught.value) == (
        "layer 'events' (FullyConnected): layer 1 has the name of layer 0. Fix: give every "
        "layer a name of its own.\n"
        "layer 'events' (FullyConnected): layer 2 has the name of layer 0. Fix: give every "
        "layer a name of its own."
    )


def test_layers_that_form_no_chain_are_refused():
    with pytest.raises(LayerError, match="a model starts with an input layer"):
        Model([scores()])
    with pytest.raises(LayerError):
        Model([])


def test_the_image_layer_gets_pixels_only():
    image = InputConvolutional(
        name="image",
        input_shape=(1, 1, 3),
        weights=np.ones((1, 1, 3, 2), np.int8),
        weight_bits=2,
        input_bits=8,
        output=Potentials(np.ones(2), np.zeros(2)),
    )
    with pytest.raises(InputError, match="reads uint8 pixels"):
        Model([image]).predict(X / np.float64(255))
