"""The classifier answers as its model does, travels light, and never with an old model."""

import io
import pickle
import sys
import threading

import numpy as np
import pytest
from tiny_classifier import SHAPE, tiny_images, tiny_model

import akida_lite as al
from akida_lite import classifier, parallel
from akida_lite.engine import run
from akida_lite.files import sha256_of
from akida_lite.layers import Convolutional, FullyConnected, InputData, Potentials, Staircase

MODEL = tiny_model()
IMAGES = tiny_images(20)


@pytest.fixture(autouse=True)
def _a_process_that_has_read_nothing():
    classifier._MODELS.clear()


@pytest.fixture
def path(tmp_path):
    MODEL.save(tmp_path / "tiny.akl")
    return tmp_path / "tiny.akl"


def test_it_answers_as_its_model_does(path):
    for of in (MODEL, path, str(path)):
        answers = al.Classifier(of, potentials=True)({"image": IMAGES})
        np.testing.assert_array_equal(answers["class"], MODEL.predict(IMAGES))
        potentials = MODEL.forward(IMAGES).reshape(len(IMAGES), 3)
        np.testing.assert_array_equal(answers["potentials"], potentials)
        np.testing.assert_array_equal(answers["score"], MODEL.evaluate(IMAGES).max(axis=1))
        ranks = np.sort(potentials, axis=1)
        np.testing.assert_array_equal(answers["runner_up_score"], ranks[:, 1])
        assert (answers["runner_up"] != answers["class"]).all()
    assert len(set(answers["class"])) > 1
    assert {name: values.dtype for name, values in answers.items()} == {
        "class": np.int64,
        "score": np.float32,
        "runner_up": np.int64,
        "runner_up_score": np.float32,
        "potentials": np.int32,
    }


def test_a_trained_network_goes_by_its_name():
    images, _ = al.datasets.load_cifar10_sample()
    classify = al.Classifier("vgg_cifar10")
    expected = al.pretrained("vgg_cifar10").predict(images[:5])
    np.testing.assert_array_equal(classify({"image": images[:5]})["class"], expected)
    assert classify.labels == al.zoo.NETWORKS["vgg_cifar10"].labels


def test_events_and_operations_are_those_of_the_statistics():
    answers = al.Classifier(MODEL, statistics=True)({"image": IMAGES})
    np.testing.assert_array_equal(answers["class"], MODEL.predict(IMAGES))
    for row, image in enumerate(IMAGES):
        MODEL.predict(image[np.newaxis])
        statistics = MODEL.get_statistics()
        assert answers["operations"][row] == statistics.ops
        assert answers["events"][row] == statistics["conv"].output_events


@pytest.mark.parametrize("backend", ["fast", "reference"])
def test_counting_changes_no_output(backend):
    from akida_lite.report.per_image import counted_images

    images = tiny_images(70)
    outputs, events, operations = counted_images(
        MODEL.layers, images, backend=backend, threads=1
    )
    expected = run(MODEL.layers, images, count_events=True)
    np.testing.assert_array_equal(outputs, expected.output)
    assert events.sum() == expected.events[0].output_events
    assert operations.sum() == expected.events[1].input_events * 3


def test_columns_are_handed_through():
    names = np.array([f"image {i}" for i in range(20)])
    answers = al.Classifier(MODEL, image="x", keep=["name"])({"x": IMAGES, "name": names})
    np.testing.assert_array_equal(answers["name"], names)


def test_a_path_travels_without_the_model(path):
    sent = pickle.dumps(al.Classifier(path))
    assert len(sent) < 1000
    classifier._MODELS.clear()
    again = pickle.loads(sent)
    assert not classifier._MODELS
    np.testing.assert_array_equal(again({"image": IMAGES})["class"], MODEL.predict(IMAGES))


def test_a_model_travels_as_its_file(path):
    again = pickle.loads(pickle.dumps(al.Classifier(MODEL)))
    classifier._MODELS.clear()
    np.testing.assert_array_equal(again({"image": IMAGES})["class"], MODEL.predict(IMAGES))
    assert again.sha256 == sha256_of(path)


def test_a_process_reads_a_model_once(path, monkeypatch):
    reads = []
    load = al.Model.load
    monkeypatch.setattr(al.Model, "load", lambda file: reads.append(file) or load(file))
    classify = al.Classifier(path)
    for again in (classify, pickle.loads(pickle.dumps(classify)), al.Classifier(path)):
        again({"image": IMAGES})
    assert len(reads) == 1


