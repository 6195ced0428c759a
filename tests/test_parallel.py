"""Several processes say what one says, in the same order, and end when one of them fails."""

import os
import pickle
from concurrent.futures import Executor, Future

import numpy as np
import pytest
from trained_like import vgg_like

import akida_lite as al
from akida_lite import parallel
from akida_lite.errors import FileFormatError, InputError, LayerError, Problem


@pytest.fixture(scope="module")
def model():
    return al.Model(vgg_like(np.random.default_rng(11)))


@pytest.fixture(scope="module")
def images(model):
    return np.random.default_rng(12).integers(0, 256, (9, *model.input_shape), np.uint8)


class Here(Executor):
    """Runs every task at once, and remembers the images of each."""

    def __init__(self):
        self.parts, self.options = [], []

    def submit(self, function, content, x, options):
        self.parts.append(x)
        self.options.append(options)
        done = Future()
        try:
            done.set_result(function(content, x, options))
        except Exception as error:
            done.set_exception(error)
        return done


def test_two_processes_say_what_one_says(model, images, tmp_path):
    path = tmp_path / "model.akl"
    model.save(path)
    expected = model.predict(images)
    assert len(set(expected)) > 1
    for of in (model, path):
        found = parallel.predict(of, images, workers=2)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_an_error_in_a_process_arrives_with_its_text(model, images, tmp_path):
    with pytest.raises(InputError) as here:
        model.predict(images.astype(np.float32))
    with pytest.raises(InputError) as there:
        parallel.predict(model, images.astype(np.float32), workers=2)
    assert str(there.value) == str(here.value)
    assert there.value.problems == here.value.problems
    with pytest.raises(FileFormatError, match=r"none\.akl"):
        parallel.predict(tmp_path / "none.akl", images, workers=2)


def end_at_once(*_):
    os._exit(3)


def test_a_process_that_is_killed_is_reported_and_nothing_hangs(model, images, monkeypatch):
    monkeypatch.setattr(parallel, "_classes", end_at_once)
    with pytest.raises(InputError) as caught:
        parallel.predict(model, images, workers=2)
    assert str(caught.value) == (
        "option 'workers': a process ended without a result: killed, or out of memory. Fix: "
        "use fewer workers or a smaller batch_size; in a script, call it under "
        "if __name__ == '__main__'."
    )


@pytest.mark.parametrize("workers", [0, -2])
def test_fewer_than_one_process_is_refused(model, images, workers):
    with pytest.raises(InputError) as caught:
        parallel.predict(model, images, workers=workers)
    assert str(caught.value) == (
        f"option 'workers': {workers} is not a number of processes. Fix: choose 1 or more."
    )


@pytest.mark.parametrize("workers", [1, 2, 3, 9, 20])
def test_parts_are_contiguous_and_all_images_are_in_one(model, images, workers):
    here = Here()
    found = parallel.predict(model, images, workers=workers, executor=here)
    np.testing.assert_array_equal(found, model.predict(images))
    np.testing.assert_array_equal(np.concatenate(here.parts), images)
    assert len(here.parts) == -(-9 // -(-9 // workers))


def test_a_part_is_never_so_large_that_progress_cannot_be_seen():
    parts = parallel._parts(10_000, 2)
    assert max(part.stop - part.start for part in parts) == 500
    assert [part.start for part in parts] == list(range(0, 10_000, 500))


def test_progress_is_reported_part_by_part(model, images):
    seen = []
    parallel.predict(
        model, images, workers=2, executor=Here(), progress=lambda *done: seen.append(done)
    )
    # Parts of five and of four, in the order in which they are done.
    assert seen in ([(5, 9), (9, 9)], [(4, 9), (9, 9)])


def test_no_image_gives_no_class(model, images):
    found = parallel.predict(model, images[:0], workers=3, executor=Here())
    assert (found.shape, found.dtype) == ((0,), np.int64)


def test_options_reach_every_part(model, images):
    here = Here()
    options = {"backend": "reference", "batch_size": 1, "threads": 2}
    parallel.predict(model, images[:2], workers=2, executor=here, **options)
    assert here.options == [options, options]


def test_a_file_that_is_written_again_is_read_again(model, images, tmp_path):
    path = tmp_path / "model.akl"
    for seed in (1, 2):
        other = al.Model(vgg_like(np.random.default_rng(seed)))
        other.save(path)
        found = parallel.predict(path, images, workers=1, executor=Here())
        np.testing.assert_array_equal(found, other.predict(images))


@pytest.mark.parametrize("kind", [InputError, LayerError, FileFormatError])
def test_errors_survive_the_way_between_processes(kind):
    error = kind([Problem("a", "b", "c", layer="d", rule="e"), Problem("f", "g", "h")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.problems, str(again)) == (error.problems, str(error))
