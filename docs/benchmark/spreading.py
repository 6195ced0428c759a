"""How quickly a set of images is classified by several processes, beside one."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from akida_lite.datasets.cifar10 import load_cifar10_sample
from akida_lite.errors import InputError, Problem
from akida_lite.extras import needed
from benchmark.processes import require_success

SCRIPTS = Path(__file__).parents[1] / "user_guide" / "scripts"

_PREDICT = ("-m", "akida_lite", "predict", "{model}")
_ARRAY, _TABLE = "images.npy", "images.parquet"
WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "one process, an array": (
        "one process, an array",
        (*_PREDICT, _ARRAY, "--output", "one.parquet"),
    ),
    "two processes, an array": (
        "one process, an array",
        (*_PREDICT, _ARRAY, "--output", "two.parquet", "--workers", "2"),
    ),
    "Dask, two processes, an array": (
        "one process, an array",
        (str(SCRIPTS / "with_dask.py"), "{model}", _ARRAY, "dask.npy"),
    ),
    "one process, encoded pictures": (
        "one process, encoded pictures",
        (*_PREDICT, _TABLE, "--output", "pictures.parquet"),
    ),
    "Ray Data, two processes, encoded pictures": (
        "one process, encoded pictures",
        (str(SCRIPTS / "with_ray.py"), "{model}", _TABLE, "ray"),
    ),
}
"""Way to the way that it is compared with, of the same file, and the arguments of Python."""


@dataclass(frozen=True)
class Spread:
    """One line of the benchmark.

    Attributes
    ----------
    model, way, over : str
        A key of `WAYS`, and the one that it is compared with.
    images : int
    seconds : float
        From the start of the command to its end, starting processes and writing included.
    ratio : float
        Seconds of the way that it is compared with, over its own.
    """

    model: str
    way: str
    over: str
    images: int
    seconds: float
    ratio: float


def spread(model: str, images: int = 10_000) -> Iterator[Spread]:
    """Measure every way once, one after the other.

    Parameters
    ----------
    model : str
        Name of a deployed network, or path of a saved model, that reads images of CIFAR-10.
    images : int
        So many; the images that ship are repeated.

    Yields
    ------
    Spread

    Raises
    ------
    InputError
        If `images` is below 1, or a command fails, with its reason.
    """
    if images < 1:
        problem = f"{images} is no number of images"
        raise InputError(Problem("option 'spread'", problem, "choose 1 or more"))
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        _write_images(Path(folder), images)
        for way, (over, arguments) in WAYS.items():
            command = [sys.executable, *(part.format(model=model) for part in arguments)]
            seconds[way] = _seconds(way, command, folder)
            ratio = round(seconds[over] / seconds[way], 3)
            yield Spread(model, way, over, images, round(seconds[way], 2), ratio)


def _write_images(folder: Path, count: int) -> None:
    pyarrow = needed("pyarrow", "the benchmark of several processes")
    parquet = needed("pyarrow.parquet", "the benchmark of several processes")
    from PIL import Image

    sample, _ = load_cifar10_sample()
    chosen = np.arange(count) % len(sample)
    np.save(folder / _ARRAY, sample[chosen])
    encoded = []
    for image in sample:
        with io.BytesIO() as file:
            Image.fromarray(image).save(file, "png")
            encoded.append(file.getvalue())
    names = [str(i) for i in range(count)]
    rows = pyarrow.table({"name": names, "image": [encoded[i] for i in chosen]})
    parquet.write_table(rows, folder / _TABLE, row_group_size=500)


def _seconds(way: str, command: Sequence[str], folder: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, cwd=folder)
    packages = "python -m pip install 'akida_lite[images,cluster]'"
    require_success(done, way, f"mend that; packages come with: {packages}")
    return time.perf_counter() - started
