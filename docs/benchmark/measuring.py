"""Every peer on a model, one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from akida_lite.errors import InputError, Problem
from benchmark.peers import PEERS
from benchmark.preparations import PREPARATIONS
from benchmark.processes import run_task
from benchmark.tasks import MEMORY
from benchmark.workloads import zoo_workload


@dataclass(frozen=True)
class Measurement:
    """One line of the benchmark.

    Attributes
    ----------
    model, peer : str
    images_per_s : float
        Of the best batch size.
    batch_size : int
        That batch size.
    ratio_to_keras : float or None
        `images_per_s` over that of ``keras_predict``.
    latency_ms : float
        Median for one image at a time.
    latency_ratio_to_keras : float or None
        Latency of ``keras_call`` over `latency_ms`.
    cold_start_s : float
        From the start of the process to its first prediction.
    peak_rss_mib : float
        Largest memory of the process, above that of the bare interpreter.
    batch_memory_mib : float or None
        The same in another process, in which all images are one batch; None where that was
        not measured.
    memory_ratio_to_keras : float or None
        `batch_memory_mib` of ``keras_predict`` over this one.
    """

    model: str
    peer: str
    images_per_s: float
    batch_size: int
    ratio_to_keras: float | None
    latency_ms: float
    latency_ratio_to_keras: float | None
    cold_start_s: float
    peak_rss_mib: float
    batch_memory_mib: float | None = None
    memory_ratio_to_keras: float | None = None


def benchmark(
    name: str, *, peers: Sequence[str] = tuple(PEERS), seconds: float = 3.0
) -> Iterator[Measurement]:
    """Measure a model with every peer that is installed.

    Parameters
    ----------
    name : str
        A model of `NETWORKS`, or ``module:function`` that returns a `Workload`.
    peers : sequence of str
        Names from `PEERS`.
    seconds : float
        How long each figure is measured.

    Yields
    ------
    Measurement
        One a peer, as soon as it is known.

    Raises
    ------
    InputError
        If a model or peer is unknown, or a peer fails.
    """
    require_known([name], peers)
    here = [peer for peer in peers if PEERS[peer].installed]
    with tempfile.TemporaryDirectory() as folder:
        for task in PREPARATIONS:
            if any(task in PEERS[peer].prepared_by for peer in here):
                run_task(name, task, folder, seconds)
        of_keras: dict[str, Any] = {}
        for peer in here:
            facts = _facts(name, peer, folder, seconds)
            if peer == "keras_predict":
                of_keras["images_per_s"] = facts["images_per_s"]
                of_keras["batch_memory_mib"] = facts.get("batch_memory_mib")
            if peer == "keras_call":
                of_keras["latency_ms"] = facts["latency_ms"]
            facts |= _ratios(facts, of_keras)
            yield Measurement(model=name, peer=peer, **facts)


def _facts(name: str, peer: str, folder: str, seconds: float) -> dict[str, Any]:
    environment = PEERS[peer].environment
    facts = run_task(name, peer, folder, seconds, environment)
    if PEERS[peer].weighs_batch:
        facts |= run_task(name, MEMORY + peer, folder, seconds, environment)
    return facts


def _ratios(facts: dict[str, Any], of_keras: dict[str, Any]) -> dict[str, float | None]:
    """Return ratios above 1 where Keras is surpassed, None where either is unknown."""

    def ratio(above: float | None, below: float | None) -> float | None:
        return round(above / below, 3) if above and below else None

    return {
        "ratio_to_keras": ratio(facts["images_per_s"], of_keras.get("images_per_s")),
        "latency_ratio_to_keras": ratio(of_keras.get("latency_ms"), facts["latency_ms"]),
        "memory_ratio_to_keras": ratio(
            of_keras.get("batch_memory_mib"), facts.get("batch_memory_mib")
        ),
    }


def require_known(names: Sequence[str], peers: Sequence[str]) -> None:
    """Refuse names of models and peers that are unknown, before anything is measured.

    Raises
    ------
    InputError
        For the first of them; ``module:function`` is not looked at.
    """
    for name in names:
        if ":" not in name:
            zoo_workload(name)
    for peer in peers:
        if peer not in PEERS:
            known = ", ".join(map(repr, PEERS))
            what = f"{peer!r} is none of {known}"
            raise InputError(Problem("option 'peers'", what, "choose among them"))
