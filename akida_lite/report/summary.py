"""The layers of a model as a table: shapes, connections, thresholds, and what a chip says."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from akida_lite.errors import Problem, shown
from akida_lite.fixed_point import INT32_MAX, INT32_MIN
from akida_lite.hardware import Device, check
from akida_lite.layers import Layer, Shape, Staircase, layer_shapes
from akida_lite.layers.base import WindowedLayer
from akida_lite.tables import Column, Table

NAME_WIDTH = 24
"""Columns after which the text form continues a layer's name on the next line."""


LEGEND = (
    "#InConn: inputs that a neuron sees. #Weights: mean number of its weights that are not 0.\n"
    "ThFire: lowest..highest potential, over the neurons, above which the first event fires."
)


@dataclass(frozen=True)
class LayerSummary:
    """One row of a summary, as numbers.

    Attributes
    ----------
    name, kind : str
        Name and type of the layer.
    problems : tuple of Problem
        What keeps the device from taking the layer; empty where it does.
    input_shape, output_shape : (height, width, channels)
        The output's after pooling.
    kernel_shape : (kh, kw, c_in) or None
        None where the layer has no kernel that moves. Of a separable layer, the depthwise
        kernel.
    connections : int
        Inputs that one neuron sees: ``kh * kw * c_in``, of a fully connected layer all.
    weights : int
        Mean number of weights other than zero that a neuron has, rounded down. Of a
        separable layer, over its depthwise kernels and its filters together.
    first_thresholds : (int, int) or None
        Lowest and highest, over the neurons, of the potential above which a neuron emits
        its first event. None for a layer without activation.
    """

    name: str
    kind: str
    problems: tuple[Problem, ...]
    input_shape: Shape
    output_shape: Shape
    kernel_shape: Shape | None
    connections: int
    weights: int
    first_thresholds: tuple[int, int] | None


@dataclass(frozen=True, repr=False)
class Summary:
    """Rows of a summary; prints as a table, and shows as one in a notebook.

    Attributes
    ----------
    name : str
        Name of the model; may be empty.
    device : str or None
        Name of the device that the rows were checked against.
    rows : tuple of LayerSummary
    problems : tuple of Problem
        What the device says about the model as a whole.
    """

    name: str
    device: str | None
    rows: tuple[LayerSummary, ...]
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        return _text_table(self).text()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return _html_table(self).html()


def summary_of(
    layers: Sequence[Layer], *, name: str = "", device: Device | None = None
) -> Summary:
    """Describe every layer, and check it against a device.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts.
    name : str
        Name of the model, for the caption.
    device : Device, optional
        Its rules decide the column HW; left out, there is none.

    Returns
    -------
    Summary

    Raises
    ------
    LayerError
        If the layers do not form a chain.
    """
    layers = tuple(layers)
    problems = [] if device is None else check(layers, device)
    by_layer: dict[str | None, list[Problem]] = {layer.name: [] for layer in layers}
    whole = tuple(p for p in problems if p.layer not in by_layer)
    for problem in problems:
        by_layer.get(problem.layer, []).append(problem)
    rows = tuple(
        _layer_summary(layer, *shapes, tuple(by_layer[layer.name]))
        for layer, shapes in zip(layers, layer_shapes(layers), strict=True)
    )
    return Summary(name, None if device is None else device.name, rows, whole)


def kernel_shape(layer: Layer) -> Shape | None:
    """Return (kh, kw, c_in) of the kernel that moves over the map, None without one."""
    if not isinstance(layer, WindowedLayer):
        return None
    return (*layer.kernel_size, layer.input_channels)


def mean_nonzero_weights(layer: Layer) -> int:
    """Return the mean number of non-zero weights a neuron, rounded down.

    A separable layer has ``c_in`` neurons in its depthwise step and ``filters`` in its
    pointwise step.
    """
    weights = sum(int(np.count_nonzero(kernel)) for kernel in layer.kernels.values())
    return weights // layer.neurons


def first_thresholds(layer: Layer) -> tuple[int, int] | None:
    """Return the lowest and the highest first threshold over the neurons, if any."""
    if not isinstance(layer.output, Staircase):
        return None
    first = layer.output.thresholds[:, 0]
    return int(first.min()), int(first.max())


