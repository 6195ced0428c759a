"""Classify parts of a set of images: what one process does with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, TypeAlias

import numpy as np

from akida_lite.classifier import Classifier
from akida_lite.errors import InputError, Problem
from akida_lite.images.arrays import image_of
from akida_lite.images.decoding import Pixels, Shape, Unreadable
from akida_lite.images.parts import WRITE_AGAIN, Part
from akida_lite.images.sources import parts_of

# This many images are decoded at a time.
_AT_A_TIME = 64

Refusal: TypeAlias = tuple[str, str, str]
"""Name of an image that could not be used, why, and what to do instead."""


@dataclass
class Found:
    """What became of the images of a part.

    Attributes
    ----------
    rows : list of dict
        Of each image that was classified: what the output has columns for.
    refused : list of (str, str, str)
        Of each image that could not be used: name, reason and remedy.
    refitted : int
        Images whose size was another than the model's.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    refitted: int = 0

    def add(self, more: Found) -> None:
        """Put what was found elsewhere behind it."""
        self.rows += more.rows
        self.refused += more.refused
        self.refitted += more.refitted


def refusal(name: str, reason: str, remedy: str) -> Problem:
    """Return what to say of an image that could not be used."""
    return Problem(f"image {name!r}", reason, f"leave it out, or {remedy}")


def first_images(sources: Sequence[str], shape: Shape, count: int) -> Pixels:
    """Return the first images of some sources, cropped to what a model reads.

    Parameters
    ----------
    sources : sequence of str
        As `parts_of` takes them.
    shape : (height, width, channels)
    count : int
        How many, at most.

    Returns
    -------
    uint8 array of shape (n, height, width, channels)

    Raises
    ------
    InputError
        If there is none, or one that cannot be used.
    """
    items = chain.from_iterable(map(_items, parts_of(sources, shape, count)))
    images = []
    for name, value in islice(items, count):
        try:
            if isinstance(value, Unreadable):
                raise value
            images.append(image_of(value, shape, "crop")[0])
        except Unreadable as error:
            raise InputError(refusal(name, str(error), error.remedy)) from error
    if not images:
        names = ", ".join(map(repr, sources))
        raise InputError(Problem(f"source {names}", "it has no image", "name another source"))
    return np.stack(images)


@dataclass(frozen=True)
class PartClassifier:
    """From a part to what was found in it.

    Attributes
    ----------
    classify : Classifier
    """

    classify: Classifier

    def __call__(self, part: Part) -> Found:
        """Classify the images of a part; those that cannot be used are set aside by name."""
        whole = Found()
        for found in self.bit_by_bit(part):
            whole.add(found)
        return whole

    def bit_by_bit(self, part: Part) -> Iterator[Found]:
        """Yield what is found in a part as soon as some of its images are classified."""
        found = Found()
        names: list[str] = []
        images: list[Pixels] = []
        for name, value in _items(part):
            try:
                if isinstance(value, Unreadable):
                    raise value
                pixels, changed = image_of(value, self.classify.input_shape, self.classify.fit)
            except Unreadable as error:
                found.refused.append((name, str(error), error.remedy))
                continue
            found.refitted += changed
            names.append(name)
            images.append(pixels)
            if len(images) == _AT_A_TIME:
                self._classify(names, images, found)
                yield found
                found, names, images = Found(), [], []
        if images:
            self._classify(names, images, found)
        yield found

    def _classify(self, names: list[str], images: list[Pixels], found: Found) -> None:
        try:
            answers = self.classify({self.classify.image: np.stack(images)})
        except InputError as error:
            # The first layer refuses some value; running images one by one shows whose it is.
            if len(images) == 1:
                why = error.problems[0]
                found.refused.append((names[0], why.problem, why.remedy))
                return
            for name, image in zip(names, images, strict=True):
                self._classify([name], [image], found)
            return
        labels = self.classify.labels
        for row, name in enumerate(names):
            values: dict[str, Any] = {"name": name}
            for prefix, key in (("", "class"), ("runner_up_", "runner_up")):
                values[key] = int(answers[key][row])
                if labels is not None:
                    values[f"{prefix}label"] = labels[values[key]]
                # `str` of a float32 gives the shortest number that rounds to it.
                values[f"{prefix}score"] = float(str(answers[f"{prefix}score"][row]))
            for key in ("events", "operations"):
                if key in answers:
                    values[key] = int(answers[key][row])
            values["model"] = self.classify.sha256
            found.rows.append(values)


def _items(part: Part) -> Iterator[tuple[str, Any]]:
    """Yield the images of a part; a file that ends early is one that cannot be used."""
    try:
        yield from part.items()
    except InputError:
        raise
    # Files change, vanish and break while they are read, each format in its own way.
    except Exception as error:
        reason = f"it cannot be read to its end ({error or type(error).__name__})"
        yield part.paths[0], Unreadable(reason, WRITE_AGAIN)
