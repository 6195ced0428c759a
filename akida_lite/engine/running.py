"""Run a chain of layers on images, batch by batch, with any backend."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from akida_lite.engine import matrix_products, reference
from akida_lite.engine.inputs import checked_input
from akida_lite.engine.onnx import runtime as onnx_runtime
from akida_lite.engine.options import positive, usable_cores
from akida_lite.engine.program import (
    Backend,
    Batch,
    Program,
    kept_while_layers_live,
)
from akida_lite.errors import InputError, Problem
from akida_lite.layers import Layer, Shape, input_layer


def prepare_fastest(layers: tuple[Layer, ...], threads: int | None) -> Program:
    """Return ONNX Runtime's program; numpy's where it is missing or cannot run the layers."""
    if onnx_runtime.available() and onnx_runtime.knows(layers):
        return onnx_runtime.prepare(layers, threads)
    return matrix_products.prepare(layers, threads)


BACKENDS: dict[str, Backend] = {
    "fast": kept_while_layers_live(prepare_fastest),
    "numpy": kept_while_layers_live(matrix_products.prepare),
    "reference": reference.prepare,
}
"""Name of a backend to the function that prepares a chain of layers for it."""


@dataclass(frozen=True)
class EventCount:
    """How many values were not zero around one layer, over all images of a run.

    Attributes
    ----------
    layer : str
        Name of the layer.
    images : int
    input_events, output_events : int
        Non-zero values that entered and left, summed over the images.
    input_size, output_size : int
        Values that enter and leave, zero or not, for one image.
    """

    layer: str
    images: int
    input_events: int
    input_size: int
    output_events: int
    output_size: int


@dataclass(frozen=True)
class RunRecord:
    """Facts of one run.

    Attributes
    ----------
    output : array of shape (n, h, w, c)
        uint8 events, or int32 potentials where the last layer has no activation.
    events : tuple of EventCount
        One a layer; empty unless asked for.
    """

    output: Batch
    events: tuple[EventCount, ...] = ()


def run(
    layers: Sequence[Layer],
    x: npt.NDArray[np.integer],
    *,
    backend: str = "fast",
    batch_size: int | None = None,
    threads: int | None = None,
    count_events: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> RunRecord:
    """Run images through a chain of layers; every backend gives the same integers.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts.
    x : uint8 array of shape (n, h, w, c)
        Pixels or events; see `checked_input`. n may be 0.
    backend : {"fast", "numpy", "reference"}
        ``"fast"`` is the quickest that is installed: ONNX Runtime, else numpy.
    batch_size : int, optional
        Images at a time. It bounds the memory of temporary arrays and changes no result;
        left out, the backend chooses.
    threads : int, optional
        Threads a backend may use; all cores if left out. Changes no result.
    count_events : bool
        Whether to count the non-zero values of every layer.
    progress : callable, optional
        Called with (images done, images in all) after each batch.

    Returns
    -------
    RunRecord

    Raises
    ------
    InputError
        If `x` is not what the first layer reads, or an option is not what it may be.
    LayerError
        If the layers do not form a chain.
    """
    layers = tuple(layers)
    batch_size = positive("batch_size", batch_size)
    program = prepared(layers, backend, threads)
    events = checked_input(input_layer(layers), x)
    output = _empty_output(layers[-1], program.shapes[-1][1], len(events))
    counts = np.zeros(len(layers) + 1, np.int64) if count_events else None
    for part in _batches(len(events), batch_size or program.batch_size):
        with _enough_memory(part.stop - part.start):
            if counts is None:
                output[part] = program.output(events[part])
            else:
                output[part], emitted = program.counted(events[part])
                counts += np.array([np.count_nonzero(events[part]), *emitted])
        if progress is not None:
            progress(part.stop, len(events))
    return RunRecord(output, _event_counts(layers, program, len(events), counts))


def trace(
    layers: Sequence[Layer],
    x: npt.NDArray[np.integer],
    *,
    backend: str = "fast",
    threads: int | None = None,
) -> Iterator[tuple[Layer, Batch]]:
    """Return every layer with what it emits; holds the outputs of all layers at once.

    Parameters
    ----------
    layers, x, backend, threads
        As in `run`.

    Returns
    -------
    iterator of (Layer, array of shape (n, h, w, c))
        In order, uint8 events or int32 potentials.

    Raises
    ------
    InputError, LayerError
        As `run`.
    """
    layers = tuple(layers)
    program = prepared(layers, backend, threads)
    events = checked_input(input_layer(layers), x)
    outputs = [
        _empty_output(layer, shape, len(events))
        for layer, (_, shape) in zip(layers, program.shapes, strict=True)
    ]
    for part in _batches(len(events), program.batch_size):
        for output, batch in zip(outputs, program.every_output(events[part]), strict=True):
            output[part] = batch
    return zip(layers, outputs, strict=True)


def prepared(layers: tuple[Layer, ...], backend: str, threads: int | None) -> Program:
    """Return the backend's program for these layers.

    Raises
    ------
    InputError
        If there is no such backend, or `threads` is no integer above 0.
    """
    if backend not in tuple(BACKENDS):
        raise InputError(
            Problem(
                "option 'backend'",
                f"{backend!r} is none of {', '.join(map(repr, BACKENDS))}",
                "choose one of them",
            )
        )
    threads = positive("threads", threads)
    # Programs are kept for each number of threads; above the cores they are all alike.
    return BACKENDS[backend](layers, None if threads is None else min(threads, usable_cores()))


@contextmanager
def _enough_memory(images: int) -> Generator[None, None, None]:
    """Say what to do where a batch takes more memory than there is."""
    try:
        yield
    except MemoryError as error:
        problem = f"a batch of {images} images takes more memory than there is"
        remedy = "choose a smaller one, or run a model of smaller maps"
        raise InputError(Problem("option 'batch_size'", problem, remedy)) from error


def _batches(images: int, size: int) -> Iterator[slice]:
    for start in range(0, images, size):
        yield slice(start, min(start + size, images))


def _empty_output(layer: Layer, shape: Shape, images: int) -> Batch:
    dtype = np.dtype(np.uint8 if layer.emits_events else np.int32)
    try:
        return np.empty((images, *shape), dtype)
    except (MemoryError, ValueError) as error:
        size = images * prod(shape) * dtype.itemsize
        raise InputError(
            Problem(
                "input",
                f"has {images} images, for which the output of layer {layer.name!r} takes "
                f"{size} bytes, more than there is memory",
                "give fewer images at a time",
            )
        ) from error


def _event_counts(
    layers: tuple[Layer, ...],
    program: Program,
    images: int,
    counts: npt.NDArray[np.int64] | None,
) -> tuple[EventCount, ...]:
    if counts is None:
        return ()
    return tuple(
        EventCount(layer.name, images, int(came), prod(shape), int(left), prod(out))
        for layer, (shape, out), came, left in zip(
            layers, program.shapes, counts[:-1], counts[1:], strict=True
        )
    )
