"""Bit packing against its definition: value i takes bits i*b to i*b + b - 1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from akida_lite.errors import FileFormatError, InputError
from akida_lite.packing import (
    pack,
    pack_ternary,
    packed_size,
    ternary_size,
    unpack,
    unpack_ternary,
)


@st.composite
def packable(draw):
    bits = draw(st.integers(1, 8))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    values = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    dtype = draw(st.sampled_from([np.int8, np.int64]))
    return draw(hnp.arrays(dtype, shape, elements=values)), bits


@given(packable())
def test_unpack_undoes_pack(case):
    values, bits = case
    restored = unpack(pack(values, bits), bits, values.shape)
    assert restored.dtype == np.int8
    np.testing.assert_array_equal(restored, values)


@given(packable())
def test_the_bytes_are_one_long_little_endian_number(case):
    values, bits = case
    number = sum((int(v) % (1 << bits)) << (i * bits) for i, v in enumerate(values.flat))
    size = packed_size(values.size, bits)
    assert pack(values, bits) == number.to_bytes(size, "little")


def test_a_value_outside_the_range_is_refused():
    with pytest.raises(InputError) as caught:
        pack(np.array([1, -9]), 4)
    assert str(caught.value) == (
        "values to pack: they span -9 to 1, 4 bits hold -8 to 7. Fix: pack them with more bits."
    )


def test_a_width_of_nine_bits_is_refused():
    for act in (lambda: pack(np.array([1]), 9), lambda: unpack(b"", 9, (0,))):
        with pytest.raises(InputError) as caught:
            act()
        assert str(caught.value) == (
            "packed values: bits=9 is outside 1 to 8. Fix: choose 1 to 8 bits."
        )


def test_bytes_that_do_not_fit_the_shape_are_refused():
    with pytest.raises(FileFormatError) as caught:
        unpack(b"abc", 2, (4, 4))
    assert str(caught.value) == (
        "packed values: 3 bytes for shape (4, 4) of 2-bit values, 4 are expected. "
        "Fix: read them with the shape and width they were packed with."
    )


TERNARY = hnp.arrays(
    st.sampled_from([np.int8, np.int64]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    elements=st.integers(-1, 1),
)


@given(TERNARY)
def test_five_ternary_values_are_the_digits_of_one_byte(values):
    data = pack_ternary(values)
    digits = [int(value) + 1 for value in values.flat]
    digits += [1] * (-len(digits) % 5)
    expected = [
        sum(digit * 3**place for place, digit in enumerate(digits[at : at + 5]))
        for at in range(0, len(digits), 5)
    ]
    assert list(data) == expected
    assert len(data) == ternary_size(values.size)
    restored = unpack_ternary(data, values.shape)
    assert restored.dtype == np.int8
    np.testing.assert_array_equal(restored, values)


def test_a_value_that_is_not_ternary_is_refused():
    with pytest.raises(InputError) as caught:
        pack_ternary(np.array([1, -2]))
    assert str(caught.value) == (
        "values to pack: they span -2 to 1, -1 to 1 are accepted. Fix: pack them with bits."
    )


@pytest.mark.parametrize(
    ("data", "received"), [(b"ab", "2 bytes of up to 98"), (b"\xf3", "1 bytes of up to 243")]
)
def test_bytes_that_are_no_ternary_values_are_refused(data, received):
    with pytest.raises(FileFormatError) as caught:
        unpack_ternary(data, (3, 1))
    assert str(caught.value) == (
        f"packed values: {received} for shape (3, 1) of ternary values, 1 of up to 242 are "
        "expected. Fix: read them with the shape they were packed with."
    )
