"""A run that is interrupted and resumed ends as if it had not been; on a tiny network."""

import json
from dataclasses import asdict, replace
from importlib import import_module

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_recipe import FLOAT, SCALING, build, run

from akida_lite.conversion import convert
from akida_lite.errors import DatasetError, FileFormatError, InputError
from akida_lite.storage.container import read_container
from akida_lite.training import Cycle, Stage, loop, shipped
from akida_lite.training.checkpoint import load_checkpoint, read_state, save_checkpoint
from akida_lite.training.record import read_record
from akida_lite.training.train import cycles_done, latent_name
from akida_lite.zoo.integers import pretrained
from akida_lite.zoo.networks import NETWORKS
from akida_lite.zoo.store import load_weights

QUANTIZED = replace(
    FLOAT,
    name="tiny_w4",
    bits=(4, 4, 4),
    cycles=(Cycle(0.01, (Stage(8, 32),), "muon"),),
    start="tiny_float",
)


def start_of(data, folder):
    """Train the float network; return its latent weights."""
    if not (folder / latent_name(FLOAT.name)).exists():
        run(FLOAT, folder, data)
    return folder / latent_name(FLOAT.name)


def arrays_of(path):
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files if name != "state"}


def restate(path, **changes):
    """Change the state of a checkpoint."""
    state = json.dumps({**read_state(path), **changes}).encode()
    np.savez(path, **arrays_of(path), state=np.frombuffer(state, np.uint8))


def assert_same_weights(one, other):
    one, other = arrays_of(one), arrays_of(other)
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


@pytest.mark.parametrize("breaks", [(1,), (5,), (3, 2, 1)])
def test_a_run_that_was_interrupted_ends_as_one_that_was_not(breaks, data, tmp_path):
    once, parts = tmp_path / "once", tmp_path / "parts"
    whole, _ = run(FLOAT, once, data)
    for steps in breaks:
        stopped, _ = run(FLOAT, parts, data, stop_after=steps)
        assert stopped is None
        assert (parts / "tiny_float.checkpoint.npz").exists()
        assert not (parts / latent_name("tiny_float")).exists()
    resumed, lines = run(FLOAT, parts, data)
    assert lines[0] == f"tiny_float: goes on at step {sum(breaks)} of 10"
    assert_same_weights(*(folder / latent_name("tiny_float") for folder in (once, parts)))
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    curves = [read_record(folder / "tiny_float.json")["curve"] for folder in (once, parts)]
    assert curves[0] == curves[1]
    assert not (parts / "tiny_float.checkpoint.npz").exists()


@pytest.mark.parametrize("kind", [("sgd",), ("muon",), ("muon", 0.05, "bfloat16")])
@pytest.mark.parametrize("breaks", [(), (10,), (12,), (4, 8)])
def test_a_finished_run_that_is_lengthened_ends_as_one_planned_so(breaks, kind, data, tmp_path):
    once, later = tmp_path / "once", tmp_path / "later"
    another = Cycle(0.02, (Stage(8, 48),), *kind)
    longer = replace(FLOAT, cycles=(*FLOAT.cycles, another))
    for steps in breaks:
        run(longer, once, data, stop_after=steps)
    run(longer, once, data)
    run(FLOAT, later, data)
    _, lines = run(longer, later, data)
    assert lines[0] == "tiny_float: is lengthened from step 10 to 16"
    assert_same_weights(*(folder / latent_name("tiny_float") for folder in (once, later)))
    records = [read_record(folder / "tiny_float.json") for folder in (once, later)]
    assert records[0]["curve"] == records[1]["curve"]
    assert (
        records[0]["recipe"] == records[1]["recipe"] == json.loads(json.dumps(asdict(longer)))
    )
    assert cycles_done(longer, later) == 2


def test_only_a_run_of_the_same_numbers_is_lengthened(data, tmp_path):
    assert cycles_done(FLOAT, tmp_path) == 0
    run(FLOAT, tmp_path, data)
    assert cycles_done(FLOAT, tmp_path) == 1
    assert cycles_done(replace(FLOAT, seed=4), tmp_path) == 0
    assert cycles_done(replace(FLOAT, cycles=(Cycle(0.1, FLOAT.stages),)), tmp_path) == 0
    _, lines = run(replace(FLOAT, seed=4), tmp_path, data)
    assert not any("lengthened" in line for line in lines)


