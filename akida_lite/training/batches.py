"""Training batches: which images, in what order, moved and mirrored how.

Every batch is a function of (seed, step) alone, so that a run resumed at any step sees
exactly the images it would have seen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Images shift by up to an eighth; mirrored pixels fill the edge that this uncovers.
_MARGIN_SHARE = 8

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


def indices_at(images: int, batch_size: int, seed: int, step: int) -> npt.NDArray[np.int64]:
    """Return which images make up a step: shuffled anew in each pass, all used equally.

    Parameters
    ----------
    images : int
        Size of the training set, at least `batch_size`.
    batch_size, seed, step : int
    """
    a_pass = images // batch_size
    order = np.random.default_rng((seed, step // a_pass)).permutation(images)
    start = step % a_pass * batch_size
    return order[start : start + batch_size]


def augmented(x: Pixels, seed: int, step: int) -> Pixels:
    """Return images shifted by up to an eighth and mirrored at random.

    Parameters
    ----------
    x : uint8 array of shape (n, h, w, c)
    seed, step : int
        Decide every shift and mirror.
    """
    rng = np.random.default_rng((seed, step, 1))
    n, height, width, _ = x.shape
    down, right = height // _MARGIN_SHARE, width // _MARGIN_SHARE
    padded = np.pad(x, [(0, 0), (down, down), (right, right), (0, 0)], "reflect")
    rows = rng.integers(0, 2 * down, n, endpoint=True)[:, None] + np.arange(height)
    columns = rng.integers(0, 2 * right, n, endpoint=True)[:, None] + np.arange(width)
    mirrored = rng.random(n) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    shifted: Pixels = padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return shifted


def batch_at(
    x: Pixels, y: Labels, batch_size: int, seed: int, step: int
) -> tuple[Pixels, Labels]:
    """Return the augmented images and the labels of a step."""
    chosen = indices_at(len(x), batch_size, seed, step)
    return augmented(x[chosen], seed, step), y[chosen]
