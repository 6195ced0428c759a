"""Hold a Keras model and its integer model together, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.conversion.blocks import Block
from akida_lite.conversion.grammar import parse
from akida_lite.conversion.graph import chain_of
from akida_lite.conversion.weights import array
from akida_lite.engine import trace
from akida_lite.engine.inputs import checked_input
from akida_lite.engine.options import positive
from akida_lite.errors import ConversionError, InputError, Problem
from akida_lite.layers import InputConvolutional, InputData, Neural, Potentials, Staircase
from akida_lite.model import Model
from akida_lite.report.comparison import Comparison, Difference, LayerComparison

Values: TypeAlias = npt.NDArray[Any]


def compare(
    keras_model: Any, model: Model, x: npt.NDArray[np.uint8], *, batch_size: int | None = 64
) -> Comparison:
    """Run the same images through both models and count where they differ.

    Every layer is compared twice. Fed by the layers before it in its own model, it shows
    what arrives in the end; fed the integer model's own events, it shows only differences
    that are born in it, since Keras computes in float32 and the integer model exactly.

    Parameters
    ----------
    keras_model : keras.Model
        The model that `model` was converted from.
    model : Model
    x : uint8 array of shape (n, height, width, channels)
        Pixels, or the events that the integer model reads.
    batch_size : int or None
        Images at a time; None for 64.

    Returns
    -------
    Comparison

    Raises
    ------
    ConversionError
        If the Keras model is none that can be converted.
    InputError
        If the two models have different layers, or `x` or `batch_size` does not fit.
    """
    blocks, layers = _paired(keras_model, model)
    at_a_time = positive("batch_size", batch_size) or 64
    first = model.layers[0]
    assert isinstance(first, InputConvolutional | InputData)
    x = checked_input(first, x)
    tallies = [_Tally(block, layer) for block, layer in zip(blocks, layers, strict=True)]
    labels_equal = 0
    for start in range(0, len(x), at_a_time):
        images = x[start : start + at_a_time]
        outputs = list(_outputs(blocks, model, images))
        for tally, (integer, spread, alone) in zip(tallies, outputs, strict=True):
            tally.add(start, integer, spread, alone)
        integer, spread, _ = outputs[-1]
        same = _chosen(spread.reshape(integer.shape)) == _chosen(integer, layers[-1])
        labels_equal += int(same.all(axis=1).sum())
    has_classes = model.output_shape[2] > 1 or model.head is not None
    return Comparison(
        tuple(tally.result() for tally in tallies),
        len(x),
        labels_equal if has_classes else None,
    )


def _paired(keras_model: Any, model: Model) -> tuple[list[Block], list[Neural]]:
    steps, problems = chain_of(keras_model)
    parsed = parse(steps)
    problems += parsed.problems
    if problems:
        raise ConversionError(problems)
    layers = [layer for layer in model.layers if not isinstance(layer, InputData)]
    expected = [block.name for block in parsed.blocks]
    names = [layer.name for layer in layers]
    if names != expected:
        raise InputError(
            Problem(
                f"model {model.name!r}",
                f"its layers are {', '.join(names)}; those of the Keras model become "
                f"{', '.join(expected)}",
                "compare a model with the Keras model that it was converted from",
            )
        )
    return parsed.blocks, layers


def _outputs(
    blocks: list[Block], model: Model, images: npt.NDArray[np.uint8]
) -> Iterator[tuple[Values, Values, Values]]:
    """Yield, block by block, the integer output and Keras' two, in Keras' units.

    The second follows the Keras model from the images on; the third comes from the events
    that the integer model feeds this block.
    """
    a, b = model.input_scaling
    fed = (images.astype(np.float32) - np.float32(b)) / np.float32(a)
    spread = alone = fed
    integers = [out for layer, out in trace(model.layers, images) if _is_neural(layer)]
    for block, integer in zip(blocks, integers, strict=True):
        same = spread is alone or np.array_equal(spread, alone)
        spread = _through(block, spread)
        # The float layers are run twice only where their inputs differ.
        yield integer, spread, spread if same else _through(block, alone)
        if block.activation is not None:
            alone = (integer * np.float32(block.activation.layer.gamma)).reshape(spread.shape)


def _is_neural(layer: Any) -> bool:
    return not isinstance(layer, InputData)


def _through(block: Block, values: Values) -> Values:
    """Return what the Keras layers of a block make of float values."""
    shape: Any = block.steps[0].input_shape
    outputs: Any = values.reshape((len(values), *shape))
    for step in block.steps:
        outputs = step(outputs)
    return array(outputs)


def _in_potentials(output: Potentials, values: Values) -> Values:
    """Return Keras values in units of the potential, rounded to whole ones."""
    # A constant filter has no scale; its potentials are not compared, so any number serves.
    scale = np.where(output.scale == 0, 1, output.scale)
    return np.rint((values.astype(np.float64) - output.offset) / scale)


def _chosen(values: Values, layer: Neural | None = None) -> Values:
    """Return the class at every position: (n, positions). One channel is split at 0."""
    if layer is not None and isinstance(layer.output, Potentials):
        values = values * layer.output.scale + layer.output.offset
    values = values.reshape(len(values), -1, values.shape[-1])
    chosen: Values = values[..., 0] > 0 if values.shape[-1] == 1 else values.argmax(axis=2)
    return chosen


class _Tally:
    """Counts of one layer over the batches."""

    def __init__(self, block: Block, layer: Neural) -> None:
        self.layer = layer
        self.gamma = 1.0 if block.activation is None else block.activation.layer.gamma
        self.values = self.different = self.born_here = 0
        self.first: Difference | None = None
        self.largest = 0.0

    def add(self, start: int, integer: Values, spread: Values, alone: Values) -> None:
        keras_values = self._integers(spread, integer)
        differs = keras_values != integer
        self.values += integer.size
        self.different += int(differs.sum())
        same = alone is spread
        born = differs if same else self._integers(alone, integer) != integer
        self.born_here += int(born.sum())
        if not differs.any():
            return
        gap = np.abs(keras_values - integer)
        self.largest = max(self.largest, float(gap.max()))
        if self.first is None:
            image, y, x, channel = (int(i) for i in np.argwhere(differs)[0])
            where = (image, y, x, channel)
            self.first = Difference(
                start + image, y, x, channel, float(keras_values[where]), float(integer[where])
            )

    def _integers(self, values: Values, integer: Values) -> Values:
        values = values.reshape(integer.shape)
        output = self.layer.output
        if isinstance(output, Staircase):
            return np.rint(values / np.float32(self.gamma))
        # A filter that is constant in Keras says nothing about its potential.
        return np.where(output.scale == 0, integer, _in_potentials(output, values))

    def result(self) -> LayerComparison:
        return LayerComparison(
            self.layer.name,
            self.values,
            self.values - self.different,
            self.first,
            self.largest,
            self.born_here,
        )