def test_a_rung_starts_from_the_latent_weights_of_the_one_before(data, tmp_path):
    run(FLOAT, tmp_path, data)
    whole, _ = run(QUANTIZED, tmp_path, data)
    first = arrays_of(tmp_path / latent_name("tiny_w4"))
    elsewhere = tmp_path / "elsewhere"
    start = tmp_path / latent_name("tiny_float")
    run(QUANTIZED, elsewhere, data, start=start, stop_after=2)
    # The start is needed no more.
    run(QUANTIZED, elsewhere, data)
    assert_same_weights(tmp_path / latent_name("tiny_w4"), elsewhere / latent_name("tiny_w4"))
    assert first.keys() == arrays_of(start).keys()
    assert whole.get_layer("dense").quantizer.bitwidth == 4


TAUGHT = replace(QUANTIZED, name="tiny_taught", teacher="tiny_float")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_teacher_stands_in_for_the_labels(precision, data, tmp_path):
    teacher, _ = run(FLOAT, tmp_path, data)
    (x, y), held_out = data
    before = [np.array(v) for v in teacher.variables]
    cycles = (replace(TAUGHT.cycles[0], precision=precision),)
    for folder, labels in (("one", y), ("other", (y + 1) % 3)):
        recipe = replace(TAUGHT, cycles=cycles)
        start = tmp_path / latent_name("tiny_float")
        run(recipe, tmp_path / folder, ((x, labels), held_out), teacher=teacher, start=start)
    name = latent_name("tiny_taught")
    assert_same_weights(tmp_path / "one" / name, tmp_path / "other" / name)
    for old, variable in zip(before, teacher.variables, strict=True):
        np.testing.assert_array_equal(old, variable)


def test_the_loss_is_the_cross_entropy_with_what_is_to_be_learnt(data):
    (x, y), _ = data
    keras.utils.set_random_seed(0)
    images = loop.scaled(x, 8, SCALING)

    def loss(teacher, smoothing):
        model = build(FLOAT)
        model.set_weights(weights)
        recipe = replace(FLOAT, label_smoothing=smoothing)
        optimizer = loop.optimizer_of(recipe.cycles[0], model)
        step = loop.training_step(recipe, recipe.cycles[0], model, optimizer, 3, teacher)
        return float(step(images, y))

    model, teacher = build(FLOAT), build(FLOAT)
    weights = model.get_weights()
    scores = loop.scores_of(model, images, training=True)
    smoothed = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert loss(None, 0.1) == pytest.approx(float(smoothed(tf.one_hot(y, 3), scores)))
    taught = keras.losses.CategoricalCrossentropy(from_logits=True)
    wanted = keras.ops.softmax(teacher(images, training=False))
    assert loss(teacher, 0.1) == pytest.approx(float(taught(wanted, scores)))


def test_a_teacher_is_given_exactly_where_the_recipe_names_one(data, tmp_path):
    with pytest.raises(InputError) as refused:
        run(TAUGHT, tmp_path, data)
    assert str(refused.value) == (
        "recipe 'tiny_taught': its teacher is 'tiny_float', none is given. Fix: pass the "
        "trained network of that recipe as teacher, or none where it names none."
    )
    with pytest.raises(InputError, match="its teacher is None, 'functional"):
        run(FLOAT, tmp_path, data, teacher=build(FLOAT))
    assert not list(tmp_path.iterdir())


def test_without_resume_a_run_begins_anew(data, tmp_path):
    run(FLOAT, tmp_path, data, stop_after=4)
    _, lines = run(FLOAT, tmp_path, data, resume=False)
    assert not any("goes on" in line for line in lines)
    run(FLOAT, tmp_path / "other", data)
    assert_same_weights(
        tmp_path / latent_name("tiny_float"), tmp_path / "other" / latent_name("tiny_float")
    )


def test_a_missing_start_is_named_with_the_command_that_makes_it(data, tmp_path):
    with pytest.raises(DatasetError) as refused:
        run(QUANTIZED, tmp_path, data)
    assert str(refused.value) == (
        "recipe 'tiny_w4': it starts from 'tiny_float', whose latent weights are not in "
        f"{tmp_path}. Fix: run 'akida-lite train tiny_float' first, or name weights with "
        "--start."
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(FLOAT, seed=4),
        replace(FLOAT, cycles=(Cycle(0.02, FLOAT.stages, weight_decay=1e-3),)),
        # It would be over before the step that was reached.
        replace(FLOAT, cycles=(Cycle(0.05, (Stage(4, 40),), weight_decay=1e-3),)),
    ],
    ids=["seed", "rate", "shorter"],
)
def test_the_checkpoint_of_another_recipe_is_refused(other, data, tmp_path):
    run(FLOAT, tmp_path, data, stop_after=7)
    checkpoint = tmp_path / "tiny_float.checkpoint.npz"
    before = checkpoint.read_bytes()
    with pytest.raises(FileFormatError) as refused:
        run(other, tmp_path, data)
    assert str(refused.value) == (
        f"checkpoint '{checkpoint}': it is at step 7 of a recipe 'tiny_float' that was another "
        "up to there. Fix: remove it to train again, or restore that recipe to finish its run."
    )
    assert checkpoint.read_bytes() == before


