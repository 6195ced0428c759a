"""Parts of a depthwise kernel add up to it, and each part's sum is a byte."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS

from akida_lite.engine.onnx.tap_groups import group_taps
from akida_lite.fixed_point import activation_levels, weight_limit


@given(
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    channels=st.integers(1, 40),
    bits=st.tuples(st.integers(2, 4), st.integers(1, 4)),
    seed=SEEDS,
)
def test_parts_are_bytes_and_add_up(size, channels, bits, seed):
    weight_bits, event_bits = bits
    limit, highest = weight_limit(weight_bits), activation_levels(event_bits)
    rng = np.random.default_rng(seed)
    kernel = rng.integers(-limit, limit, (*size, channels, 1), np.int8, endpoint=True)
    groups = group_taps(kernel, highest)
    whole = np.zeros((*size, channels), np.int64)
    for part in groups.kernels:
        whole[:, :, : part.shape[2]] += part
    np.testing.assert_array_equal(whole, kernel[:, :, groups.order, 0])
    np.testing.assert_array_equal(np.sort(groups.order), np.arange(channels))
    assert groups.spans.max() <= 255
    events = rng.choice([0, highest], (200, *size, 1))
    sums = (events * groups.stacked).sum(axis=(1, 2)) + groups.shifts
    assert sums.min() >= 0
    assert (sums <= groups.spans).all()


def test_only_channels_that_need_a_second_part_get_one():
    light, heavy = np.full((3, 3), 1, np.int8), np.full((3, 3), 7, np.int8)
    kernel = np.stack([light] * 40 + [heavy] * 2, axis=2)[..., np.newaxis]
    groups = group_taps(kernel, 15)
    # Two taps of 7 fit in a part of 17, so nine of them take five.
    assert len(groups.kernels) == 5
    assert [part.shape[2] for part in groups.kernels] == [42, 16, 16, 16, 16]
    assert set(groups.order[:2]) == {40, 41}


@pytest.mark.parametrize(("weight", "highest", "fits"), [(17, 15, True), (18, 15, False)])
def test_a_tap_that_exceeds_a_byte_cannot_be_split(weight, highest, fits):
    kernel = np.full((1, 1, 1, 1), weight, np.int8)
    assert (group_taps(kernel, highest) is not None) == fits
