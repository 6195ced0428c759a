"""The last run of a model, kept so that its statistics can be counted even afterwards."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from akida_lite.engine import RunRecord, run
from akida_lite.errors import InputError, Problem
from akida_lite.layers import Layer
from akida_lite.report.statistics import LayerStatistics, statistics_of


@dataclass
class LastRun:
    """Images that are run; their events are counted at once, or when somebody looks.

    Attributes
    ----------
    layers : tuple of Layer
    x : array of shape (n, h, w, c)
        Referred to, not copied.
    backend, batch_size, threads
        As in `engine.run`.
    """

    layers: tuple[Layer, ...]
    x: npt.NDArray[Any]
    backend: str
    batch_size: int | None
    threads: int | None
    _checksum: int = field(default=0, init=False)
    _statistics: Mapping[str, LayerStatistics] | None = field(default=None, init=False)

    def output(
        self, progress: Callable[[int, int], None] | None, *, count_events: bool = False
    ) -> npt.NDArray[Any]:
        """Run the images and return what the last layer emits.

        Parameters
        ----------
        progress
            As in `engine.run`.
        count_events : bool
            Whether `statistics` will be looked at.

        Raises
        ------
        InputError
            As `engine.run`.
        """
        record = self._run(count_events, progress)
        if count_events:
            self._statistics = statistics_of(self.layers, record.events)
        else:
            # The output tells runs apart: a checksum of the images would read, or copy, them.
            self._checksum = zlib.crc32(record.output.data)
        return record.output

    def statistics(self) -> Mapping[str, LayerStatistics]:
        """Return the statistics; where nothing was counted, run the images once more.

        Raises
        ------
        InputError
            If they now give another output: they have been changed in place.
        """
        if self._statistics is None:
            again = self._run(count_events=True)
            if zlib.crc32(again.output.data) != self._checksum:
                problem = "the images of the last run were changed in place after it"
                raise InputError(Problem("statistics", problem, "run the images again"))
            self._statistics = statistics_of(self.layers, again.events)
        return self._statistics

    def _run(
        self, count_events: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> RunRecord:
        return run(
            self.layers,
            self.x,
            backend=self.backend,
            batch_size=self.batch_size,
            threads=self.threads,
            count_events=count_events,
            progress=progress,
        )
