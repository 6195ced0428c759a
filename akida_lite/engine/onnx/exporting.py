"""A chain of integer layers as one ONNX graph of standard operators, bit for bit.

The graph reads ``input``, uint8 of shape (n, h, w, c), and gives ``output``: uint8 events
or int32 potentials of shape (n, h, w, filters), the integers of `engine.reference`. It
runs in plain ONNX Runtime; `onnx_products` says why nothing in it rounds by accident.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from akida_lite.engine.onnx.channel_order import wanted_order
from akida_lite.engine.onnx.lowering import lower
from akida_lite.engine.onnx.nodes import TO_NCHW, TO_NHWC, Graph, Map, Value
from akida_lite.errors import InputError, Problem
from akida_lite.files import atomic_write
from akida_lite.layers import InputData, Layer, Potentials, layer_shapes

INPUT = "input"
OUTPUT = "output"


def build(
    layers: Sequence[Layer],
    *,
    every_output: bool = False,
    any_order: bool = False,
    eight_bits: bool = True,
) -> Any:
    """Lower a chain of layers.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts.
    every_output : bool
        Whether the graph gives, instead of ``output``, what every layer emits:
        ``output_0``, ``output_1``, ...
    any_order : bool
        Whether channels may come out in the order in which they are computed. That saves
        time where order does not matter.
    eight_bits : bool
        Whether products may be computed in bytes. In float32 they are exact as well, and
        slower; it is there to be measured.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ImportError
        Without the package onnx.
    LayerError
        If the layers do not form a chain, or one of them has no ONNX form.
    """
    layers = tuple(layers)
    shapes = layer_shapes(layers)
    graph = Graph(eight_bits=eight_bits)
    shape = shapes[0][0]
    source = Map(graph.transpose(INPUT, TO_NCHW), shape, np.arange(shape[2]))
    outputs: list[Value] = []
    for index, layer in enumerate(layers):
        graph.scope = layer.name
        if not isinstance(layer, InputData):
            following = layers[index + 1] if index + 1 < len(layers) else None
            source = lower(graph, layer, source, wanted_order(following, layer.filters))
        if every_output:
            outputs.append(_emitted(graph, source, layer, f"{OUTPUT}_{index}", any_order))
    if not every_output:
        outputs.append(_emitted(graph, source, layers[-1], OUTPUT, any_order))
    return graph.model(Value(INPUT, shape, np.uint8), outputs)


def export(
    layers: Sequence[Layer],
    path: str | os.PathLike[str],
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write a chain of layers to one ONNX file, checked, whole or not at all.

    Parameters
    ----------
    layers : sequence of Layer
    path : path
    metadata : mapping of str to anything JSON can hold
        Stored in the file beside what the graph cannot say: ``weights_sha256``, and
        ``potential_scale`` and ``potential_offset`` where outputs are potentials.

    Raises
    ------
    InputError
        Without the package onnx, or when `metadata` holds something else.
    LayerError
        If the layers do not form a chain, or one of them has no ONNX form.
    OSError
        If the file cannot be written.
    """
    try:
        onnx: Any = import_module("onnx")
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "onnx"
        problem = Problem(
            "export to ONNX",
            f"the package onnx {'is not installed' if missing else 'cannot be imported'}",
            "install it: python -m pip install --upgrade 'akida_lite[onnx]'",
        )
        raise InputError(problem) from error
    model = build(layers)
    facts = {**(metadata or {}), **_facts(tuple(layers))}
    onnx.helper.set_model_props(model, {key: _json(key, facts[key]) for key in facts})
    onnx.checker.check_model(model, full_check=True)
    with atomic_write(path) as file:
        file.write(model.SerializeToString(deterministic=True))


def weights_sha256(layers: Sequence[Layer]) -> str:
    """Return the SHA-256 of every array of every layer, in order, as raw bytes."""
    digest = hashlib.sha256()
    for layer in layers:
        parts = [layer, getattr(layer, "output", None)]
        for part in filter(None, parts):
            for field in fields(part):
                value = getattr(part, field.name)
                if isinstance(value, np.ndarray):
                    digest.update(np.ascontiguousarray(cast(npt.NDArray[Any], value)).data)
    return digest.hexdigest()


def _facts(layers: tuple[Layer, ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {"weights_sha256": weights_sha256(layers)}
    last = layers[-1]
    if isinstance(last.output, Potentials):
        facts["potential_scale"] = last.output.scale.tolist()
        facts["potential_offset"] = last.output.offset.tolist()
    return facts


def _json(key: str, value: Any) -> str:
    try:
        return value if isinstance(value, str) else json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        problem = f"{value!r:.60} is not text, numbers, booleans, None, lists or mappings"
        remedy = "convert it, for instance with int() or str()"
        raise InputError(Problem(f"metadata[{key!r}]", problem, remedy)) from error


def _emitted(graph: Graph, source: Map, layer: Layer, name: str, any_order: bool) -> Value:
    """Add what a layer emits as an output of the graph, its channels in their order."""
    values = graph.transpose(source.name, TO_NHWC)
    in_order = np.array_equal(source.order, np.arange(len(source.order)))
    if not (in_order or any_order):
        places = np.empty_like(source.order)
        places[source.order] = np.arange(len(places))
        values = graph.add("Gather", values, graph.constant(places, np.int64), axis=3)
    graph.add("Identity", values, output=name)
    return Value(name, source.shape, np.uint8 if layer.emits_events else np.int32)
