"""Events and operations of single images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.engine import run, trace
from akida_lite.layers import InputData, Layer, Staircase
from akida_lite.report.statistics import statistics_of

# The maps of all layers are held at once, so only this many images run together.
_AT_A_TIME = 32

Counts = npt.NDArray[np.int64]


def counted_images(
    layers: Sequence[Layer], x: npt.NDArray[Any], *, backend: str, threads: int | None
) -> tuple[npt.NDArray[Any], Counts, Counts]:
    """Run images, and count the events and the operations of each.

    Parameters
    ----------
    layers, x, backend, threads
        As in `engine.run`.

    Returns
    -------
    outputs : array of shape (n, h, w, c)
        What the last layer emits.
    events : int64 array of shape (n,)
        Values other than zero that layers hand on to the next; potentials are none.
    operations : int64 array of shape (n,)
        What these events caused, as :attr:`~akida_lite.report.LayerStatistics.ops` has it.
    """
    layers = tuple(layers)
    nothing = run(layers, x[:0], backend=backend, threads=threads, count_events=True)
    rows = list(statistics_of(layers, nothing.events).values())
    costs = np.array([row.ops_per_event * row.counts_input for row in rows], np.int64)
    hands_on = np.array(
        [isinstance(la, InputData) or isinstance(la.output, Staircase) for la in layers]
    )
    parts: list[npt.NDArray[Any]] = [nothing.output]
    counts = [np.zeros((0, len(layers) + 1), np.int64)]
    for start in range(0, len(x), _AT_A_TIME):
        images = x[start : start + _AT_A_TIME]
        columns, emitted = [_nonzero(images)], images
        for _, emitted in trace(layers, images, backend=backend, threads=threads):
            columns.append(_nonzero(emitted))
        counts.append(np.stack(columns, axis=1))
        parts.append(emitted)
    table = np.concatenate(counts)
    return (
        np.concatenate(parts),
        table[:, 1:][:, hands_on].sum(axis=1),
        (table[:, :-1] * costs).sum(axis=1),
    )


def _nonzero(values: npt.NDArray[Any]) -> Counts:
    """Return how many values of each image are not zero."""
    count: Counts = np.count_nonzero(values.reshape(len(values), -1), axis=1)
    return count.astype(np.int64, copy=False)
