"""The command line: what to measure, and its lines on the standard output."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from akida_lite.errors import AkidaLiteError
from akida_lite.files import atomic_write
from akida_lite.zoo.networks import NETWORKS
from benchmark import tasks
from benchmark.counting import statistics_cost
from benchmark.growing import growth
from benchmark.machine import this_machine
from benchmark.measuring import benchmark, require_known
from benchmark.peers import PEERS
from benchmark.processes import TASK
from benchmark.results import Result, as_line
from benchmark.spreading import spread
from benchmark.workloads import workload

_UNUSABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or do one task where the benchmark has started this process for it.

    Parameters
    ----------
    arguments : sequence of str, optional
        Left out, those of the process.

    Returns
    -------
    int
        0, or 2 for arguments that cannot be used, with the reason on standard error.
    """
    given = _parser().parse_args(arguments)
    try:
        if given.task:
            print(json.dumps(_facts(*given.task)))
        else:
            _measure(given)
    except AkidaLiteError as error:
        # The process that started a task quotes the last line of its standard error.
        print(error if given.task else f"benchmark: {error}", file=sys.stderr)
        return _UNUSABLE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmark",
        description="Measure every peer in a process of its own, and print a JSON object a "
        "line, the machine first. Ratios above 1 are faster than Keras.",
    )
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help=f"{', '.join(NETWORKS)} (default: all), or module:function that returns a "
        "benchmark.workloads.Workload",
    )
    parser.add_argument(
        "--peers", nargs="+", default=list(PEERS), help=f"among {', '.join(PEERS)}"
    )
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="time for each figure (default: 3)"
    )
    parser.add_argument(
        "--growth",
        action="store_true",
        help="measure a small network with growing batches, images and widths instead",
    )
    parser.add_argument(
        "--spread",
        type=int,
        metavar="IMAGES",
        help="classify so many images by one process, by two, by Dask and by Ray instead",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the lines to a file as well, when done"
    )
    parser.add_argument(
        "--note", default="", help="what a reader of the figures should know about the run"
    )
    parser.add_argument(TASK, nargs=5, dest="task", help=argparse.SUPPRESS)
    return parser


def _measure(given: argparse.Namespace) -> None:
    """Print each line as soon as it is known; write the file when all are."""
    lines = []
    for result in _results(given):
        lines.append(as_line(result))
        print(lines[-1], flush=True)
    if given.output:
        with atomic_write(given.output) as file:
            file.write("".join(f"{line}\n" for line in lines).encode())


def _results(given: argparse.Namespace) -> Iterator[Result]:
    models = given.models or list(NETWORKS)
    require_known(models, given.peers)
    yield this_machine(given.note)
    if given.growth:
        yield from growth(seconds=given.seconds)
        return
    if given.spread is not None:
        for model in models:
            yield from spread(model, given.spread)
        return
    for model in models:
        yield from benchmark(model, peers=given.peers, seconds=given.seconds)
        if "akida_lite" in given.peers:
            yield statistics_cost(model, seconds=given.seconds)


def _facts(model: str, task: str, folder: str, seconds: str, started: str) -> object:
    return tasks.run(task, workload(model), Path(folder), float(seconds), float(started))
