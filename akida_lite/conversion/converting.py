"""From a quantized Keras model to the integer model that computes the same."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from akida_lite.conversion.blocks import Block, Parsed
from akida_lite.conversion.building import THRESHOLDS, build_layer, feed_after, map_shape
from akida_lite.conversion.checking import (
    block_problems,
    keras_problems,
    layout_problems,
    published_problems,
)
from akida_lite.conversion.grammar import parse
from akida_lite.conversion.graph import chain_of, unique
from akida_lite.conversion.roles import head_of
from akida_lite.conversion.scaling import Feed, input_feed
from akida_lite.errors import ConversionError, LayerError, Problem, layer_problem
from akida_lite.fixed_point import INT32_MAX
from akida_lite.layers import InputData, Layer, Neural
from akida_lite.model import Model


@dataclass
class Plan:
    """A Keras model, read, checked and, where possible, built.

    Attributes
    ----------
    parsed : Parsed
    layers : list of Layer
        Complete if there are no problems.
    problems : list of Problem
        In the order of the layers.
    """

    parsed: Parsed
    layers: list[Layer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def convert(
    keras_model: Any,
    *,
    input_scaling: tuple[float, float] | None = None,
    input_is_sparse: bool = False,
    input_bits: int = 4,
    thresholds: str = "exact",
    labels: Sequence[str] | None = None,
) -> Model:
    """Return the integer model that computes what a quantized Keras model computes.

    Parameters
    ----------
    keras_model : keras.Model
        Functional or Sequential; nested models are flattened.
    input_scaling : (float, float), optional
        ``(a, b)`` of ``x_keras = (pixel - b) / a``, where x_keras is what the Keras model is
        fed and a at least 1. May be left out where a first layer of the model, such as
        Rescaling, scales the pixels, and for events. Where the first convolution pads, b is
        one of 0 to 255, and 0 for events.
    input_is_sparse : bool
        Whether the input already are events.
    input_bits : int
        Width of these events; images always have 8 bits.
    thresholds : {"exact", "published"}
        "exact" stores every threshold and agrees with Keras; "published" stores what a
        first threshold, rounded down, and a float32 step say, as the original did.
    labels : sequence of str, optional
        Names of the classes: one a channel of the output, or two where it is one channel
        before a sigmoid.

    Returns
    -------
    Model

    Raises
    ------
    ConversionError
        Lists every reason why the model has no integer equivalent.
    InputError
        If `labels` is not what it may be.

    Warns
    -----
    UserWarning
        If an activation after the last layer, such as softmax, is left out: the integer
        model gives the scores before it.

    Examples
    --------
    >>> import keras
    >>> from akida_lite import nn
    >>> weights = nn.MaxQuantizer(bitwidth=4)
    >>> keras_model = keras.Sequential(
    ...     [
    ...         keras.Input((8, 8, 3)),
    ...         nn.QuantizedConv2D(4, 3, quantizer=weights, name="edges"),
    ...         keras.layers.MaxPooling2D(),
    ...         nn.ActivationDiscreteRelu(2),
    ...         keras.layers.Flatten(),
    ...         nn.QuantizedDense(10, quantizer=weights, name="scores"),
    ...     ],
    ...     name="small",
    ... )
    >>> convert(keras_model, input_scaling=(255, 0))
    <Model 'small': 2 layers, (8, 8, 3) to (1, 1, 10)>
    """
    plan = plan_of(
        keras_model,
        input_scaling=input_scaling,
        input_is_sparse=input_is_sparse,
        input_bits=input_bits,
        thresholds=thresholds,
    )
    if plan.problems:
        raise ConversionError(plan.problems)
    for step in plan.parsed.dropped:
        warnings.warn(
            f"layer {step.name!r} ({step.kind}) is left out: the integer model gives the "
            "scores before it, which have the same order",
            stacklevel=2,
        )
    return Model(
        plan.layers,
        name=keras_model.name,
        input_scaling=input_scaling or (1.0, 0),
        labels=labels,
        head=next(filter(None, map(head_of, plan.parsed.dropped)), None),
        origin={"keras_model": keras_model.name, "thresholds": thresholds},
    )


def check_compatibility(
    keras_model: Any,
    *,
    input_scaling: tuple[float, float] | None = None,
    input_is_sparse: bool = False,
    input_bits: int = 4,
    thresholds: str = "exact",
) -> list[Problem]:
    """Return every reason why a Keras model has no integer equivalent.

    Parameters
    ----------
    keras_model, input_scaling, input_is_sparse, input_bits, thresholds
        As in `convert`.

    Returns
    -------
    list of Problem
        In the order of the layers, options first; empty if `convert` will succeed.

    Examples
    --------
    >>> import keras
    >>> from keras import layers
    >>> keras_model = keras.Sequential(
    ...     [
    ...         keras.Input((8, 8, 3)),
    ...         layers.Conv2D(4, 3, name="edges"),
    ...         layers.AveragePooling2D(2, name="mean"),
    ...     ]
    ... )
    >>> for problem in check_compatibility(keras_model, input_scaling=(255, 0)):
    ...     print(problem.layer, "-", problem.problem)
    edges - its weights are not quantized
    mean - it has no integer equivalent
    """
    return plan_of(
        keras_model,
        input_scaling=input_scaling,
        input_is_sparse=input_is_sparse,
        input_bits=input_bits,
        thresholds=thresholds,
    ).problems


def plan_of(
    keras_model: Any,
    *,
    input_scaling: tuple[float, float] | None = None,
    input_is_sparse: bool = False,
    input_bits: int = 4,
    thresholds: str = "exact",
) -> Plan:
    """Read, check and, where possible, build; parameters as in `convert`."""
    steps, problems = chain_of(keras_model)
    readable = bool(steps) or not problems
    parsed = parse(steps) if readable else Parsed()
    broken = [*layout_problems(steps), *keras_problems(steps)]
    plan = Plan(parsed, problems=[*problems, *broken, *parsed.problems])
    feed: Feed | None = None
    input_problems: list[Problem] = []
    if steps:
        feed, input_problems = input_feed(
            parsed, input_scaling, sparse=input_is_sparse, input_bits=input_bits
        )
    if thresholds not in THRESHOLDS:
        text = f"{thresholds!r} is none of {', '.join(map(repr, THRESHOLDS))}"
        input_problems += [Problem("option 'thresholds'", text, "choose one of them")]
    elif not broken:
        _build(plan, feed, thresholds, image=not input_is_sparse)
    order = {step.name: index for index, step in enumerate(steps)}
    plan.problems += input_problems
    plan.problems.sort(key=lambda problem: order.get(problem.layer or "", -1))
    if not plan.problems:
        plan.problems += _of_the_whole(plan.layers)
    return plan


def _build(plan: Plan, feed: Feed | None, thresholds: str, *, image: bool) -> None:
    """Check every block, and build the layers as long as nothing is in the way."""
    # In a broken chain, shapes and neighbours are not those of the layers, so blocks wait.
    structural = bool(plan.problems)
    for block in plan.parsed.blocks:
        reads_pixels = image and block is plan.parsed.blocks[0] and not plan.parsed.unclear
        found = block_problems(block, image=reads_pixels)
        if thresholds == "published" and not found:
            found = published_problems(block)
        if feed is not None and not (found or structural or block.float_layers):
            found = _append(plan, block, feed, thresholds)
        plan.problems += found
        feed = None if block.float_layers or found else feed_after(block)


def _append(plan: Plan, block: Block, feed: Feed, thresholds: str) -> list[Problem]:
    """Append the layers of a block, or return why the integers do not allow them."""
    try:
        if not plan.layers and not feed.image:
            plan.layers.append(_input_data(plan, feed))
        layer = build_layer(block, feed, thresholds)
    except LayerError as error:
        return list(error.problems)
    plan.layers.append(layer)
    return _overflow(block, layer)


def _of_the_whole(layers: list[Layer]) -> list[Problem]:
    """Return why layers that are sound by themselves form no chain."""
    try:
        Model(layers)
    except LayerError as error:
        return list(error.problems)
    return []


def _input_data(plan: Plan, feed: Feed) -> InputData:
    first, names = plan.parsed.blocks[0], [block.name for block in plan.parsed.blocks]
    return InputData(
        name=unique(f"{first.name}_input", names),
        input_shape=map_shape(first.steps[0].input_shape),
        input_bits=feed.bits,
    )


def _overflow(block: Block, layer: Neural) -> list[Problem]:
    bound = layer.potential_bound(map_shape(block.steps[0].input_shape))
    if bound <= INT32_MAX:
        return []
    return [
        layer_problem(
            layer.name,
            type(block.neural.layer).__name__,
            f"a potential can reach {bound}, beyond {INT32_MAX}, the range of 32 bits",
            "use fewer bits for its weights or its input, or a smaller kernel",
        )
    ]
