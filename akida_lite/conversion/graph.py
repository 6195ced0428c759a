"""Read a Keras model as what it must be: one chain of layers from one input to one output.

Nested models are flattened. What is no chain is reported, and the chain that remains is
still returned, so that the problems of its layers can be reported at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import keras

from akida_lite.errors import Problem, layer_problem

KerasShape: TypeAlias = tuple[int | None, ...]
"""Shape of one image's values, without the batch axis."""


# Modules of Keras that hold operations on tensors, which are no layers.
_OPERATIONS = ("keras.src.ops.", "keras.src.activations.")


@dataclass(frozen=True)
class Step:
    """One call of a Keras layer, or of an operation on tensors such as ``x / 255``.

    Attributes
    ----------
    layer : keras.Layer or keras.Operation
    name : str
        Of the layer; with a number behind it where another has the same.
    input_shape, output_shape : tuple of int
        Without the batch axis; of the first input and the first output.
    branches : int
        How many tensors the layer reads.
    node : object
        Keras' record of the call, with its other arguments.
    """

    layer: Any
    name: str
    input_shape: KerasShape
    output_shape: KerasShape
    branches: int = 1
    node: Any = None

    @property
    def kind(self) -> str:
        """Type of the Keras layer."""
        return type(self.layer).__name__

    @property
    def operation(self) -> str | None:
        """Type of an operation of Keras; None for layers and for what others wrote."""
        ours = type(self.layer).__module__.startswith(_OPERATIONS)
        return self.kind if ours else None

    @property
    def arguments(self) -> list[Any]:
        """What an operation was called with: its tensor and the constants."""
        return [*self.node.arguments.args, *self.node.arguments.kwargs.values()]

    def __call__(self, values: Any) -> Any:
        """Return what the call makes of other values, as the model is used, not trained."""
        if isinstance(self.layer, keras.Layer):
            return self.layer(values, training=False)
        args, kwargs = self.node.arguments.fill_in({id(self.node.input_tensors[0]): values})
        return self.layer(*args, **kwargs)

    def problem(self, problem: str, remedy: str) -> Problem:
        """Return a problem of this layer."""
        return layer_problem(self.name, self.kind, problem, remedy)


def unique(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: `name`, else with the lowest number behind it."""
    candidates = (
        name if not number else f"{name}_{number}" for number in range(len(taken) + 1)
    )
    return next(candidate for candidate in candidates if candidate not in taken)


def chain_of(model: Any) -> tuple[list[Step], list[Problem]]:
    """Return the layers of `model` in order, and why it is no chain if it is none.

    Parameters
    ----------
    model : keras.Model
        Functional or Sequential, built.

    Returns
    -------
    steps : list of Step
        Without input layers. Where branches meet, only the first is followed.
    problems : list of Problem
    """
    refusal = _refused(model)
    if refusal is not None:
        return [], [refusal]
    problems: list[Problem] = []
    _require_one_end(model, problems)
    steps = _named_apart(_walk(model, problems))
    problems += _shared(steps)
    if not problems:
        problems += _unknown_shapes(steps)
    return steps, problems


def _refused(model: Any) -> Problem | None:
    if not isinstance(model, keras.Model):
        return Problem(
            "model",
            f"it is a {type(model).__name__}, a keras.Model is expected",
            "load it first, for instance with akida_lite.load_keras(path)",
        )
    subject = f"model {model.name!r}"
    if isinstance(model, keras.Sequential) and not model.built:
        return Problem(
            subject,
            "it has not been built: the shape of its input is unknown",
            "put a keras.Input(shape) first",
        )
    if not getattr(model, "outputs", None):
        return Problem(
            subject,
            f"it is a {type(model).__name__} whose layers are called by its own code, a "
            "Functional or Sequential model is expected",
            "write it with keras.Model(inputs, outputs) or keras.Sequential",
        )
    return None


def _require_one_end(model: Any, problems: list[Problem]) -> None:
    for what, ends in (("input", model.inputs), ("output", model.outputs)):
        if len(ends) != 1:
            problems.append(
                Problem(
                    f"model {model.name!r}",
                    f"it has {len(ends)} {what}s, one is expected",
                    f"build a keras.Model with one {what}",
                )
            )


def _walk(model: Any, problems: list[Problem]) -> list[Step]:
    """Return the steps from the input to the first output, found from its end.

    Backwards, because a layer's inputs are unique, while what reads its output may belong
    to another model.
    """
    backwards: list[Step] = []
    tensor = model.outputs[0]
    while True:
        # Keras has no public way from a tensor to the call that made it.
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        if not node.input_tensors:
            break
        shapes = node.input_tensors[0].shape[1:], tensor.shape[1:]
        step = Step(operation, str(operation.name), *shapes, len(node.input_tensors), node)
        if getattr(operation, "outputs", None) and isinstance(operation, keras.Model):
            _require_one_end(operation, problems)
            backwards += reversed(_walk(operation, problems))
        else:
            backwards.append(step)
        tensor = node.input_tensors[0]
    return backwards[::-1]


def _named_apart(steps: list[Step]) -> list[Step]:
    """Return the steps with distinct names: those of nested models may be the same."""
    taken: set[str] = set()
    named = []
    for step in steps:
        named.append(replace(step, name=unique(step.name, taken)))
        taken.add(named[-1].name)
    return named


def _shared(steps: list[Step]) -> list[Problem]:
    owners = [step for step in steps if getattr(step.layer, "variables", None)]
    uses = Counter(id(step.layer) for step in owners)
    first = {id(step.layer): step for step in reversed(owners)}
    return [
        step.problem(
            f"it is used {uses[key]} times, once is expected",
            "give every place a layer of its own",
        )
        for key, step in reversed(first.items())
        if uses[key] > 1
    ]


def _unknown_shapes(steps: list[Step]) -> list[Problem]:
    for step in steps:
        if None in step.input_shape:
            shape = ", ".join(str(size) for size in step.input_shape)
            return [
                step.problem(
                    f"its input shape ({shape}) is not fixed",
                    "build the model with a fixed height and width: keras.Input((h, w, c))",
                )
            ]
    return []
