"""What the last layer emits, as classes and scores: one rule for all who ask."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, layer_problem
from akida_lite.layers import Layer, Potentials, Shape


@dataclass(frozen=True)
class Answers:
    """The best two classes of each image.

    Attributes
    ----------
    classes, runners_up : int64 array of shape (n,)
    scores, runner_up_scores : float32 array of shape (n,)
        In the units of the Keras model's output; levels where the last layer has an
        activation.
    """

    classes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    runners_up: npt.NDArray[np.int64]
    runner_up_scores: npt.NDArray[np.float32]


def require_scores(last: Layer) -> None:
    """Refuse a last layer that emits levels: `InputError` names it."""
    if not isinstance(last.output, Potentials):
        problem = "emits events, not scores, since it has an activation"
        remedy = "use forward(x), or convert a model whose last layer has none"
        raise InputError(layer_problem(last.name, type(last).__name__, problem, remedy))


def require_classes(last: Layer, shape: Shape, head: str | None) -> None:
    """Refuse a last map that names no one class.

    Parameters
    ----------
    last : Layer
    shape : (height, width, channels)
        Of its map.
    head : str or None
        Function that stood behind a single channel.

    Raises
    ------
    InputError
        If the map has several positions, or one channel that stands for no classes.
    """
    # Levels are what there is where the last layer has an activation: evaluate() refuses.
    method = "evaluate" if isinstance(last.output, Potentials) else "forward"
    if shape[2] == 1 and (head is None or prod(shape) > 1):
        problem = f"its map has shape {shape}: one channel, of which none is highest"
        remedy = f"use {method}(x) > 0 where it stands for two classes, {method}(x) where it "
        remedy += "is a quantity"
    elif prod(shape[:2]) != 1:
        problem = f"its map has shape {shape}: several positions, no one class"
        remedy = f"use {method}(x), and take the argmax along the axis you mean"
    else:
        return
    raise InputError(layer_problem(last.name, type(last).__name__, problem, remedy))


def classes_of(
    last: Layer, outputs: npt.NDArray[Any], head: str | None = None
) -> npt.NDArray[np.int64]:
    """Return the class of each image: the highest channel, of equals the lowest.

    Parameters
    ----------
    last : Layer
        Its map has one position.
    outputs : array of shape (n, 1, 1, c)
        What it emits.
    head : str or None
        Function that stood behind a single channel, which then stands for two classes.
    """
    classes: npt.NDArray[np.int64] = _comparable(last, outputs, head).argmax(axis=1)
    return classes.astype(np.int64, copy=False)


def answers_of(last: Layer, outputs: npt.NDArray[Any], head: str | None = None) -> Answers:
    """Return the best two classes of each image; parameters as for `classes_of`.

    Of a single channel, the score of class 1 is the channel's, that of class 0 its negative.
    """
    values = _comparable(last, outputs, head)
    rows = np.arange(len(values))
    scores = values.astype(np.float32)
    if head is None:
        scores = scores_of(last, outputs).reshape(values.shape)
    best = values.argmax(axis=1)
    # This number is lower than any potential, whose type is int32.
    values = values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
    values[rows, best] = -np.inf if values.dtype.kind == "f" else np.iinfo(np.int64).min
    second = values.argmax(axis=1)
    return Answers(best, scores[rows, best], second, scores[rows, second])


def scores_of(last: Layer, outputs: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return what the outputs are worth in the Keras model, in the shape they have."""
    if not isinstance(last.output, Potentials):
        return outputs.astype(np.float32)
    worth = outputs * last.output.scale + last.output.offset
    scores: npt.NDArray[np.float32] = worth.astype(np.float32)
    return scores


def _comparable(last: Layer, outputs: npt.NDArray[Any], head: str | None) -> npt.NDArray[Any]:
    """Return a row of values an image, one a class, in the order of the scores.

    Where one unit is worth the same in all channels, integers decide; else float64.
    """
    values = outputs.reshape(len(outputs), outputs.shape[-1])
    output = last.output
    if isinstance(output, Potentials) and (head or not _compare_as_integers(output)):
        values = values * output.scale + output.offset
    # A sigmoid or tanh has its middle at 0, above which class 1 is the likelier one.
    return values if head is None else np.concatenate([-values, values], axis=1)


def _compare_as_integers(output: Potentials) -> bool:
    """Whether the order of the potentials is the order of the scores."""
    scale, offset = output.scale, output.offset
    return bool((scale == scale[0]).all() and (offset == offset[0]).all() and scale[0] > 0)
