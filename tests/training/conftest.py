"""What the tests of training share."""

import numpy as np
import pytest


@pytest.fixture
def data(rng):
    """Return 48 images with their labels to train on, and 12 to test with."""
    x = rng.integers(0, 256, (60, 8, 8, 3), np.uint8)
    y = np.arange(60) % 3
    return (x[:48], y[:48]), (x[48:], y[48:])
