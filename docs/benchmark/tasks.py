"""The tasks of a process: to prepare a file, or to measure one thing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.peers import PEERS, Peer
from benchmark.preparations import LAYERS_FILE, PREPARATIONS
from benchmark.timing import latency, peak_rss_mib, rate, times
from benchmark.workloads import Workload

MEMORY = "memory:"
"""Before the name of a peer: measure its memory with all images in one batch."""

STATISTICS = "statistics"

_COUNTED_IMAGES = 256


def run(task: str, model: Workload, folder: Path, seconds: float, started: float) -> Any:
    """Do a task and return its facts, as JSON can hold them.

    Parameters
    ----------
    task : str
        A key of `PREPARATIONS` or `PEERS`, `MEMORY` and a peer, or `STATISTICS`.
    model : Workload
    folder : path
        Of the files that preparations write.
    seconds : float
        How long each figure is measured.
    started : float
        ``time.time()`` when the process was started.
    """
    if task in PREPARATIONS:
        PREPARATIONS[task](model, folder)
        return {}
    if task == STATISTICS:
        return count_against_not(folder, model, seconds)
    if task.startswith(MEMORY):
        return weigh(PEERS[task.removeprefix(MEMORY)], model, folder)
    return measure(PEERS[task], model, folder, seconds, started)


def measure(
    peer: Peer, model: Workload, folder: Path, seconds: float, started: float
) -> dict[str, Any]:
    """Measure throughput, latency, start-up and memory of a peer."""
    interpreter = peak_rss_mib()
    predict = peer.load(model, folder)
    blank = np.zeros((1, *model.images().shape[1:]), np.uint8)
    predict(peer.wanted(blank, model.input_scaling), 1)
    cold_start = time.time() - started
    images = peer.wanted(
        np.resize(model.images(), (peer.images, *blank.shape[1:])), model.input_scaling
    )
    rates = {size: rate(predict, images, size, seconds) for size in peer.batch_sizes}
    best = max(rates, key=lambda size: rates[size])
    return {
        "images_per_s": round(rates[best], 2),
        "batch_size": best,
        "latency_ms": round(1000 * latency(predict, images[:1], seconds), 3),
        "cold_start_s": round(cold_start, 3),
        "peak_rss_mib": round(peak_rss_mib() - interpreter, 1),
    }


def weigh(peer: Peer, model: Workload, folder: Path) -> dict[str, Any]:
    """Return the peak of memory above the interpreter's, all images being one batch."""
    interpreter = peak_rss_mib()
    predict = peer.load(model, folder)
    shape = model.images().shape[1:]
    images = peer.wanted(np.resize(model.images(), (peer.images, *shape)), model.input_scaling)
    predict(images, len(images))
    return {"batch_memory_mib": round(peak_rss_mib() - interpreter, 1)}


def count_against_not(folder: Path, model: Workload, seconds: float) -> dict[str, Any]:
    """Return the time of runs that count events over that of runs that do not."""
    from akida_lite import storage
    from akida_lite.engine import run as run_layers

    layers, _ = storage.load(folder / LAYERS_FILE)
    images = np.resize(model.images(), (_COUNTED_IMAGES, *model.images().shape[1:]))
    taken: dict[bool, list[float]] = {False: [], True: []}

    def in_turn() -> None:
        # Runs alternate, so that background load slows both alike.
        for counts, seconds_taken in taken.items():
            start = time.perf_counter()
            run_layers(layers, images, count_events=counts)
            seconds_taken.append(time.perf_counter() - start)

    in_turn()
    for first in taken.values():
        first.clear()
    for _ in times(in_turn, 4 * seconds):
        pass
    return {
        "ratio": round(min(taken[True]) / min(taken[False]), 3),
        "images": _COUNTED_IMAGES,
        "alternations": len(taken[True]),
    }