def test_threads_of_a_process_read_a_model_once(path, monkeypatch):
    reads = []
    load = al.Model.load
    classify = al.Classifier(path)
    classifier._MODELS.clear()
    monkeypatch.setattr(al.Model, "load", lambda file: reads.append(file) or load(file))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(classify({"image": IMAGES})["class"]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1
    for classes in found:
        np.testing.assert_array_equal(classes, MODEL.predict(IMAGES))


def test_a_file_of_the_same_size_and_time_is_no_old_model(path):
    """The classes are those of the file that a classifier was made with, or there are none."""
    import os

    old = al.Classifier(path)
    facts = path.stat()
    other = tiny_model(seed=1)
    other.save(path)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size
    # This process has the old model still.
    np.testing.assert_array_equal(old({"image": IMAGES})["class"], MODEL.predict(IMAGES))
    new = al.Classifier(path)
    np.testing.assert_array_equal(new({"image": IMAGES})["class"], other.predict(IMAGES))
    classifier._MODELS.clear()
    with pytest.raises(al.FileFormatError) as refused:
        pickle.loads(pickle.dumps(old))({"image": IMAGES})
    assert str(refused.value) == (
        f"model {str(path)!r}: it has SHA-256 {new.sha256}; the classifier was made with "
        f"{old.sha256}. Fix: make a new Classifier of it, or of Model.load(path), which "
        "travels itself."
    )


def test_a_replaced_file_gives_no_job_two_models(path):
    """One process has read the old file; those that begin later refuse the new one."""
    old = al.Classifier(path)
    carried = al.Classifier(al.Model.load(path))
    tiny_model(seed=1).save(path)
    batches = [{"image": IMAGES[:10]}, {"image": IMAGES[10:]}]
    with pytest.raises(al.FileFormatError, match="make a new Classifier"):
        list(parallel.results(old, batches, workers=2))
    found = [*map(old, batches), *parallel.results(carried, batches, workers=2)]
    classes = np.concatenate([answers["class"] for answers in found])
    np.testing.assert_array_equal(classes, np.tile(MODEL.predict(IMAGES), 2))
    classifier._MODELS.clear()
    path.write_bytes(b"no model any more")
    with pytest.raises(al.FileFormatError, match="the classifier was made with"):
        old(batches[0])


def test_another_release_of_a_network_is_refused(monkeypatch):
    sent = pickle.dumps(al.Classifier("vgg_cifar10"))
    classifier._MODELS.clear()
    monkeypatch.setattr(classifier, "_published", lambda name: "0" * 64)
    with pytest.raises(al.FileFormatError) as refused:
        pickle.loads(sent)({"image": IMAGES})
    assert str(refused.value).endswith(
        "Fix: install the same release of akida_lite here and where it was made."
    )


def test_a_file_that_is_replaced_while_it_is_read_is_noticed(path, monkeypatch):
    classify = al.Classifier(path)
    classifier._MODELS.clear()
    load = al.Model.load

    def replaced(file):
        tiny_model(seed=1).save(path)
        return load(file)

    monkeypatch.setattr(al.Model, "load", replaced)
    with pytest.raises(al.FileFormatError, match="make a new Classifier of it"):
        classify({"image": IMAGES})


def encoded(image, ending="PNG"):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, ending)
    return file.getvalue()