@pytest.mark.parametrize("step", [11, 2**62])
def test_a_checkpoint_beyond_the_end_of_its_recipe_is_refused(step, data, tmp_path):
    run(FLOAT, tmp_path, data, stop_after=7)
    checkpoint = tmp_path / "tiny_float.checkpoint.npz"
    restate(checkpoint, step=step)
    with pytest.raises(FileFormatError) as refused:
        run(FLOAT, tmp_path, data)
    assert str(refused.value) == (
        f"checkpoint '{checkpoint}': it is at step {step} of a recipe 'tiny_float' that was "
        "another up to there. Fix: remove it to train again, or restore that recipe to finish "
        "its run."
    )


@pytest.mark.parametrize("step", [0, 9, 11])
def test_latent_weights_of_another_step_than_their_record_are_refused(step, data, tmp_path):
    run(FLOAT, tmp_path, data)
    latent = tmp_path / latent_name(FLOAT.name)
    restate(latent, step=step)
    longer = replace(FLOAT, cycles=(*FLOAT.cycles, Cycle(0.02, (Stage(8, 48),))))
    with pytest.raises(FileFormatError) as refused:
        run(longer, tmp_path, data)
    assert str(refused.value) == (
        f"latent weights '{latent}': they are of step {step}, their record is of step 10. Fix: "
        "put the two files of one run there, or remove both to train again."
    )


def test_a_recipe_may_grow_by_cycles_while_it_runs(data, tmp_path):
    run(FLOAT, tmp_path, data, stop_after=7)
    longer = replace(FLOAT, cycles=(*FLOAT.cycles, Cycle(0.02, (Stage(8, 48),))))
    _, lines = run(longer, tmp_path, data)
    assert lines[0] == "tiny_float: goes on at step 7 of 16"


def test_a_run_that_was_cut_off_after_its_last_step_is_finished(data, tmp_path, monkeypatch):
    def cut_off(*arguments):
        raise KeyboardInterrupt

    # The package's name `train` is the function.
    module = import_module("akida_lite.training.train")
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(module, "write_record", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(FLOAT, tmp_path, data)
    whole, lines = run(FLOAT, tmp_path, data)
    assert lines == ["tiny_float: goes on at step 10 of 10"]
    assert whole is not None
    run(FLOAT, tmp_path / "once", data)
    assert_same_weights(
        *(folder / latent_name("tiny_float") for folder in (tmp_path, tmp_path / "once"))
    )
    assert read_record(tmp_path / "tiny_float.json")["curve"][-1]["step"] == 10


def test_weights_of_another_network_are_refused(data, tmp_path):
    start = tmp_path / "other.npz"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="scores")])
    save_checkpoint(start, model, None, {"step": 1})
    with pytest.raises(FileFormatError) as refused:
        run(FLOAT, tmp_path, data, start=start)
    assert str(refused.value) == (
        f"weights '{start}': it has no 'model/conv/kernel' of shape (3, 3, 3, 4): it belongs "
        "to another recipe, or to an older version of this one. Fix: name latent weights of "
        "this network that akida-lite train has written."
    )


