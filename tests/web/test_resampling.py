"""A picture of any size becomes in a browser what it becomes in Python, pixel by pixel."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from akida_lite.images.decoding import fitted

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="there is no node; tests/browser looks at whole files"
)
SIZES = (
    [(1, 1), (1, 1)],
    [(1, 1), (32, 32)],
    [(2, 2), (3, 5)],
    [(8, 8), (8, 8)],
    [(33, 32), (32, 32)],
    [(31, 17), (32, 32)],
    [(480, 640), (32, 32)],
    [(250, 375), (28, 28)],
    [(3000, 5), (32, 32)],
    [(7, 401), (31, 17)],
    [(100, 100), (17, 31)],
)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_is_that_of_predict(channels):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(channels)
    drawn = rng.integers(1, [90, 90, 40, 40], (150, 4)).tolist()
    sizes = [*SIZES, *(((a, b), (c, d)) for a, b, c, d in drawn)]
    questions, expected = [], []
    for number, (size, target) in enumerate(sizes):
        pixels = rng.integers(0, 256, (*size, 4), np.uint8)
        if number % 3:
            # Edges from black to white, where the filter leaves the range of pixels.
            pixels = (pixels >> 7) * np.uint8(255)
        pixels[..., 3] = 255
        rgba = pixels.ravel().tolist()
        questions.append({"rgba": rgba, "from": size, "to": target, "grey": channels == 1})
        picture = image.fromarray(pixels[..., :3].copy())
        expected.append(fitted(picture, (*target, channels), "crop")[0].ravel().tolist())
    script = Path(__file__).with_name("resized.js")
    module = files("akida_lite.web") / "resampling.js"
    run = subprocess.run(
        ["node", script, module],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    for size, found, wanted in zip(sizes, json.loads(run.stdout), expected, strict=True):
        assert found == wanted, size
