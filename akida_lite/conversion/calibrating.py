"""What sample images say about ranges, means and deviations, layer by layer.

The samples run through the network twice: as it was, and as it has become so far. Each layer
is set where its own rounding does least harm, and what rounding has moved is moved back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from akida_lite import nn
from akida_lite.conversion.graph import Step
from akida_lite.conversion.grids import least_error_quantizer
from akida_lite.conversion.weights import array, kernels_of
from akida_lite.errors import AkidaLiteError, ConversionError, layer_problem
from akida_lite.fixed_point import activation_levels

_BATCH = 64
# A range is chosen by at most this many values: more take longer and change nothing.
_ENOUGH = 400_000
_SHARES = np.linspace(0.05, 1.0, 77)
# Deviations are corrected within these factors: beyond them a filter hardly fires on the
# samples, and its deviation says little.
_FACTORS = (0.5, 2.0)
_STAIRCASES = (nn.ActivationDiscreteRelu, nn.QuantizedReLU)


@dataclass
class Made:
    """A layer of the quantized model, and what is to be found out about it.

    Attributes
    ----------
    layer : keras.Layer or keras.Operation
    operation : Step or None
        How it is called, where it is an operation.
    ceiling : float or None
        Of the ReLU that it replaces, infinite if that has none; None if it is no new
        activation.
    quantizers : dict
        Attribute of `layer` to its new quantizer, None where one has to be chosen; empty if
        its weights stay as they are.
    bits : int
        Of the new quantizers.
    """

    layer: Any
    operation: Step | None = None
    ceiling: float | None = None
    quantizers: dict[str, Any] = field(default_factory=dict)
    bits: int = 0

    def __call__(self, values: Any, **options: Any) -> Any:
        """Call the layer, or the operation with its other arguments."""
        if self.operation is not None:
            return self.operation(values)
        return self.layer(values, **options)

    def choose_scales(self) -> None:
        """Give every kernel without one the quantizer that loses least."""
        for kernel in kernels_of(self.layer) if self.quantizers else ():
            if self.quantizers[kernel.attribute] is None:
                chosen = least_error_quantizer(
                    kernel.values, self.bits, per_filter=not kernel.per_tensor
                )
                self.quantizers[kernel.attribute] = chosen
        self.round(True)

    def round(self, rounded: bool) -> None:
        """Let the layer compute with rounded weights, or with float ones."""
        for attribute, quantizer in self.quantizers.items():
            setattr(self.layer, attribute, quantizer if rounded else nn.WeightFloat())

    def run(self, values: Any) -> Any:
        """Return what it makes of many values, as the model is used, not trained."""
        parts = [values[i : i + _BATCH] for i in range(0, len(values), _BATCH)]
        try:
            return np.concatenate([array(self(part, training=False)) for part in parts])
        except AkidaLiteError:
            raise  # the package's own message says more
        except Exception as error:  # errors of Keras and its backend have no common base
            # A layer may promise another shape than it returns, as a random crop does.
            raise ConversionError(
                layer_problem(
                    self.layer.name,
                    type(self.layer).__name__,
                    f"it cannot be called on samples of shape {values.shape} "
                    f"({type(error).__name__})",
                    "change the model until model.predict(samples) works",
                )
            ) from error

    def run_unrounded(self, values: Any) -> Any:
        """Return what it makes of many values if nothing in it is rounded."""
        if self.ceiling is not None:
            return np.clip(values, 0, self.ceiling)
        self.round(False)
        try:
            return self.run(values)
        finally:
            self.round(True)


def calibrate(layers: Sequence[Made], samples: Any) -> None:
    """Set ranges, biases and normalizations of new layers from samples, in place.

    Parameters
    ----------
    layers : sequence of Made
        The chain, in order.
    samples : array of shape (n, ...)
        What the Keras model is fed.
    """
    wanted = given = np.asarray(samples)
    for index, made in enumerate(layers):
        before, wanted = wanted, made.run_unrounded(wanted)
        if made.ceiling is not None:
            _set_range(made.layer, made.ceiling, wanted, given)
        elif given is before and not made.quantizers:
            given = wanted
            continue
        if isinstance(made.layer, keras.layers.BatchNormalization):
            _restore_statistics(made.layer, before, given)
        given = made.run(given)
        bias = getattr(made.layer, "bias", None)
        if bias is not None and not _is_normalized(layers[index + 1 :]):
            axes = tuple(range(wanted.ndim - 1))
            moved = (wanted - given).mean(axis=axes, dtype=np.float64).astype(np.float32)
            bias.assign(array(bias) + moved)
            given = given + moved


def _is_normalized(following: Sequence[Made]) -> bool:
    """Whether a batch normalization comes before the next activation or neural layer."""
    for made in following:
        if isinstance(made.layer, keras.layers.BatchNormalization):
            return True
        if made.quantizers or made.ceiling is not None:
            return False
    return False


def _restore_statistics(norm: Any, wanted: Any, given: Any) -> None:
    """Normalize what rounding has moved to the mean and deviation that it had before."""
    axes = tuple(range(wanted.ndim - 1))
    mean_wanted, mean = (each.mean(axis=axes, dtype=np.float64) for each in (wanted, given))
    deviation_wanted, deviation = (
        each.std(axis=axes, dtype=np.float64) for each in (wanted, given)
    )
    factor = np.ones_like(deviation)
    np.divide(deviation, deviation_wanted, out=factor, where=deviation_wanted > 0)
    factor = np.clip(factor, *_FACTORS)
    center, variance = array(norm.moving_mean), array(norm.moving_variance)
    norm.moving_mean.assign(mean + (center - mean_wanted) * factor)
    widened = (variance + norm.epsilon) * factor**2 - norm.epsilon
    norm.moving_variance.assign(np.maximum(widened, 0))


def _set_range(activation: Any, ceiling: float, wanted: Any, given: Any) -> None:
    """End a staircase where its outputs are nearest to those that are wanted."""
    stride = max(1, given.size // _ENOUGH)
    # The stride is odd, so that it meets every channel where their number is a power of two.
    values, target = (
        each.ravel()[:: stride | 1].astype(np.float64) for each in (given, wanted)
    )
    highest = min(float(values.max(initial=0)), ceiling)
    if highest <= 0 or not isinstance(activation, _STAIRCASES):
        return
    levels = activation_levels(activation.bitwidth)
    gammas = [_short(highest * share / levels) for share in _SHARES]
    if highest == ceiling:
        gammas[-1] = ceiling / levels
    errors = [
        np.square(np.clip(np.ceil(values / gamma - 0.5), 0, levels) * gamma - target).mean()
        for gamma in gammas
    ]
    _end_at(activation, gammas[int(np.argmin(errors))] * levels)


def _short(gamma: float) -> float:
    """Return a number near `gamma` of which float32 holds every multiple up to 255."""
    mantissa, exponent = np.frexp(gamma)
    return float(np.ldexp(np.floor(mantissa * 2**12) / 2**12, exponent))


def _end_at(activation: Any, max_value: float) -> None:
    activation.max_value = float(max_value)
    if isinstance(activation, nn.QuantizedReLU):
        gamma = max_value / activation_levels(activation.bitwidth)
        step = gamma * 2**activation.bitwidth / 16
        activation.set_weights([np.asarray(gamma / 2), np.asarray(step)])