def test_a_checkpoint_holds_model_optimizer_and_state(data, tmp_path):
    model = build(FLOAT)
    optimizer = loop.optimizer_of(FLOAT.cycles[0], model)
    state = {"step": 4, "losses": [0.1, 1 / 3], "curve": [], "seconds": 1.5, "machines": []}
    save_checkpoint(tmp_path / "c.npz", model, optimizer, state)
    keras.utils.set_random_seed(99)
    again = build(FLOAT)
    its = loop.optimizer_of(FLOAT.cycles[0], again)
    its.iterations.assign(17)
    load_checkpoint(tmp_path / "c.npz", again, its)
    assert read_state(tmp_path / "c.npz") == state
    assert int(its.iterations.numpy()) == 0
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_record_says_what_was_run(data, tmp_path):
    run(FLOAT, tmp_path, data, stop_after=7)
    run(FLOAT, tmp_path, data)
    record = read_record(tmp_path / "tiny_float.json")
    assert record["recipe"] == json.loads(json.dumps(asdict(FLOAT)))
    assert record["start"] is None
    # A session each; the curve ends at the last step.
    assert len(record["machines"]) == 2
    assert {"date", "python", "tensorflow", "keras", "numpy", "processor", "cores"} <= (
        record["machines"][0].keys()
    )
    assert [point["step"] for point in record["curve"]] == list(range(1, 11))
    assert [point["size"] for point in record["curve"]] == [4] * 5 + [8] * 5
    assert record["curve"][-1]["images"] == 80
    run(QUANTIZED, tmp_path / "q", data, start=tmp_path / latent_name("tiny_float"))
    assert read_record(tmp_path / "q" / "tiny_w4.json")["start"] == latent_name("tiny_float")


def test_a_run_without_images_kept_apart_has_no_validation(data, tmp_path):
    (x, y), _ = data
    run(FLOAT, tmp_path, ((x, y), (x[:0], y[:0])))
    curve = read_record(tmp_path / "tiny_float.json")["curve"]
    assert {point["validation_accuracy"] for point in curve} == {None}


@pytest.mark.parametrize("images", [40, 47])
def test_refreshed_statistics_are_the_mean_over_all_images(images, data):
    (x, _), _ = data
    model = build(FLOAT)
    norm = model.get_layer("conv_BN")
    momentum = norm.momentum
    loop.refresh_batch_norm(model, x[:images], SCALING, batch_size=8)
    assert norm.momentum == momentum
    inner = keras.Model(model.input, model.get_layer("conv_maxpool").output)
    pooled = np.asarray(inner(x[:images].astype(np.float32) / 255), np.float64)
    difference = np.abs(np.asarray(norm.moving_mean) - pooled.mean(axis=(0, 1, 2)))
    assert difference.max() < 1e-6
    parts = [pooled[at : at + 8] for at in range(0, images, 8)]
    variance = sum(len(part) * part.var(axis=(0, 1, 2)) for part in parts) / images
    assert np.abs(np.asarray(norm.moving_variance) - variance).max() < 1e-6


def test_small_images_are_enlarged_where_the_network_flattens(data):
    (x, _), _ = data
    model = build(FLOAT)
    full = loop.scores_of(model, loop.scaled(x, 8, SCALING), training=False)
    difference = np.abs(np.asarray(full) - np.asarray(model(loop.scaled(x, 8, SCALING)))).max()
    assert difference < 1e-6
    assert loop.scores_of(model, loop.scaled(x, 4, SCALING), training=False).shape == (48, 3)


def test_accuracy_is_the_share_of_right_images(data):
    (x, y), _ = data
    model = build(FLOAT)
    right = np.asarray(model(x.astype(np.float32) / 255)).argmax(1) == y
    found = loop.validated(loop.forward_of(model), x, y, SCALING, batch_size=10)
    assert found == (right.sum() / 48, 0.0)


def test_operations_are_those_of_the_integer_model(data):
    (x, y), _ = data
    model = build(QUANTIZED)
    integers = convert(model, input_scaling=SCALING)
    integers.forward(x)
    layers = integers.get_statistics().values()
    total = sum(la.input_events * la.ops_per_event for la in layers if la.counts_input)
    _, millions = loop.validated(loop.forward_of(model, counting=True), x, y, SCALING, 16)
    assert round(millions * 1e6) == round(total / 48)


def test_a_cycle_with_a_penalty_takes_events_away_and_may_leave_kernels_alone(data, tmp_path):
    tuning = Cycle(0.1, (Stage(8, 80),), "muon", event_cost=1e4, kernels=False)
    runs = {}
    for cost in (0.0, 1e4):
        recipe = replace(
            QUANTIZED, name=f"tiny_{cost:g}", cycles=(replace(tuning, event_cost=cost),)
        )
        run(recipe, tmp_path, data, start=start_of(data, tmp_path))
        runs[cost] = arrays_of(tmp_path / latent_name(recipe.name))
        curve = read_record(tmp_path / f"{recipe.name}.json")["curve"]
        runs[cost]["operations"] = curve[-1]["validation_operations"]
    assert 0 < runs[1e4]["operations"] < runs[0.0]["operations"]
    begun = arrays_of(tmp_path / latent_name("tiny_float"))
    for name, values in runs[1e4].items():
        if name.endswith("/kernel"):
            assert values.tobytes() == begun[name].tobytes()
    changed = [n for n in begun if n.endswith("beta") and (begun[n] != runs[1e4][n]).any()]
    assert len(changed) == 2


