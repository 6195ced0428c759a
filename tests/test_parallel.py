"""Several processes say what one says, in order; a task whose process dies is tried again."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
import tiny_classifier
from tiny_classifier import tiny_images, tiny_model

import akida_lite as al
from akida_lite import parallel
from akida_lite.engine.options import usable_cores
from akida_lite.errors import FileFormatError, InputError, LayerError, Problem

MODEL = tiny_model()
IMAGES = tiny_images(9)


@pytest.fixture(autouse=True)
def _no_process_is_left():
    yield
    assert multiprocessing.active_children() == []


def test_two_processes_say_what_one_says(tmp_path):
    MODEL.save(tmp_path / "model.akl")
    expected = MODEL.predict(IMAGES)
    assert len(set(expected)) > 1
    for of in (MODEL, tmp_path / "model.akl"):
        found = parallel.predict(of, IMAGES, workers=2)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_an_array_of_a_class_of_ones_own_is_an_array():
    class Pixels(np.ndarray):
        def __reduce__(self):
            raise TypeError("this cannot be sent")

    found = parallel.predict(MODEL, IMAGES.view(Pixels), workers=2)
    np.testing.assert_array_equal(found, MODEL.predict(IMAGES))


def test_what_the_model_does_not_read_is_refused_before_a_process_starts(tmp_path):
    for wrong in (IMAGES.astype(np.float32), [object()] * 3, IMAGES[0]):
        with pytest.raises(InputError) as here:
            MODEL.predict(wrong)
        with pytest.raises(InputError) as there:
            parallel.predict(MODEL, wrong, workers=2)
        assert str(there.value) == str(here.value)
    with pytest.raises(FileFormatError, match=r"none\.akl"):
        parallel.predict(tmp_path / "none.akl", IMAGES, workers=2)


@pytest.mark.parametrize("workers", [0, -2, 2.5, "2", True, None])
def test_what_is_no_number_of_processes_is_refused(workers):
    for act in (
        lambda: parallel.predict(MODEL, IMAGES, workers=workers),
        lambda: next(parallel.results(abs, [1], workers=workers)),
    ):
        with pytest.raises(InputError) as caught:
            act()
        assert str(caught.value) == (
            f"option 'workers': {workers!r} is not a number of processes. "
            "Fix: choose 1 or more."
        )


def test_a_number_of_processes_may_be_one_of_numpy():
    found = parallel.predict(MODEL, IMAGES, workers=np.uint8(1))
    np.testing.assert_array_equal(found, MODEL.predict(IMAGES))


def test_no_image_gives_no_class_and_starts_no_process():
    found = parallel.predict(MODEL, IMAGES[:0], workers=3)
    assert (found.shape, found.dtype) == ((0,), np.int64)


def test_progress_is_reported_in_order():
    seen = []
    parallel.predict(MODEL, IMAGES, workers=2, progress=lambda *done: seen.append(done))
    assert seen == [(5, 9), (9, 9)]


def test_options_reach_the_engine():
    with pytest.raises(InputError, match="option 'backend': 'gpu' is none of"):
        parallel.predict(MODEL, IMAGES, workers=1, backend="gpu")


# -- tasks ----------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_tasks():
    found = parallel.results(tiny_classifier.double, range(50), workers=2)
    assert list(found) == list(range(0, 100, 2))


@pytest.mark.parametrize("said", [None, "3"])
def test_processes_share_the_cores_out_among_the_threads_of_numpy(said, monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    if said is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", said)
    expected = said or str(max(1, usable_cores() // 2))
    assert list(parallel.results(os.getenv, ["OPENBLAS_NUM_THREADS"], workers=2)) == [expected]
    assert os.environ.get("OPENBLAS_NUM_THREADS") == said


def test_a_task_whose_process_was_killed_is_tried_again(tmp_path):
    tasks = [(str(tmp_path / str(i)), i) for i in range(6)]
    found = parallel.results(tiny_classifier.die_once, tasks, workers=2)
    assert list(found) == list(range(6))
    assert len(list(tmp_path.iterdir())) == 6


def test_a_task_that_always_ends_its_process_is_named():
    found = []
    with pytest.raises(InputError) as caught:
        found.extend(parallel.results(tiny_classifier.die, range(9), workers=1))
    assert str(caught.value) == (
        "option 'workers': task 2 has ended 3 processes: killed, or out of memory. Fix: use "
        "fewer workers or a smaller batch_size; in a script, call it under "
        "if __name__ == '__main__'."
    )


def test_an_error_in_a_process_arrives_with_its_text():
    with pytest.raises(InputError) as caught:
        list(parallel.results(tiny_classifier.fail, [7], workers=1))
    assert caught.value.problems == (Problem("here", "7 is wrong", "give another"),)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (tiny_classifier.fail_with_what_cannot_be_sent, "^Local: task 7$"),
        (tiny_classifier.return_what_cannot_be_sent, "local object"),
    ],
)
def test_what_a_process_cannot_send_back_is_said_as_text(function, text):
    with pytest.raises(Exception, match=text):
        list(parallel.results(function, [7], workers=1))


def test_what_cannot_be_sent_to_a_process_is_refused():
    for function, task, what in (
        (lambda task: task, 1, "the function"),
        (tiny_classifier.double, lambda: 1, "task 0"),
    ):
        with pytest.raises(InputError) as caught:
            list(parallel.results(function, [task], workers=2))
        problem = caught.value.problems[0]
        assert problem.subject == what
        assert problem.problem.startswith("it cannot be sent to another process (")
        assert problem.remedy == "use functions of modules, and plain arrays and values"


def test_few_tasks_are_taken_before_they_are_needed():
    taken = []

    def tasks():
        for task in range(100):
            taken.append(task)
            yield task

    found = parallel.results(tiny_classifier.double, tasks(), workers=2)
    assert next(found) == 0
    assert len(taken) <= 6
    found.close()


@pytest.mark.skipif(os.name == "nt", reason="sends signals")
def test_processes_end_with_the_one_that_started_them():
    code = (
        "import os, signal\n"
        "from akida_lite import parallel\nfrom tiny_classifier import double\n"
        "if __name__ == '__main__':\n"
        "    found = parallel.results(double, range(100), workers=2)\n"
        "    print(next(found), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = os.pathsep.join([*sys.path, os.path.dirname(__file__)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        timeout=300,
    )
    # Its output ends only when all who could write to it have ended.
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"0\n")


@pytest.mark.parametrize("kind", [InputError, LayerError, FileFormatError])
def test_errors_survive_the_way_between_processes(kind):
    error = kind([Problem("a", "b", "c", layer="d", rule="e"), Problem("f", "g", "h")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.problems, str(again)) == (error.problems, str(error))


def test_a_classifier_is_a_function_for_processes():
    classify = al.Classifier(MODEL, threads=1)
    batches = [{"image": IMAGES[:4]}, {"image": IMAGES[4:]}]
    found = list(parallel.results(classify, batches, workers=2))
    np.testing.assert_array_equal(
        np.concatenate([answers["class"] for answers in found]), MODEL.predict(IMAGES)
    )
