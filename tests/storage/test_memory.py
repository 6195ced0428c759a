"""What saving and loading take beside the weights, which are held as int8."""

import tracemalloc

import numpy as np
import pytest

from akida_lite.layers import (
    FullyConnected,
    InputData,
    Potentials,
    SeparableConvolutional,
    Staircase,
)
from akida_lite.storage import load, save


def peak_of(act):
    """Return the most bytes that were taken while `act` ran."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [FullyConnected, SeparableConvolutional])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_saving_takes_the_weights_twice_and_loading_three_times_at_most(
    bits, kind, rng, tmp_path
):
    limit = (1 << (bits - 1)) - 1
    weights = rng.integers(-limit, limit + 1, (4000, 1000), np.int8)
    if kind is FullyConnected:
        fields = {"weights": weights, "output": Potentials(np.ones(1000), np.zeros(1000))}
    else:
        fields = {
            "depthwise": np.ones((1, 1, 4000, 1), np.int8),
            "pointwise": weights.reshape(1, 1, 4000, 1000),
            "output": Staircase(np.zeros((1000, 1), np.int32), 1),
        }
    chain = (
        InputData(name="events", input_shape=(1, 1, 4000), input_bits=1),
        kind(name="scores", weight_bits=bits, input_bits=1, **fields),
    )
    path, some = tmp_path / "model", 1 << 20
    assert peak_of(lambda: save(path, chain, {})) < 2 * weights.nbytes + some
    assert peak_of(lambda: load(path)) < 3 * weights.nbytes + some
