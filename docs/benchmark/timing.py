"""Clock and memory of the running process."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

Predict: TypeAlias = Callable[[Any, int], Any]
"""From images, as the peer wants them, and a batch size to anything."""


def rate(predict: Predict, images: Any, size: int, seconds: float) -> float:
    """Return images per second, of the best repetition."""
    # A last batch that is smaller makes Keras trace its function anew, once.
    rest = len(images) % size if size else 0
    predict(images[: (size or 64) + rest], size)
    return len(images) / min(times(lambda: predict(images, size), seconds))


def latency(predict: Predict, image: Any, seconds: float) -> float:
    """Return the median seconds for one image."""
    predict(image, 1)
    return median(times(lambda: predict(image, 1), seconds))


def times(call: Callable[[], Any], seconds: float) -> Iterator[float]:
    """Yield the seconds of one call after the other, at least of one, for so long."""
    end = time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        call()
        now = time.perf_counter()
        yield now - start
        if now > end:
            return


def peak_rss_mib() -> float:
    """Return the largest memory this process has had, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # A process starts with its parent's figure in getrusage, and with its own here.
        line = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / 1024
    import resource

    bytes_or_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(bytes_or_kib) / (2**20 if sys.platform == "darwin" else 2**10)
