"""Digits: 1,797 grey images of 8 x 8 pixels that come with scikit-learn; no download."""

from __future__ import annotations

import numpy as np

from akida_lite.datasets.description import Pair
from akida_lite.errors import DatasetError, Problem

_TRAIN_IMAGES = 1437  # four fifths; the file's order is kept, so the split never changes


def load_digits() -> tuple[Pair, Pair]:
    """Load scikit-learn's handwritten digits, for models that train in seconds.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images uint8 (1437, 8, 8, 1) and (360, 8, 8, 1), grey levels 0 to 16; labels
        int64 (1437,) and (360,), the digits. The test images are the last of the file.

    Raises
    ------
    DatasetError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits as bundled
    except ImportError as error:
        raise DatasetError(
            Problem(
                "data set 'digits'",
                "it comes with scikit-learn, which is not installed",
                "run 'python -m pip install scikit-learn'",
            )
        ) from error
    digits = bundled()
    x = digits.images.astype(np.uint8)[..., np.newaxis]
    y = digits.target.astype(np.int64)
    return (x[:_TRAIN_IMAGES], y[:_TRAIN_IMAGES]), (x[_TRAIN_IMAGES:], y[_TRAIN_IMAGES:])
