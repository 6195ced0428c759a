"""How far a command is, and how long it still takes; shown on a terminal, silent elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO


class ProgressLine:
    """One line that is written again and again.

    Parameters
    ----------
    name : str
        What is going on.
    total : int or None
        Images in all; None where nobody watches.
    stream : text file
    clock : callable
        Seconds, from anywhere.
    """

    def __init__(
        self,
        name: str,
        total: int | None,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.total, self.stream, self.clock = name, total, stream, clock
        self._done, self._begun = 0, clock()

    def more(self, images: int) -> None:
        """Count images that are done."""
        self._done += images
        if self.total is None:
            return
        line = f"{self.name} {self._done:,}/{self.total:,}"
        if 0 < self._done < self.total:
            left = (self.clock() - self._begun) / self._done * (self.total - self._done)
            line += f", {duration(left)} left"
        self.stream.write(f"\r\033[K{line}")
        self.stream.flush()

    def clear(self) -> None:
        """Remove the line."""
        if self.total is not None:
            self.stream.write("\r\033[K")
            self.stream.flush()


def duration(seconds: float) -> str:
    """Return a length of time in words that are exact enough to wait by.

    >>> duration(41.2), duration(100), duration(7300)
    ('42 s', '2 min', '2 h 2 min')
    """
    whole = -int(-seconds // 1)
    if whole < 60:
        return f"{whole} s"
    minutes = -(-whole // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
