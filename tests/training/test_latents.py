"""Latent weights that are put in the place of lost ones are rounded to the same integers."""

import numpy as np
import pytest

from akida_lite import nn
from akida_lite.fixed_point import weight_limit
from akida_lite.nn.quantizers import weight_quantizer
from akida_lite.training.latents import latent_kernel


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("spread", [0.9, 1.0, 1.2])
def test_integers_and_scale_come_back(bits, spread, rng):
    quantizer = weight_quantizer(bits)
    lost = (spread * rng.normal(size=(3, 3, 64, 32)) ** 3 * 0.4).astype(np.float32)
    lost += rng.normal(size=lost.shape).astype(np.float32)
    integers, scale = quantizer.integers(lost)
    assert np.abs(integers).max() == weight_limit(bits)
    again, found = quantizer.integers((latent_kernel(quantizer, integers) / scale).astype("f4"))
    np.testing.assert_array_equal(again, integers)
    # The scale is a float32 of a mean over all latent weights.
    assert round(float(found / scale), 5) == 1


@pytest.mark.parametrize("threshold", [2.9, 3.0, 3.2])
def test_where_nothing_was_clipped_all_weights_move_a_little(threshold, rng):
    quantizer = nn.StdWeightQuantizer(threshold, bitwidth=4)
    lost = rng.uniform(-1, 1, (20, 10)).astype(np.float32)
    integers, scale = quantizer.integers(lost)
    assert np.abs(integers).max() < 7
    found = latent_kernel(quantizer, integers)
    assert 0 < np.abs(found - integers).max() < 0.5
    again, its = quantizer.integers((found / scale).astype(np.float32))
    np.testing.assert_array_equal(again, integers)
    assert round(float(its / scale), 5) == 1
