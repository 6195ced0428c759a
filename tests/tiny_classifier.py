"""A small model for pictures, tasks that other processes can import, and pictures."""

import os
import signal
from pathlib import Path

import numpy as np

import akida_lite as al
from akida_lite.layers import FullyConnected, InputConvolutional, Potentials, Staircase

SHAPE = (8, 8, 3)


def tiny_model(seed=27, shape=SHAPE, labels=("ant", "bee", "cow"), name="tiny"):
    """Return a model that gives different images different classes."""
    rng = np.random.default_rng(seed)
    thresholds = np.tile(np.int32([-300, 0, 300]), (4, 1))
    image = InputConvolutional(
        name="conv",
        input_shape=shape,
        weights=rng.integers(-1, 2, (3, 3, shape[2], 4)).astype(np.int8),
        weight_bits=2,
        input_bits=8,
        output=Staircase(bits=2, thresholds=thresholds),
    )
    scores = FullyConnected(
        name="scores",
        weights=rng.integers(-1, 2, (shape[0] * shape[1] * 4, 3)).astype(np.int8),
        weight_bits=2,
        input_bits=2,
        output=Potentials(np.ones(3), np.zeros(3)),
    )
    return al.Model([image, scores], name=name, labels=labels)


def tiny_images(count, shape=SHAPE):
    return np.random.default_rng(3).integers(0, 256, (count, *shape), np.uint8)


def write_pictures(folder, images, start=0):
    """Write images as PNG files, and return their paths as text."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    paths = [str(folder / f"{start + i:05}.png") for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path, compress_level=1)
    return paths


# -- tasks of other processes ---------------------------------------------------------------


def double(task):
    return 2 * task


def die_once(task):
    """End the process that first gets a task whose file is not there yet."""
    marker, value = task
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return value


def die(task):
    if task == 2:
        os._exit(3)
    return task


def fail(task):
    raise al.InputError(al.Problem("here", f"{task} is wrong", "give another"))


class Local(Exception):
    def __reduce__(self):
        raise TypeError("this cannot be sent")


def fail_with_what_cannot_be_sent(task):
    raise Local(f"task {task}")


def return_what_cannot_be_sent(task):
    return lambda: task
