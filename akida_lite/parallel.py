"""Tasks for several processes of this machine: few at a time, tried again when one dies.

A process has one task at a time, and a pipe of its own. So the task that ended it is known,
nothing waits for what will not come, and processes end with the one that started them.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.classifier import Classifier
from akida_lite.engine.inputs import checked_input
from akida_lite.engine.options import cores_each, whole
from akida_lite.errors import InputError, Problem
from akida_lite.model import Model, Pixels

_ATTEMPTS = 3
# Each process has at most this many tasks, begun or waiting to be handed on.
_AHEAD = 3
# A task has this many images: enough that handing it on costs little, few enough to show
# progress.
_LARGEST_PART = 500

_Waiting: TypeAlias = "tuple[int, bytes]"


def results(
    function: Callable[[Any], Any], tasks: Iterable[Any], *, workers: int
) -> Iterator[Any]:
    """Yield ``function(task)`` for each task, in order, computed by several processes.

    A script that calls it does so under ``if __name__ == "__main__":``, because each new
    process imports the script.

    Parameters
    ----------
    function : callable
        Sent to each process once, by pickle.
    tasks : iterable
        Taken as they are needed: a few for each process are begun or done at a time.
    workers : int
        Processes to start.

    Returns
    -------
    iterator
        Of the results, each as soon as it and those before it are there.

    Raises
    ------
    InputError
        If `workers` is no integer above 0, something cannot be sent, or a task has ended three
        processes.
    Exception
        What `function` raises is raised here.
    """
    workers = _processes(workers)
    sent = _pickled(function, "the function")
    numbered = enumerate(tasks)
    waiting: deque[_Waiting] = deque()
    done: dict[int, Any] = {}
    deaths: dict[int, int] = {}
    crew: list[_Worker] = []
    due, taken, more = 0, 0, True
    try:
        while True:
            while more and len(waiting) < workers and taken - due < _AHEAD * workers:
                number, task = next(numbered, (-1, None))
                more = number >= 0
                if more:
                    taken = number + 1
                    waiting.append((number, _pickled(task, f"task {number}")))
            while len(crew) < workers and len(waiting) > _idle(crew):
                crew.append(_Worker(sent, cores_each(workers)))
            for worker in crew:
                if worker.task is None and waiting:
                    worker.begin(waiting.popleft())
            busy = {worker.connection: worker for worker in crew if worker.task is not None}
            if not busy:
                return
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                assert worker.task is not None
                number = worker.task[0]
                try:
                    done[number] = worker.answer()
                except (EOFError, OSError):
                    deaths[number] = deaths.get(number, 0) + 1
                    waiting.appendleft(worker.task)
                    worker.end()
                    crew.remove(worker)
                    if deaths[number] == _ATTEMPTS:
                        raise _hopeless(number) from None
            while due in done:
                yield _value(done.pop(due))
                due += 1
    finally:
        for worker in crew:
            worker.end()


def predict(
    model: Model | str,
    x: Pixels,
    *,
    workers: int,
    backend: str = "fast",
    batch_size: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Return what ``Model.predict`` does, computed by several processes of this machine.

    It is :class:`akida_lite.Classifier` in processes of its own; other engines run that
    one directly.

    Parameters
    ----------
    model : Model, name or path
        As for `Classifier`.
    x : uint8 array of shape (n, height, width, channels)
    workers : int
        Processes to start.
    backend, batch_size
        As in ``Model.predict``.
    threads : int, optional
        Threads of each process; left out, the cores are shared out equally.
    progress : callable, optional
        Called with (images done, images in all) after each part.

    Returns
    -------
    int64 array of shape (n,)
        In the order of the images.

    Raises
    ------
    InputError
        As ``Model.predict`` and `results`.
    FileFormatError
        If a path cannot be read as a model.
    """
    workers = _processes(workers)
    threads = threads or cores_each(workers)
    classify = Classifier(model, backend=backend, batch_size=batch_size, threads=threads)
    images = checked_input(classify.model.layers[0], x)  # type: ignore[arg-type]
    size = max(1, min(-(-len(images) // workers), _LARGEST_PART))
    parts = [(at, min(at + size, len(images))) for at in range(0, len(images), size)]
    classes = [np.zeros(0, np.int64)]
    with TemporaryDirectory() as folder:
        # Images travel through a file that processes map into memory: pipes are slow.
        np.save(Path(folder, "images.npy"), images)
        part_of = _Part(classify, str(Path(folder, "images.npy")))
        for (_, stop), found in zip(
            parts, results(part_of, parts, workers=workers), strict=True
        ):
            classes.append(found)
            if progress is not None:
                progress(stop, len(images))
    return np.concatenate(classes)


def _processes(workers: Any) -> int:
    """Return the number of processes as an int: one of numpy may wrap around."""
    number = whole(workers)
    if number is None or number < 1:
        problem = f"{workers!r:.60} is not a number of processes"
        raise InputError(Problem("option 'workers'", problem, "choose 1 or more"))
    return number


class _Part:
    """From a range of rows to their classes; the images lie in a file."""

    def __init__(self, classify: Classifier, path: str) -> None:
        self.classify, self.path = classify, path

    def __call__(self, rows: tuple[int, int]) -> npt.NDArray[np.int64]:
        images = np.load(self.path, mmap_mode="r")[slice(*rows)]
        return self.classify({self.classify.image: np.asarray(images)})["class"]


class _Worker:
    """One process, and the task that it has."""

    def __init__(self, function: bytes, threads: int) -> None:
        # Forking a process that has threads, as TensorFlow and ONNX Runtime do, may hang it.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.task: _Waiting | None = None
        self.process = context.Process(target=_serve, args=(theirs, function), daemon=True)
        with _numpy_threads(threads):
            self.process.start()
        # An open copy here would keep the pipe open after the process has ended.
        theirs.close()

    def begin(self, task: _Waiting) -> None:
        """Hand a task on; a process that has ended shows when its answer is read."""
        self.task = task
        with suppress(OSError):
            self.connection.send_bytes(task[1])

    def answer(self) -> Any:
        """Return what the process has sent."""
        answer = pickle.loads(self.connection.recv_bytes())
        self.task = None
        return answer

    def end(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.process.terminate()
        self.process.join()


@contextmanager
def _numpy_threads(threads: int) -> Iterator[None]:
    """Say how many threads numpy of a new process has, unless somebody has said it.

    numpy's OpenBLAS reads it when it is imported. Left alone, each process takes all cores, and
    its threads wait for those of the others by spinning.
    """
    if {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"} & os.environ.keys():
        yield
        return
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    try:
        yield
    finally:
        del os.environ["OPENBLAS_NUM_THREADS"]


def _idle(crew: list[_Worker]) -> int:
    return sum(worker.task is None for worker in crew)


def _serve(connection: Connection, function: bytes) -> None:
    """Compute tasks until the pipe is closed; runs in a process of its own."""
    # Ctrl+C reaches all processes of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(_answer(function, connection.recv_bytes()))


def _answer(function: bytes, task: bytes) -> bytes:
    """Return the pickled result or exception, or what there is to say of it."""
    try:
        return pickle.dumps((True, _function(function)(pickle.loads(task))))
    except Exception as error:
        try:
            sent = pickle.dumps((False, error))
            pickle.loads(sent)
            return sent
        except Exception:
            text = f"{type(error).__name__}: {error}"
            return pickle.dumps((False, RuntimeError(text)))


_FUNCTIONS: dict[bytes, Callable[[Any], Any]] = {}


def _function(sent: bytes) -> Callable[[Any], Any]:
    if sent not in _FUNCTIONS:
        _FUNCTIONS[sent] = pickle.loads(sent)
    return _FUNCTIONS[sent]


def _value(answer: tuple[bool, Any]) -> Any:
    succeeded, value = answer
    if not succeeded:
        raise value
    return value


def _pickled(value: Any, what: str) -> bytes:
    try:
        return pickle.dumps(value)
    # Objects that cannot be pickled raise many kinds of errors.
    except Exception as error:
        problem = f"it cannot be sent to another process ({error})"
        remedy = "use functions of modules, and plain arrays and values"
        raise InputError(Problem(what, problem, remedy)) from error


def _hopeless(number: int) -> InputError:
    problem = f"task {number} has ended {_ATTEMPTS} processes: killed, or out of memory"
    remedy = (
        "use fewer workers or a smaller batch_size; in a script, call it under "
        "if __name__ == '__main__'"
    )
    return InputError(Problem("option 'workers'", problem, remedy))
