"""One data set classified by several processes, of this machine or of a cluster.

Every process computes integers, so their number changes no result.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.engine.options import usable_cores
from akida_lite.errors import InputError, Problem
from akida_lite.model import Model, Pixels

# Images of one task: enough that reading the model does not count, few enough for progress
# to be seen.
_LARGEST_PART = 500


def predict(
    model: Model | str | os.PathLike[str],
    x: Pixels,
    *,
    workers: int,
    backend: str = "fast",
    batch_size: int | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Return what ``Model.predict`` does, computed by several processes.

    A script that calls it without `executor` does so under ``if __name__ == "__main__":``,
    because each new process imports the script.

    Parameters
    ----------
    model : Model or path
        A path of ``Model.save`` is read by every process; a `Model` is sent to them.
    x : uint8 array of shape (n, height, width, channels)
        Cut into contiguous parts, at least `workers` of them where n allows.
    workers : int
        Processes to start, or how many `executor` has.
    backend, batch_size
        As in ``Model.predict``.
    threads : int, optional
        Threads of each process; left out, the cores are shared out equally, at least one
        for each process. Processes of an `executor` may use all of theirs.
    executor : concurrent.futures.Executor, optional
        Runs the parts, for instance ``dask.distributed.Client.get_executor()``. It is not
        shut down. Left out, processes are started, and ended when all is done.
    progress : callable, optional
        Called with (images done, images in all) after each part.

    Returns
    -------
    int64 array of shape (n,)
        In the order of the images.

    Raises
    ------
    InputError
        As ``Model.predict``; if `workers` is below 1; or if a process ended early.
    FileFormatError
        If a path cannot be read as a model.
    """
    if workers < 1:
        problem = f"{workers} is not a number of processes"
        raise InputError(Problem("option 'workers'", problem, "choose 1 or more"))
    content = _content(model) if isinstance(model, Model) else os.fspath(model)
    if threads is None and executor is None:
        threads = max(1, usable_cores() // workers)
    options = {"backend": backend, "batch_size": batch_size, "threads": threads}
    with _running(executor, workers) as running:
        tasks = [
            running.submit(_classes, content, x[part], options)
            for part in _parts(len(x), workers)
        ]
        return np.concatenate(_results(tasks, len(x), progress))


def _parts(images: int, workers: int) -> list[slice]:
    """Return contiguous slices, one for each worker or more; one that is empty for none."""
    size = max(1, min(-(-images // workers), _LARGEST_PART))
    return [slice(at, min(at + size, images)) for at in range(0, max(1, images), size)]


@contextmanager
def _running(executor: Executor | None, workers: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    # Forking a process that has threads, as TensorFlow and ONNX Runtime do, may hang it.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield pool
    except BrokenProcessPool as error:
        problem = "a process ended without a result: killed, or out of memory"
        remedy = (
            "use fewer workers or a smaller batch_size; in a script, call it under "
            "if __name__ == '__main__'"
        )
        raise InputError(Problem("option 'workers'", problem, remedy)) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _results(
    tasks: Sequence[Future[npt.NDArray[np.int64]]],
    total: int,
    progress: Callable[[int, int], None] | None,
) -> list[npt.NDArray[np.int64]]:
    """Return the results in order; the first error ends the waiting."""
    images = 0
    try:
        for task in as_completed(tasks):
            images += len(task.result())
            if progress is not None:
                progress(images, total)
        return [task.result() for task in tasks]
    except BaseException:
        for task in tasks:
            task.cancel()
        raise


def _classes(content: bytes | str, x: Pixels, options: dict[str, Any]) -> npt.NDArray[np.int64]:
    """Classify one part; runs in another process."""
    return _loaded(content, _stamp(content)).predict(x, **options)


def _stamp(content: bytes | str) -> tuple[int, ...]:
    """Return what tells a file from one that was written to the same path later."""
    try:
        facts = os.stat(content) if isinstance(content, str) else None
    except OSError:
        return ()  # reading the file says what is wrong with it
    return (facts.st_mtime_ns, facts.st_size) if facts else ()


@lru_cache(maxsize=1)
def _loaded(content: bytes | str, stamp: tuple[int, ...]) -> Model:
    """Return the model of a file or of its bytes, read once for all parts."""
    del stamp
    if isinstance(content, str):
        return Model.load(content)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.akl")
        file.write_bytes(content)
        return Model.load(file)


def _content(model: Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.akl")
        model.save(file)
        return file.read_bytes()