def test_images_come_as_arrays_bytes_pictures_and_what_data_sets_make_of_them(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    image = IMAGES[0]
    pillow.fromarray(image).save(tmp_path / "image.png")
    column = [
        image,
        image.tolist(),
        image.reshape(-1),
        image.astype(np.int64),
        encoded(image),
        pillow.fromarray(image),
        {"bytes": encoded(image), "path": None},
        {"bytes": None, "path": str(tmp_path / "image.png")},
        str(tmp_path / "image.png"),
    ]
    answers = al.Classifier(MODEL, potentials=True)({"image": column})
    expected = MODEL.forward(image[np.newaxis]).reshape(3)
    for found in answers["potentials"]:
        np.testing.assert_array_equal(found, expected)


GIVE = "give a picture or a uint8 array"
SAVE_AGAIN = "save it again in a format that Pillow reads"
AS_STORED = "store its pixels as uint8, 0 to 255, as they were before any scaling"
SHAPED = "store it as (height, width, channels)"


@pytest.mark.parametrize(
    ("value", "problem", "remedy"),
    [
        (None, "it is missing", GIVE),
        (b"no", "it is no picture that Pillow knows", SAVE_AGAIN),
        (np.zeros(SHAPE), "it has dtype float64, pixels are uint8", AS_STORED),
        (np.full(SHAPE, 256), "it spans 256 to 256, pixels are 0 to 255", AS_STORED),
        (
            np.zeros((8, 8, 2), "u1"),
            "it has shape (8, 8, 2), the model reads (8, 8, 3)",
            SHAPED,
        ),
        (
            np.zeros((0, 8, 3), "u1"),
            "it has shape (0, 8, 3), the model reads (8, 8, 3)",
            SHAPED,
        ),
        ([[1, 2], [3]], "its rows differ in length", GIVE),
    ],
    ids=["none", "text", "float", "range", "channels", "empty", "ragged"],
)
def test_an_image_that_cannot_be_used_is_named_by_its_row(value, problem, remedy):
    with pytest.raises(al.InputError) as refused:
        al.Classifier(MODEL)({"image": [IMAGES[0], value]})
    assert str(refused.value) == (
        f"batch, row 1 of 'image': {problem}. Fix: leave it out, or {remedy}."
    )


def test_an_array_of_another_size_asks_for_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(al.InputError) as refused:
        al.Classifier(MODEL)({"image": [IMAGES[0, 1:]]})
    assert str(refused.value) == (
        "an array of another size: it needs Pillow, which cannot start. "
        "Fix: python -m pip install 'akida_lite[images]'."
    )


def test_no_images_give_no_classes():
    answers = al.Classifier(MODEL, statistics=True, potentials=True)({"image": IMAGES[:0]})
    shapes = {name: values.shape for name, values in answers.items()}
    assert shapes.pop("potentials") == (0, 3)
    assert set(shapes.values()) == {(0,)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: al.Classifier(MODEL)({"picture": IMAGES}),
            "batch: there is no column 'image', there are 'picture'. Fix: name the column as "
            "the option 'image' or 'keep'.",
        ),
        (
            lambda: al.Classifier(MODEL, keep=["name"])({"image": IMAGES}),
            "batch: there is no column 'name', there are 'image'. Fix: name the column as "
            "the option 'image' or 'keep'.",
        ),
        (
            lambda: al.Classifier(MODEL, fit="stretch"),
            "option 'fit': 'stretch' is none of 'crop', 'squeeze'. Fix: choose one of them.",
        ),
        (
            lambda: al.Classifier(MODEL)({"image": IMAGES.astype(np.float32)}),
            "input: has dtype float32, layer 'conv' reads uint8 pixels. Fix: give the image as "
            "it was stored, 0 to 255, before any scaling.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(make, message):
    with pytest.raises(al.InputError) as refused:
        make()
    assert str(refused.value) == message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(al.FileFormatError) as refused:
        al.Classifier(tmp_path / "none.akl")
    assert str(refused.value) == (
        f"file '{tmp_path / 'none.akl'}': it cannot be read (No such file or directory). Fix: "
        "name a file of Model.save(), or one of 'vgg_cifar10', 'mobilenet_cifar10'."
    )


def test_several_positions_name_no_class():
    entry = InputData(name="events", input_shape=(1, 2, 1), input_bits=4)
    output = Potentials(np.ones(2), np.zeros(2))
    last = Convolutional(
        name="map", weights=np.int8([[[[1, 2]]]]), weight_bits=4, input_bits=4, output=output
    )
    with pytest.raises(al.InputError, match="several positions, no one class"):
        al.Classifier(al.Model([entry, last]))


def test_the_runner_up_of_equals_is_the_next():
    entry = InputData(name="events", input_shape=(1, 1, 3), input_bits=4)
    answers = al.Classifier(al.Model([entry]))({"image": np.uint8([[[[5, 5, 1]]]])})
    assert (answers["class"][0], answers["runner_up"][0]) == (0, 1)


def test_one_channel_before_a_sigmoid_stands_for_two_classes():
    entry = InputData(name="events", input_shape=(1, 1, 1), input_bits=4)
    last = FullyConnected(
        name="score",
        weights=np.int8([[1]]),
        weight_bits=2,
        input_bits=4,
        output=Potentials(np.float64([0.5]), np.float64([-1])),
    )
    model = al.Model([entry, last], head="sigmoid", labels=["no", "yes"])
    x = np.uint8([0, 2, 6]).reshape(3, 1, 1, 1)
    answers = al.Classifier(model)({"image": x})
    np.testing.assert_array_equal(answers["class"], model.predict(x))
    np.testing.assert_array_equal(answers["class"], [0, 0, 1])
    np.testing.assert_array_equal(answers["runner_up"], [1, 1, 0])
    np.testing.assert_array_equal(answers["score"], np.float32([1, 0, 2]))
    np.testing.assert_array_equal(answers["runner_up_score"], np.float32([-1, 0, -2]))
    with pytest.raises(al.InputError, match="one channel, of which none is highest"):
        al.Classifier(al.Model([entry, last]))


def test_filters_of_different_scale_are_ranked_by_what_they_are_worth():
    entry = InputData(name="events", input_shape=(1, 1, 3), input_bits=4)
    last = FullyConnected(
        name="scores",
        weights=np.eye(3, dtype=np.int8),
        weight_bits=2,
        input_bits=4,
        output=Potentials(np.float64([4, 0.5, 0.25]), np.float64([0, 0, 9])),
    )
    answers = al.Classifier(al.Model([entry, last]))({"image": np.uint8([[[[1, 2, 3]]]])})
    assert (answers["class"][0], answers["runner_up"][0]) == (2, 0)
    np.testing.assert_array_equal(answers["score"], np.float32([9.75]))
    np.testing.assert_array_equal(answers["runner_up_score"], np.float32([4]))


def test_levels_are_scores_where_the_last_layer_has_an_activation():
    entry = InputData(name="events", input_shape=(1, 1, 2), input_bits=4)
    last = FullyConnected(
        name="levels",
        weights=np.eye(2, dtype=np.int8),
        weight_bits=2,
        input_bits=4,
        output=Staircase(np.tile(np.int32([0, 1, 2]), (2, 1)), 2),
    )
    answers = al.Classifier(al.Model([entry, last]))({"image": np.uint8([[[[1, 9]]]])})
    assert answers["class"][0] == 1
    assert (answers["score"][0], answers["runner_up_score"][0]) == (3, 1)
