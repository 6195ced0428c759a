"""A depthwise convolution whose sums fit in a byte, by splitting its kernels.

The chip rounds nothing between depthwise and pointwise convolution, and the sum of nine
4-bit events times 4-bit weights does not fit in 8 bits. Part of the kernel's taps does:
where ``sum(|weight|) * highest event`` stays within 255, the partial sum, shifted by a
constant to start at 0, is a byte. The pointwise convolution adds partial sums anyway, so
it adds the parts of a channel as if they were channels, with the same weight.

Most channels of a trained network need one part or two; none pays for the worst one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HIGHEST_UINT8 = 255

# Kernels work on this many channels at a time.
_LANES = 16


@dataclass(frozen=True)
class TapGroups:
    """Parts of a depthwise kernel.

    Attributes
    ----------
    order : int64 array of shape (c_in,)
        Channels, those with most parts first: part g concerns the first ``len`` of them.
    kernels : list of int8 arrays of shape (kh, kw, n)
        One a part, n not increasing; the parts add up to the whole kernel.
    highest : int
        Highest input event.
    """

    order: npt.NDArray[np.int64]
    kernels: list[npt.NDArray[np.int8]]
    highest: int

    @property
    def sources(self) -> npt.NDArray[np.int64]:
        """Input channel of each partial sum, shape (sums,)."""
        return np.concatenate([self.order[: kernel.shape[2]] for kernel in self.kernels])

    @property
    def stacked(self) -> npt.NDArray[np.int8]:
        """Kernel of each partial sum, shape (kh, kw, sums)."""
        return np.concatenate(self.kernels, axis=2)

    @property
    def shifts(self) -> npt.NDArray[np.int64]:
        """What each partial sum has to be shifted by to start at 0, shape (sums,)."""
        negative = np.maximum(-self.stacked.astype(np.int64), 0)
        shifts: npt.NDArray[np.int64] = negative.sum(axis=(0, 1)) * self.highest
        return shifts

    @property
    def spans(self) -> npt.NDArray[np.int64]:
        """Largest value of each shifted partial sum, at most 255, shape (sums,)."""
        magnitudes = np.abs(self.stacked.astype(np.int64))
        spans: npt.NDArray[np.int64] = magnitudes.sum(axis=(0, 1)) * self.highest
        return spans


def group_taps(depthwise: npt.NDArray[np.int8], highest: int) -> TapGroups | None:
    """Split depthwise kernels into as few parts as their sums need.

    Parameters
    ----------
    depthwise : int8 array of shape (kh, kw, c_in, 1)
    highest : int
        Highest input event.

    Returns
    -------
    TapGroups or None
        None where a single tap exceeds a byte.
    """
    taps = depthwise[..., 0].reshape(-1, depthwise.shape[2]).astype(np.int64)
    room = HIGHEST_UINT8 // highest
    if np.abs(taps).max() > room:
        return None
    group_of = _first_fit(np.abs(taps), room)
    counts = group_of.max(axis=0) + 1
    order = np.argsort(-counts, kind="stable")
    kernels: list[npt.NDArray[np.int8]] = []
    for group in range(int(counts.max())):
        needed = int((counts > group).sum())
        members = order[: min(len(order), -(-needed // _LANES) * _LANES)]
        part = np.where(group_of == group, taps, 0)[:, members]
        kernels.append(part.reshape(*depthwise.shape[:2], len(members)).astype(np.int8))
    return TapGroups(order, kernels, highest)


def _first_fit(magnitudes: npt.NDArray[np.int64], room: int) -> npt.NDArray[np.int64]:
    """Return the group of each tap, shape (taps, channels): largest first, first that fits."""
    by_size = np.argsort(-magnitudes, axis=0, kind="stable")
    channels = np.arange(len(magnitudes.T))
    group_of = np.zeros(magnitudes.shape, np.int64)
    filled = np.zeros(magnitudes.shape, np.int64)
    for taps in by_size:
        sizes = magnitudes[taps, channels]
        # There are as many groups as taps, so one fits.
        first = (filled + sizes <= room).argmax(axis=0)
        filled[first, channels] += sizes
        group_of[taps, channels] = first
    return group_of
