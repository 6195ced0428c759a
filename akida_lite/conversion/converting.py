"""From a quantized Keras model to the integer model that computes the same."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from akida_lite.conversion.blocks import Block, Parsed, parse
from akida_lite.conversion.building import (
    THRESHOLDS,
    Feed,
    build_layer,
    feed_after,
    map_shape,
)
from akida_lite.conversion.checking import (
    block_problems,
    published_problems,
    scaling_problems,
    unit_of,
)
from akida_lite.conversion.graph import chain_of
from akida_lite.errors import ConversionError, InputError, Problem, layer_problem
from akida_lite.fixed_point import INT32_MAX
from akida_lite.layers import InputData, Layer, Neural
from akida_lite.model import Model

_PIXEL_BITS = 8


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
    input_scaling: tuple[float, float] = (1.0, 0),
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
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``: a above 0, b one of 0 to 255.
    input_is_sparse : bool
        Whether the input already are events; then b must be 0.
    input_bits : int
        Width of these events; images always have 8 bits.
    thresholds : {"exact", "published"}
        "exact" stores every threshold and agrees with Keras; "published" stores what a
        first threshold, rounded down, and a float32 step say, as the original did.
    labels : sequence of str, optional
        Names of the classes.

    Returns
    -------
    Model

    Raises
    ------
    ConversionError
        Lists every reason why the model has no integer equivalent.
    InputError
        If `thresholds` or `labels` is not what it may be.

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
    if thresholds not in THRESHOLDS:
        text = f"{thresholds!r} is none of {', '.join(map(repr, THRESHOLDS))}"
        raise InputError(Problem("option 'thresholds'", text, "choose one of them"))
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
    a, b = input_scaling
    return Model(
        plan.layers,
        name=keras_model.name,
        input_scaling=(a, b),
        labels=labels,
        origin={"keras_model": keras_model.name, "thresholds": thresholds},
    )


def check_compatibility(
    keras_model: Any,
    *,
    input_scaling: tuple[float, float] = (1.0, 0),
    input_is_sparse: bool = False,
    input_bits: int = 4,
) -> list[Problem]:
    """Return every reason why a Keras model has no integer equivalent.

    Parameters
    ----------
    keras_model, input_scaling, input_is_sparse, input_bits
        As in `convert`.

    Returns
    -------
    list of Problem
        In the order of the layers; empty if `convert` will succeed.

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
    >>> for problem in check_compatibility(keras_model):
    ...     print(problem.layer, "-", problem.problem)
    edges - its weights are not quantized
    mean - it has no integer equivalent
    """
    return plan_of(
        keras_model,
        input_scaling=input_scaling,
        input_is_sparse=input_is_sparse,
        input_bits=input_bits,
    ).problems


def plan_of(
    keras_model: Any,
    *,
    input_scaling: tuple[float, float] = (1.0, 0),
    input_is_sparse: bool = False,
    input_bits: int = 4,
    thresholds: str = "exact",
) -> Plan:
    """Read, check and, where possible, build; parameters as in `convert`."""
    steps, problems = chain_of(keras_model)
    readable = bool(steps) or not problems
    parsed = parse(steps) if readable else Parsed()
    option_problems = scaling_problems(
        input_scaling, sparse=input_is_sparse, input_bits=input_bits
    )
    plan = Plan(parsed, problems=[*problems, *parsed.problems])
    _build(plan, option_problems, input_scaling, input_is_sparse, input_bits, thresholds)
    order = {step.name: index for index, step in enumerate(steps)}
    plan.problems.sort(key=lambda problem: order.get(problem.layer or "", -1))
    plan.problems[:0] = option_problems
    return plan


def _build(
    plan: Plan,
    option_problems: list[Problem],
    scaling: tuple[float, float],
    sparse: bool,
    input_bits: int,
    thresholds: str,
) -> None:
    feed: Feed | None = None
    if not option_problems:
        bits = input_bits if sparse else _PIXEL_BITS
        feed = Feed(unit_of(scaling[0]), int(scaling[1]), bits, image=not sparse)
    # Shapes and neighbours say nothing where the chain itself is broken.
    structural = bool(plan.problems)
    for index, block in enumerate(plan.parsed.blocks):
        found = block_problems(block, image=index == 0 and not sparse)
        if thresholds == "published" and not found:
            found = published_problems(block)
        if index == 0 and sparse and feed is not None and not (found or structural):
            plan.layers.append(_input_data(block, feed))
        if feed is not None and not (found or structural or block.float_layers):
            layer = build_layer(block, feed, thresholds)
            plan.layers.append(layer)
            found = _overflow(block, layer)
        plan.problems += found
        feed = None if block.float_layers or found else feed_after(block)


def _input_data(block: Block, feed: Feed) -> InputData:
    return InputData(
        name=f"{block.name}_input",
        input_shape=map_shape(block.steps[0].input_shape),
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
