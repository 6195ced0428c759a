"""Thresholds: exact at every edge, and in the published form what the original stored."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from akida_lite.conversion.fold import (
    Affine,
    exact,
    exact_thresholds,
    normalization,
    published_thresholds,
    threshold_margins,
)
from akida_lite.fixed_point import INT32_MAX, INT32_MIN

ONE = Fraction(1)
FLOATS = st.floats(-1e6, 1e6, allow_subnormal=False)


def line(slope, intercept=0.0):
    return Affine.of(exact([slope]), exact([intercept]))


@given(slope=FLOATS, intercept=FLOATS, t0=FLOATS, gamma=st.floats(1e-3, 1e3))
def test_a_level_is_reached_exactly_above_its_threshold(slope, intercept, t0, gamma):
    affine = line(slope, intercept).rising()
    sign = int(affine.signs[0])
    (thresholds,) = exact_thresholds(affine, Fraction(t0), Fraction(gamma), bits=2)
    for level, threshold in enumerate(thresholds.tolist(), start=1):
        start = Fraction(t0) + (level - 1) * Fraction(gamma)
        for potential in {threshold - 1, threshold, threshold + 1}:
            if INT32_MIN < potential < INT32_MAX:
                value = Fraction(slope) * sign * potential + Fraction(intercept)
                assert (value > start) == (potential > threshold)


@given(slope=FLOATS, intercept=FLOATS, t0=FLOATS, gamma=st.floats(1e-3, 1e3))
def test_thresholds_decide_the_same_within_their_margins_and_not_beyond(
    slope, intercept, t0, gamma
):
    affine = line(slope, intercept).rising()
    staircase = (Fraction(t0), Fraction(gamma), 2)
    (fall,), (rise,) = threshold_margins(affine, *staircase)
    if slope == 0:
        assert fall == rise == 0
        return
    assert fall >= 0
    assert rise > 0
    before = exact_thresholds(affine, *staircase).astype(np.int64)
    hair = min(Fraction(1, 2**20), rise / 2)

    def moved(by):
        # Thresholds rise where the intercept falls.
        other = affine.then(1, -by * affine.slope)
        return exact_thresholds(other, *staircase).astype(np.int64)

    np.testing.assert_array_equal(moved(-fall), before)
    np.testing.assert_array_equal(moved(rise - hair), before)
    if np.abs(before).max() < INT32_MAX:
        assert (moved(-fall - hair) - before).min() == -1
        assert (moved(rise) - before).max() == 1


def test_a_value_on_the_edge_stays_below():
    gamma = 0.4  # of the 4-bit activation
    (thresholds,) = exact_thresholds(line(gamma), Fraction(gamma), Fraction(gamma), bits=4)
    np.testing.assert_array_equal(thresholds, np.arange(1, 16))
    # In float64 the edge of level 6 would be one potential too low.
    rounded = np.floor((gamma + gamma * np.arange(15)) / gamma)
    assert rounded[5] == 5


def test_negated_filters_keep_their_edges():
    # x = 10 - P: level 1 is x > 8, so P < 2, so -P > -2.
    affine = line(-1.0, 10.0).rising()
    np.testing.assert_array_equal(affine.signs, [-1])
    np.testing.assert_array_equal(exact_thresholds(affine, Fraction(8), ONE, bits=1), [[-2]])


def test_constant_filters_reach_their_level_always_and_the_next_never():
    np.testing.assert_array_equal(
        exact_thresholds(line(0.0, 1.5), ONE, ONE, bits=2), [[INT32_MIN, INT32_MAX, INT32_MAX]]
    )
    np.testing.assert_array_equal(
        exact_thresholds(line(0.0, 1.0), ONE, ONE, bits=1), [[INT32_MAX]]
    )


def test_thresholds_beyond_32_bits_saturate():
    np.testing.assert_array_equal(
        exact_thresholds(line(1e-12), Fraction(-1), ONE, bits=2),
        [[INT32_MIN, 0, INT32_MAX]],
    )


def test_published_thresholds_floor_the_first_and_add_a_step():
    # Edges at 2.6, 5.2 and 7.8: exactly 2, 5, 7; from a floored first one 2, 4, 7.
    affine = Affine.of(exact([1.0]) / Fraction(13, 5), exact([0.0]))
    exactly = exact_thresholds(affine, ONE, ONE, bits=2)
    published = published_thresholds(affine, ONE, ONE, bits=2)
    np.testing.assert_array_equal(exactly, [[2, 5, 7]])
    np.testing.assert_array_equal(published, [[2, 4, 7]])


def test_published_thresholds_of_a_negated_filter_are_floored_before():
    # P < -2.5 becomes -P > 2.5; floored before, -3, it is -P > 3.
    affine = line(-1.0, 0.0).rising()
    start = Fraction(5, 2)
    np.testing.assert_array_equal(exact_thresholds(affine, start, ONE, bits=1), [[2]])
    np.testing.assert_array_equal(published_thresholds(affine, start, ONE, bits=1), [[3]])


def test_normalization_is_a_factor_and_a_shift():
    factor, shift = normalization(
        np.array([3.0]), np.array([1.0]), np.array([4.0]), np.array([3.0]), 1.0
    )
    assert factor[0] == Fraction(3, 2)
    assert shift[0] == 1 - 4 * Fraction(3, 2)


def test_what_is_not_finite_is_no_fraction():
    with pytest.raises(OverflowError):
        exact([np.inf])