@pytest.mark.parametrize("optimizer", ["sgd", "muon"])
def test_decay_is_for_kernels_only(optimizer):
    model = build(FLOAT)
    its = loop.optimizer_of(replace(FLOAT.cycles[0], optimizer=optimizer), model)
    decayed = {v.path for v in model.trainable_variables if its._use_weight_decay(v)}
    assert {path.split("/")[-1] for path in decayed} == {"kernel"}
    assert len(decayed) == 3


def test_pixels_become_0_to_1():
    x = np.arange(0, 256, 4, dtype=np.uint8).reshape(1, 8, 8, 1)
    np.testing.assert_array_equal(
        np.asarray(loop.scaled(x, 8, SCALING)), x.astype(np.float32) / 255
    )
    assert loop.scaled(x, 4, SCALING).shape == (1, 4, 4, 1)
    assert loop.scaled(x, 4, SCALING).dtype == tf.float32


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="recipe 'lenet': it is none of vgg_cifar10_float, "):
        shipped.recipe_called("lenet")


def test_the_last_images_are_kept_apart_and_test_images_are_not_touched(monkeypatch):
    asked = []

    def load(dataset, path):
        asked.append((dataset.name, path))
        x, y = np.zeros((10, 1), np.uint8), np.arange(10, dtype=np.uint8)
        return {"x_train": x, "y_train": y, "x_test": x[:0], "y_test": y[:0]}

    monkeypatch.setattr(shipped, "load", load)
    recipe = replace(FLOAT, model="vgg_cifar10", holdout=3)
    (_, trained), (_, kept) = shipped.training_data(recipe, "folder")
    np.testing.assert_array_equal(trained, range(7))
    np.testing.assert_array_equal(kept, [7, 8, 9])
    (_, trained), (_, kept) = shipped.training_data(replace(recipe, holdout=0))
    assert (len(trained), len(kept)) == (10, 0)
    assert asked == [("cifar10", "folder"), ("cifar10", None)]


@pytest.fixture
def shipping(tmp_path, monkeypatch):
    """Let tiny recipes ship, from an empty folder; returns a function that takes them."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    monkeypatch.setattr(shipped, "FOLDER", folder)
    monkeypatch.setattr("akida_lite.zoo.cards.FOLDER", folder)
    monkeypatch.setattr(shipped, "build", build)
    network = replace(NETWORKS["vgg_cifar10"], name="tiny", input_shape=(8, 8, 3))
    monkeypatch.setitem(NETWORKS, "tiny", network)
    shipped.shipped_cards.cache_clear()

    def ship(*recipes):
        monkeypatch.setattr(shipped, "RECIPES", {recipe.name: recipe for recipe in recipes})
        return folder

    yield ship
    shipped.shipped_cards.cache_clear()


def test_the_teacher_comes_from_the_folder_or_from_what_ships(
    data, tmp_path, shipping, monkeypatch
):
    monkeypatch.setattr(shipped, "training_data", lambda recipe, path: data)
    shipping(FLOAT, TAUGHT)
    with pytest.raises(DatasetError) as refused:
        shipped.train_shipped("tiny_taught", tmp_path / "run")
    assert str(refused.value) == (
        "recipe 'tiny_float': another learns from it, and its latent weights are not in "
        f"{tmp_path / 'run'}. Fix: run 'akida-lite train tiny_float' first."
    )
    shipped.train_shipped("tiny_float", tmp_path / "run", report=lambda line: None)
    shipped.publish("tiny_float", tmp_path / "run")
    for folder in ("run", "elsewhere"):
        lines = []
        shipped.train_shipped("tiny_taught", tmp_path / folder, report=lines.append)
        shipped_used = "the shipped weights are taken" in lines[0]
        assert shipped_used == (folder == "elsewhere")
        assert read_record(tmp_path / folder / "tiny_taught.json")["recipe"]["teacher"]


def test_what_is_trained_can_be_published(data, tmp_path, shipping):
    """Published weights become the trained model's integers, and the index names them."""
    recipe = replace(FLOAT, name="tiny_w4", bits=(4, 4, 4))
    folder = shipping(recipe)
    model, _ = run(recipe, tmp_path / "run", data)
    path = shipped.publish("tiny_w4", tmp_path / "run")
    (card,) = shipped.shipped_cards().values()
    assert (card.name, card.bits) == ("tiny_w4", (4, 4, 4))
    assert read_record(folder / "tiny_w4.json")["recipe"]["name"] == "tiny_w4"
    again = build(recipe)
    load_weights(path, again)
    (trained, published) = (convert(each, input_scaling=SCALING) for each in (model, again))
    x = data[0][0]
    np.testing.assert_array_equal(trained.forward(x), published.forward(x))
    assert (card.integers_sha256, card.integers_path.exists()) == (None, False)


