"""Run the ONNX graph of a chain of layers with ONNX Runtime, where it is installed."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from math import prod
from typing import Any

import numpy as np

from akida_lite.engine.onnx.exporting import INPUT, build
from akida_lite.engine.onnx.lowering import LOWERINGS
from akida_lite.engine.options import usable_cores
from akida_lite.engine.program import Batch, Program
from akida_lite.layers import InputData, Layer, Shape, layer_shapes

# The largest map of a batch has at most this size: more images at a time leave the caches.
_MAP_BYTES = 4 << 20
_LARGEST_BATCH = 256


@cache
def available() -> bool:
    """Whether the packages onnx and onnxruntime are installed and can be imported.

    Warns, once, of one that is installed and cannot.
    """
    for package in ("onnx", "onnxruntime"):
        try:
            if find_spec(package) is None:
                return False
            import_module(package)
        # Importing a binary that does not fit the machine or numpy may raise anything.
        except Exception as error:
            warnings.warn(
                f"{package} is installed, but cannot be imported ({error!r:.200}); the "
                "backend 'fast' is numpy. Fix: python -m pip install --force-reinstall "
                f"{package}",
                RuntimeWarning,
                stacklevel=2,
            )
            return False
    return True


def knows(layers: tuple[Layer, ...]) -> bool:
    """Whether there is an ONNX form of every layer."""
    return all(isinstance(layer, InputData) or type(layer) in LOWERINGS for layer in layers)


def prepare(layers: tuple[Layer, ...], threads: int | None) -> Program:
    """Return the program that runs the layers' ONNX graph.

    Parameters
    ----------
    layers : tuple of Layer
    threads : int or None
        Threads of ONNX Runtime; None for one on each core that the process may use.
    """
    shapes = layer_shapes(layers)
    only = _session(build(layers), threads)
    alive = [weakref.ref(layer) for layer in layers]

    # These sessions are made when first asked for: most runs want neither counts nor maps.
    @cache
    def every(any_order: bool) -> Any:
        again = [layer for reference in alive if (layer := reference()) is not None]
        return _session(build(again, every_output=True, any_order=any_order), threads)

    def output(batch: Batch) -> Batch:
        result: Batch = _outputs(only, batch)[0]
        return result

    def every_output(batch: Batch) -> Iterator[Batch]:
        yield from _outputs(every(False), batch)

    def counted(batch: Batch) -> tuple[Batch, list[int]]:
        outputs = _outputs(every(True), batch)
        return outputs[-1], [int(np.count_nonzero(values)) for values in outputs]

    largest = max(map(_largest_map, layers, [shape for shape, _ in shapes]))
    size = min(max(1, _MAP_BYTES // largest), _LARGEST_BATCH)
    return Program(shapes, output, every_output, counted, size)


def _session(model: Any, threads: int | None) -> Any:
    onnxruntime: Any = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    # Every thread beyond the cores would only wait.
    options.intra_op_num_threads = min(threads or usable_cores(), usable_cores())
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _outputs(session: Any, batch: Batch) -> list[Batch]:
    outputs: list[Batch] = session.run(None, {INPUT: np.ascontiguousarray(batch)})
    return outputs


def _largest_map(layer: Layer, shape: Shape) -> int:
    """Return the bytes of the larger of a layer's input and its map before pooling."""
    return max(prod(shape), prod(layer.convolved_shape(shape)))
