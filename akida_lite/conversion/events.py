"""Which Keras layers emit events, what one of them costs, and a penalty for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, prod
from typing import Any

from akida_lite import nn
from akida_lite.conversion.blocks import Block
from akida_lite.conversion.grammar import parse
from akida_lite.conversion.graph import chain_of
from akida_lite.conversion.kinds import kind_of
from akida_lite.errors import ConversionError, InputError, Problem

MILLION = 1_000_000


@dataclass(frozen=True)
class Source:
    """A Keras layer whose output is what a neural layer reads as events.

    Attributes
    ----------
    layer : keras.Layer
        The activation, or the max pooling after it.
    operations : int
        Weights that one event meets, as in the statistics of the integer model.
    step : float
        Height of a step of the activation.
    """

    layer: Any
    operations: int
    step: float

    def cost(self, strength: float) -> nn.EventCost:
        """Return the penalty at `strength`, in loss for a million operations."""
        return nn.EventCost(strength * self.operations / MILLION, self.step)


def event_sources(keras_model: Any) -> list[Source]:
    """Return every layer that emits events, in order.

    Parameters
    ----------
    keras_model : keras.Model
        A chain of quantized layers, built. What the last layer emits is read by none.

    Raises
    ------
    ConversionError
        Lists every problem of the structure.
    """
    steps, problems = chain_of(keras_model)
    parsed = parse(steps)
    if problems or parsed.problems:
        raise ConversionError(problems or parsed.problems)
    sources = []
    for block, reader in zip(parsed.blocks, parsed.blocks[1:], strict=False):
        assert block.activation is not None
        _, last = block.tail[-1]
        step = float(block.activation.layer.gamma)
        sources.append(Source(last.layer, _operations_per_event(reader), step))
    return sources


def penalize_events(keras_model: Any, strength: float) -> None:
    """Add what events cost to the loss that ``fit`` lowers, in place.

    Every event meets the weights of the layer that reads it, and the chip works for each of
    them. The loss grows by `strength` for a million such operations an image, the mean over
    the batch. Operations are those of :meth:`akida_lite.Model.get_statistics`.

    Call it before ``compile``. It sets the ``activity_regularizer`` of the activations to an
    :class:`akida_lite.nn.EventCost`, or that of a max pooling which comes after one.

    Parameters
    ----------
    keras_model : keras.Model
        A chain of quantized layers, built: what :func:`akida_lite.quantize` returns, for one.
    strength : float
        0 or more; 0 takes the penalty away.

    Raises
    ------
    InputError
        If `strength` is negative or not finite.
    ConversionError
        Lists every problem of the structure.

    Examples
    --------
    >>> import akida_lite as al
    >>> keras_model = al.zoo.vgg_cifar10(
    ...     weights=None, weights_quantization=2, activ_quantization=2
    ... )
    >>> al.penalize_events(keras_model, 0.001)
    >>> cost = keras_model.get_layer("conv_0_relu").activity_regularizer.cost
    >>> f"{cost:.3e}"  # an event of this layer meets 1152 weights
    '1.152e-06'
    """
    if not (isfinite(strength) and strength >= 0):
        problem = f"{strength!r} is not a finite number of 0 or more"
        raise InputError(Problem("option 'strength'", problem, "choose one, such as 0.001"))
    for source in event_sources(keras_model):
        source.layer.activity_regularizer = source.cost(strength) if strength else None


def _operations_per_event(reader: Block) -> int:
    """Return what an event costs that `reader` reads; as `Neural.weights_per_event`."""
    layer = reader.neural.layer
    filters = reader.last.output_shape[-1]
    assert filters is not None
    # A depthwise layer without a pointwise one is converted to one with the identity there.
    return prod(getattr(layer, "kernel_size", ())) * (filters + kind_of(layer).splits)
