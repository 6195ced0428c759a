"""What every backend makes of a chain of layers: a program that runs on batches."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.layers import Layer, Shape

Events: TypeAlias = npt.NDArray[np.uint8]
Batch: TypeAlias = npt.NDArray[Any]
"""uint8 events, or the int32 potentials of a last layer without activation; NHWC."""

Stage: TypeAlias = Callable[[Batch], Batch]

# Each temporary array of a batch may occupy so many bytes. Larger batches are not
# faster: they leave the cache.
WORKING_BYTES = 32 << 20


@dataclass(frozen=True)
class Program:
    """A chain of layers, made ready to run on batches of checked input.

    Attributes
    ----------
    shapes : list of (Shape, Shape)
        Input and output shape of every layer.
    output : callable
        From a batch of input to the output of the last layer.
    every_output : callable
        From a batch of input to an iterator over the outputs of all layers, in order.
    counted : callable
        From a batch of input to the output of the last layer and the number of non-zero
        values that each layer emits.
    batch_size : int
        Images at a time that keep temporary arrays near `WORKING_BYTES`.
    """

    shapes: list[tuple[Shape, Shape]]
    output: Callable[[Batch], Batch]
    every_output: Callable[[Batch], Iterator[Batch]]
    counted: Callable[[Batch], tuple[Batch, list[int]]]
    batch_size: int


Backend: TypeAlias = Callable[[tuple[Layer, ...], int | None], Program]
"""From a chain of layers and a number of threads (None: all cores) to a program."""


def program_of_steps(
    shapes: list[tuple[Shape, Shape]], steps: Sequence[Stage], bytes_per_image: int
) -> Program:
    """Return the program that runs one step a layer.

    Parameters
    ----------
    shapes : list of (Shape, Shape)
    steps : sequence of callable
        From the output of the layer before to the output of the layer.
    bytes_per_image : int
        Size of the largest temporary array, for one image.
    """

    def every_output(batch: Batch) -> Iterator[Batch]:
        for step in steps:
            batch = step(batch)
            yield batch

    def output(batch: Batch) -> Batch:
        for step in steps:
            batch = step(batch)
        return batch

    def counted(batch: Batch) -> tuple[Batch, list[int]]:
        counts: list[int] = []
        for step in steps:
            batch = step(batch)
            counts.append(int(np.count_nonzero(batch)))
        return batch, counts

    size = max(1, WORKING_BYTES // bytes_per_image)
    return Program(shapes, output, every_output, counted, size)


def kept_while_layers_live(prepare: Backend) -> Backend:
    """Return `prepare`, made to prepare the same layers once.

    The programs of `prepare` must not refer to the layers, or those would never be freed.
    """
    # Weak references compare as what they refer to: by a layer's identity.
    programs: dict[tuple[object, ...], Program] = {}

    def forget(dead: object) -> None:
        # A layer may be part of several chains: the first one to go ends its program.
        for key in list(programs):
            if any(part is dead for part in key):
                programs.pop(key, None)

    def kept(layers: tuple[Layer, ...], threads: int | None) -> Program:
        program = programs.get((threads, *map(weakref.ref, layers)))
        if program is None:
            program = prepare(layers, threads)
            programs[threads, *(weakref.ref(layer, forget) for layer in layers)] = program
        return program

    return kept