def test_deployed_weights_are_published_as_integer_model_as_well(
    data, tmp_path, shipping, monkeypatch
):
    recipe = replace(FLOAT, name="tiny_w4", bits=(4, 4, 4))
    shipping(recipe)
    classes = replace(NETWORKS["tiny"].dataset, labels=("ant", "bee", "cow"))
    deployed = replace(NETWORKS["tiny"], deployed=recipe.bits, dataset=classes)
    monkeypatch.setitem(NETWORKS, "tiny", deployed)
    model, _ = run(recipe, tmp_path / "run", data)
    path = shipped.publish("tiny_w4", tmp_path / "run")
    assert not [name for name in read_container(path)[1] if name.endswith("kernel")]
    again = build(recipe)
    load_weights(path, again)
    integers = pretrained("tiny")
    assert integers.labels == ("ant", "bee", "cow")
    for keras_model in (model, again):
        expected = convert(keras_model, input_scaling=SCALING)
        x = data[0][0]
        np.testing.assert_array_equal(integers.forward(x), expected.forward(x))


def test_a_quantized_network_is_lengthened_from_its_published_integers(
    data, tmp_path, shipping, monkeypatch
):
    recipe = replace(FLOAT, name="tiny_w4", bits=(4, 4, 4))
    shipping(recipe)
    run(recipe, tmp_path / "run", data)
    shipped.publish(recipe.name, tmp_path / "run")
    longer = replace(recipe, cycles=(*recipe.cycles, Cycle(0.01, (Stage(8, 24),))))
    shipping(longer)
    monkeypatch.setattr(shipped, "training_data", lambda recipe, path: data)
    lines = []
    shipped.unpack("tiny_w4", tmp_path / "unpacked")
    (unpacked, trained) = (
        shipped._trained("tiny_w4", tmp_path / where, lines.append)
        for where in ("unpacked", "run")
    )
    x = data[0][0]
    np.testing.assert_array_equal(
        convert(unpacked, input_scaling=SCALING).forward(x),
        convert(trained, input_scaling=SCALING).forward(x),
    )
    shipped.train_shipped("tiny_w4", tmp_path / "again", report=lines.append)
    assert lines[1] == "tiny_w4: is lengthened from step 10 to 13"
    record = read_record(tmp_path / "again" / "tiny_w4.json")
    assert record["note"] == "From step 10 on it was lengthened from its published integers."


def test_training_starts_from_what_ships_where_nothing_was_trained(
    data, tmp_path, shipping, monkeypatch
):
    longer = replace(FLOAT, cycles=(*FLOAT.cycles, Cycle(0.01, (Stage(8, 24),))))
    shipping(FLOAT, QUANTIZED)
    run(FLOAT, tmp_path / "run", data)
    path = shipped.publish(FLOAT.name, tmp_path / "run").with_suffix(".json")
    path.write_text(path.read_text().replace('"note": ""', '"note": "by hand"'))
    monkeypatch.setattr(shipped, "training_data", lambda recipe, path: data)
    shipping(longer, QUANTIZED)
    for recipe, resume in ((QUANTIZED, False), (longer, True)):
        folder, lines = tmp_path / recipe.name, []
        shipped.train_shipped(recipe.name, folder, resume=resume, report=lines.append)
        assert lines[0] == (
            f"{FLOAT.name}: the shipped weights are taken, as {folder} has none"
        )
        record = read_record(folder / f"{recipe.name}.json")
        assert record["curve"][-1]["step"] == recipe.steps
    assert lines[1] == "tiny_float: is lengthened from step 10 to 13"
    assert record["note"] == "by hand"
    shorter = read_record(tmp_path / "run/tiny_float.json")["curve"]
    assert record["curve"][: len(shorter)] == shorter
