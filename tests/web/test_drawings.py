"""A drawing reaches the network as MNIST's digits do: sized, smoothed, centred by its mass."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from akida_lite.datasets import load_mnist_sample

FIELD = (28, 28)
PAD = 256


def placed(*inks, samples=None, field=FIELD):
    """Return the field's shares of ink, as the page's own script computes them."""
    if shutil.which("node") is None:
        pytest.skip("there is no node; tests/browser draws in Chromium")
    questions = [
        {
            "samples": None if samples is None else samples[index],
            "ink": ink.ravel().tolist(),
            "pad": ink.shape,
            "field": field,
        }
        for index, ink in enumerate(inks)
    ]
    script = files("akida_lite.web").joinpath("drawings.js")
    answer = subprocess.run(
        ["node", Path(__file__).with_name("placed.js"), script],
        input=json.dumps(questions),
        capture_output=True,
        check=True,
        text=True,
    )
    return [None if a is None else np.reshape(a, field) for a in json.loads(answer.stdout)]


def pad(*rectangles):
    """Return a pad with rectangles of ink: top, left, height, width."""
    ink = np.zeros((PAD, PAD), np.uint8)
    for top, left, height, width in rectangles:
        ink[top : top + height, left : left + width] = 255
    return ink


def test_the_longer_side_becomes_20_of_28_pixels_wherever_it_was_drawn():
    expected = np.zeros(FIELD)
    expected[4:24, 9:19] = 1
    for small, top, left in ((1, 10, 20), (1, 56, 156), (2, 100, 3), (4, 200, 231)):
        (found,) = placed(pad((top, left, 200 // small, 100 // small)))
        assert (found == expected).all(), (small, top, left)


def test_the_centre_of_mass_is_in_the_middle_and_not_that_of_the_rectangle():
    # A seven without serifs: a bar above, a stroke down at its right end.
    (found,) = placed(pad((20, 60, 20, 80), (40, 120, 60, 20)))
    middle = [found.sum(axis=axis) @ (np.arange(28) + 0.5) / found.sum() for axis in (1, 0)]
    assert [round(place, 6) for place in middle] == [14, 14]
    rows, columns = (found.max(axis=axis).nonzero()[0] for axis in (1, 0))
    assert (rows[0] + rows[-1]) / 2 > 14.5
    assert (columns[0] + columns[-1]) / 2 < 13


def test_ink_stays_inside_where_the_centre_of_mass_would_push_it_out():
    # Heavy below, with a thin stroke far up: unlike any digit.
    ink = pad((0, 100, 230, 2), (230, 20, 20, 180))
    (found,) = placed(ink)
    assert found.sum() * (250 / 20) ** 2 == pytest.approx((ink > 0).sum())


def test_an_edge_between_pixels_is_grey():
    (found,) = placed(pad((0, 0, 200, 105)))
    assert found[10, 8:20].tolist() == [0.25, *[1] * 10, 0.25]


def test_an_enlarged_digit_of_mnist_comes_back_pixel_for_pixel():
    (images, _), _ = load_mnist_sample()
    digits = images[:50, :, :, 0]
    inks = []
    for index, digit in enumerate(digits):
        enlarged = np.kron(digit, np.ones((9, 9), np.uint8))
        # The digit's field itself hangs over the pad's edge: only its ink lies on the pad.
        ink = np.roll(np.pad(enlarged, ((2, 2), (2, 2))), (index % 7 - 3, 2), (0, 1))
        inks.append(ink)
    found = placed(*inks, samples=[[digit.ravel().tolist()] for digit in digits])
    assert [np.rint(255 * one).tolist() for one in found] == digits.tolist()


def test_samples_say_how_long_and_where():
    sample = np.zeros((8, 8), int)
    sample[0:8, 2:4] = 16
    (found,) = placed(pad((40, 30, 80, 20)), samples=[[sample.ravel().tolist()]], field=(8, 8))
    assert (found == sample / 16).all()


def test_an_empty_pad_is_no_drawing():
    assert placed(pad()) == [None]
