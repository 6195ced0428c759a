"""Constants that are called proved give every level of the staircase."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS, staircases

from akida_lite.engine.onnx.cut_points import DIVIDING, MULTIPLYING, Reach, constants_for
from akida_lite.fixed_point import INT32_MAX, INT32_MIN


def levels_of(thresholds, potentials):
    return (potentials[..., np.newaxis] > thresholds[:, np.newaxis]).sum(axis=-1)


def levels_from(placement, arithmetic, potentials, highest):
    """What a kernel with the placement's constants makes of (filters, n) potentials."""
    sums = potentials * placement.factors[:, np.newaxis] + placement.biases[:, np.newaxis]
    assert (np.abs(sums) <= arithmetic.largest_sum).all()
    return np.minimum(arithmetic.levels(sums, placement.scales[:, np.newaxis]), highest)


def folded(rng, filters, levels, distance):
    """Floors of equally spaced thresholds."""
    first = rng.normal(0, 3 * distance, (filters, 1))
    spacing = distance * np.exp(rng.normal(0, 0.3, (filters, 1)))
    return np.floor(first + spacing * np.arange(levels)).astype(np.int32)


def wide(filters, end):
    return Reach(np.full(filters, -end), np.full(filters, end))


@pytest.mark.parametrize("arithmetic", [MULTIPLYING, DIVIDING], ids=["int8", "float32"])
@given(data=st.data(), seed=SEEDS, most=st.integers(1, 20), end=st.integers(1, 3000))
def test_what_is_placed_is_right_for_every_potential(arithmetic, data, seed, most, end):
    filters = 4
    activation = data.draw(staircases(filters, end))
    rng = np.random.default_rng(seed)
    reach = Reach(-rng.integers(0, end, filters), rng.integers(0, end, filters))
    placement = constants_for(activation.thresholds, reach, np.full(filters, most), arithmetic)
    highest = activation.thresholds.shape[1]
    potentials = np.arange(-end, end + 1)[np.newaxis]
    potentials = np.clip(potentials, reach.low[:, np.newaxis], reach.high[:, np.newaxis])
    expected = levels_of(activation.thresholds, potentials)
    given_levels = levels_from(placement, arithmetic, potentials, highest)
    np.testing.assert_array_equal(given_levels[placement.placed], expected[placement.placed])
    assert (placement.factors <= most).all()


@pytest.mark.parametrize("arithmetic", [MULTIPLYING, DIVIDING], ids=["int8", "float32"])
@pytest.mark.parametrize(("levels", "distance"), [(1, 5), (3, 4), (3, 40), (7, 60), (15, 700)])
def test_every_staircase_of_a_trained_kind_is_placed(arithmetic, levels, distance, rng):
    filters = 300
    thresholds = folded(rng, filters, levels, distance)
    reach = wide(filters, 20 * distance * levels)
    placement = constants_for(thresholds, reach, np.full(filters, 32), arithmetic)
    assert placement.placed.all()
    near = np.concatenate([thresholds + shift for shift in (-1, 0, 1, 2)], axis=1)
    ends = np.stack([reach.low, reach.high], axis=1)
    potentials = np.concatenate([near, ends], axis=1).astype(np.int64)
    np.testing.assert_array_equal(
        levels_from(placement, arithmetic, potentials, levels),
        levels_of(thresholds, potentials),
    )


def test_factors_stay_within_what_the_weights_bear(rng):
    thresholds = folded(rng, 200, 15, 50)
    most = rng.integers(0, 4, 200)
    placement = constants_for(thresholds, wide(200, 10**5), most)
    assert (placement.factors <= most).all()
    assert not placement.placed[most == 0].any()
    assert 0 < placement.placed.sum() < 200


def test_a_filter_with_one_level_needs_no_weights():
    thresholds = np.int32([[INT32_MAX] * 3, [INT32_MIN] * 3, [INT32_MIN, INT32_MIN, 900]])
    placement = constants_for(thresholds, wide(3, 900), np.zeros(3, np.int64))
    assert placement.placed.tolist() == [True] * 3
    assert placement.factors.tolist() == [0] * 3
    assert placement.biases.tolist() == [0, 3, 2]


def test_uneven_thresholds_are_not_placed():
    thresholds = np.int32([[0, 1, 500]])
    assert not constants_for(thresholds, wide(1, 10**4), np.array([64])).placed.any()


@pytest.mark.parametrize(("end", "overshoots"), [(60, False), (400, True)])
def test_levels_above_the_highest_are_announced(end, overshoots):
    thresholds = np.int32([[0, 20, 40]])
    assert constants_for(thresholds, wide(1, end), np.array([8])).overshoots == overshoots
