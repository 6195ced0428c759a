"""How much longer a run takes when events are counted."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

from benchmark.processes import run_task
from benchmark.tasks import STATISTICS


@dataclass(frozen=True)
class StatisticsCost:
    """One line of the benchmark.

    Attributes
    ----------
    model : str
    ratio : float
        Time with events counted over time without, the quickest of each.
    images : int
        Of each run.
    alternations : int
        Runs of either kind, in turns.
    """

    model: str
    ratio: float
    images: int
    alternations: int


def statistics_cost(name: str, *, seconds: float = 3.0) -> StatisticsCost:
    """Measure runs that count events against runs that do not.

    Parameters
    ----------
    name : str
        As `benchmark` takes it.
    seconds : float
        A quarter of the time that the runs are repeated.

    Returns
    -------
    StatisticsCost

    Raises
    ------
    InputError
        If the model is unknown or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        run_task(name, "layers", folder, seconds)
        return StatisticsCost(name, **run_task(name, STATISTICS, folder, seconds))