def _layer_summary(
    layer: Layer, input_shape: Shape, output_shape: Shape, problems: tuple[Problem, ...]
) -> LayerSummary:
    kernel = kernel_shape(layer)
    connections = prod(kernel or input_shape)
    return LayerSummary(
        name=layer.name,
        kind=type(layer).__name__,
        problems=problems,
        input_shape=input_shape,
        output_shape=output_shape,
        kernel_shape=kernel,
        connections=connections if layer.kernels else 0,
        weights=mean_nonzero_weights(layer),
        first_thresholds=first_thresholds(layer),
    )


def _text_table(summary: Summary) -> Table:
    columns = [
        Column("Layer\n(type)"),
        Column("Input\n[h,w,c]"),
        Column("Output\n[h,w,c]"),
        Column("Kernel\nshape"),
        Column("Learning"),
        Column("#InConn / #Weights\n/ ThFire"),
    ]
    rows = []
    for row in summary.rows:
        name = "\n".join(textwrap.wrap(shown(row.name), NAME_WIDTH)) or row.name
        counts = f"{row.connections} / {row.weights}\n/ {_range(row.first_thresholds)}"
        shapes = (_shape(row.input_shape), _shape(row.output_shape), _kernel(row))
        rows.append([f"{name}\n({row.kind})", *shapes, "N/A", counts])
    return _with_hardware(summary, columns, rows)


def _html_table(summary: Summary) -> Table:
    columns = [
        Column("Layer (type)"),
        Column("Input shape [h,w,c]"),
        Column("Output shape [h,w,c]"),
        Column("Kernel shape"),
        Column("Learning"),
        Column("#InConn", "right"),
        Column("#Weights", "right"),
        Column("ThFire", "right"),
    ]
    rows = [
        [
            f"{shown(row.name)} ({row.kind})",
            _shape(row.input_shape),
            _shape(row.output_shape),
            _kernel(row),
            "N/A",
            str(row.connections),
            str(row.weights),
            _range(row.first_thresholds),
        ]
        for row in summary.rows
    ]
    return _with_hardware(summary, columns, rows)


def _with_hardware(summary: Summary, columns: list[Column], rows: list[list[str]]) -> Table:
    """Return the table, with the column HW and its notes where a device was asked."""
    caption = f"Model {summary.name!r}" if summary.name else "Model"
    if summary.device is None:
        return Table(caption, columns, rows, LEGEND)
    noted = [(row.name, problem) for row in summary.rows for problem in row.problems]
    noted += [(problem.subject, problem) for problem in summary.problems]
    # Layers that break a rule in the same way share one note.
    names: dict[str, list[str]] = {}
    for name, problem in noted:
        names.setdefault(_note(problem), []).append(name)
    numbers = {note: number for number, note in enumerate(names, start=1)}
    columns.insert(1, Column("HW"))
    for cells, row in zip(rows, summary.rows, strict=True):
        marks = ",".join(str(numbers[_note(problem)]) for problem in row.problems)
        cells.insert(1, f"no [{marks}]" if row.problems else "yes")
    notes = [f"{', '.join(of)}: {note}" for note, of in names.items()]
    return Table(f"{caption} on {summary.device}", columns, rows, LEGEND, notes)


def _note(problem: Problem) -> str:
    rule = problem.rule or ""
    # Problems of a device name their rule already.
    prefix = "" if rule in problem.problem else f"{rule}: "
    return f"{prefix}{problem.problem}. Fix: {problem.remedy}."


def _shape(shape: Shape) -> str:
    return ",".join(map(str, shape))


def _kernel(row: LayerSummary) -> str:
    return "N/A" if row.kernel_shape is None else "x".join(map(str, row.kernel_shape))


def _range(thresholds: tuple[int, int] | None) -> str:
    return "N/A" if thresholds is None else "..".join(map(_threshold, thresholds))


def _threshold(value: int) -> str:
    return {INT32_MAX: "never", INT32_MIN: "always"}.get(value, str(value))
