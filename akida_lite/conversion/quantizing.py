"""From a float Keras model to the same network with quantized weights and activations."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from akida_lite import nn
from akida_lite.conversion.absorbing import Absorbed
from akida_lite.conversion.calibrating import Made, calibrate
from akida_lite.conversion.checking import keras_problems, layout_problems
from akida_lite.conversion.graph import Step, chain_of
from akida_lite.conversion.kinds import kind_of
from akida_lite.conversion.roles import Role, joins, role_of
from akida_lite.conversion.samples import checked_samples
from akida_lite.conversion.scaling import own_factor
from akida_lite.conversion.twins import NEURAL, Maker
from akida_lite.conversion.weights import array, bias_of
from akida_lite.errors import ConversionError, InputError, Problem
from akida_lite.fixed_point import activation_levels
from akida_lite.nn.activations import fixed_gamma
from akida_lite.nn.widths import requested_widths


def quantize(
    model: Any,
    weights_quantization: int = 0,
    activ_quantization: int = 0,
    input_weights_quantization: int | None = None,
    *,
    samples: Any = None,
    layers: Mapping[str, int] | None = None,
    quantizer: Callable[..., nn.Quantizer] | None = None,
    activation: Callable[..., Any] | None = None,
    trainable_activations: bool = False,
    **spellings: int | None,
) -> Any:
    """Return a copy of a Keras model whose weights and activations have few bits.

    Convolutions and dense layers become their quantized twins, ReLUs become staircases; a
    ReLU given as ``activation="relu"`` becomes a layer of its own, called
    ``<layer>_relu``. Names and weights are kept: they are the latent weights that are
    rounded when used. A channel-wise scaling between an activation, or the image, and a float
    layer becomes part of that layer's weights, unless zeros that pad the map forbid it.

    With `samples` the result is meant to be used as it is: every staircase ends where it
    differs least from the ReLU, and biases and batch normalizations are corrected for what
    rounding has moved. Without, a staircase ends at the ceiling of its ReLU.

    Parameters
    ----------
    model : keras.Model
        Functional or Sequential, one chain of layers; nested models are flattened. Left as
        it is.
    weights_quantization : int
        Bits of the weights, 2 to 8; 0 leaves them as they are.
    activ_quantization : int
        Bits of the activations, 1 to 8; 0 leaves them as they are.
    input_weights_quantization : int, optional
        Bits of the first layer's weights; as the others if left out.
    samples : array of shape (n, ...), optional
        Some hundred inputs of the kind that the network is for, as Keras is fed them. Labels
        are not needed.
    layers : dict of str to int, optional
        Bits of single layers, by name: of the weights of a neural layer, of an activation.
    quantizer : callable, optional
        Called with ``bitwidth=``; a class such as `nn.MaxPerAxisQuantizer`, or
        `nn.weight_quantizer`, which the zoo trains with. Depthwise kernels, which cannot
        have a scale a filter, get a `nn.MaxQuantizer` instead of one that has. Left out: the
        constant scales with the smallest squared error, one a filter; where weights are
        quantized already, their own kind.
    activation : callable, optional
        Called with ``bitwidth=`` and ``name=`` for every new staircase; a class such as
        `nn.ActivationDiscreteRelu`, which ends at 1, 3 or 6, as the zoo is trained, unless
        there are samples.
    trainable_activations : bool
        Whether new activations are `nn.QuantizedReLU`, which learn their range, rather
        than `nn.ActivationDiscreteRelu`.
    **spellings
        `weight_quantization` and `input_weight_quantization`, as in older releases of the
        original.

    Returns
    -------
    keras.Model
        Functional, with the name of `model`; not compiled. Asked for the widths that it has
        already, a quantized model is copied unchanged.

    Raises
    ------
    InputError
        If a width is not accepted, `layers` names none, or another option is not what it
        may be.
    ConversionError
        If the model is no chain, or layers have arguments that no quantized layer has.

    Warns
    -----
    UserWarning
        If a ReLU states no ceiling and there are no `samples`: its range is a guess. If
        `samples` look divided already, and the model divides them.

    Examples
    --------
    >>> import keras
    >>> from keras import layers
    >>> float_model = keras.Sequential(
    ...     [
    ...         keras.Input((8, 8, 3)),
    ...         layers.Conv2D(4, 3, name="edges"),
    ...         layers.ReLU(6, name="edges_relu"),
    ...         layers.Flatten(name="flat"),
    ...         layers.Dense(10, name="scores"),
    ...     ]
    ... )
    >>> quantized = quantize(float_model, 4, 2, layers={"scores": 8})
    >>> quantized.get_layer("edges").quantizer.bitwidth
    4
    >>> quantized.get_layer("scores").quantizer.bitwidth
    8
    """
    bits = requested_widths(
        "quantize",
        weights_quantization,
        activ_quantization,
        input_weights_quantization,
        spellings,
    )
    steps, problems = chain_of(model)
    first = next((i for i, step in enumerate(steps) if role_of(step) in NEURAL), len(steps))
    problems += [
        joins(step, image=i < first) for i, step in enumerate(steps) if step.branches > 1
    ]
    problems += [*layout_problems(steps), *keras_problems(steps)]
    if problems and not steps:
        raise ConversionError(problems)
    _require_options(layers, quantizer, activation)
    if samples is not None and steps:
        samples = checked_samples(samples, steps[0].input_shape)
        _warn_of_scaled_samples(steps, samples)
    if activation is not None:
        staircase = activation
    else:
        kind = nn.QuantizedReLU if trainable_activations else nn.ActivationDiscreteRelu
        staircase = partial(_ending_at_the_ceiling, kind)
    maker = Maker(steps, bits, dict(layers or {}), quantizer, staircase)
    made = maker.make()
    if problems or maker.problems:
        raise ConversionError([*problems, *maker.problems])
    if maker.wrong_names:
        raise InputError(maker.wrong_names)
    quantized = _assembled(model, made, maker.absorbed)
    chain = [each for _, layers in made for each in layers]
    if samples is not None:
        calibrate(chain, samples)
    elif activation is None:
        _warn_of_guesses(chain)
    return quantized


def quantize_layer(model: Any, layer: str | int, bits: int) -> Any:
    """Return a copy of a Keras model in which one layer has another width.

    Parameters
    ----------
    model : keras.Model
        As for `quantize`.
    layer : str or int
        Name, or index in ``model.layers``, of a neural layer or an activation.
    bits : int
        2 to 8 for weights, 1 to 8 for an activation.

    Returns
    -------
    keras.Model

    Raises
    ------
    InputError, ConversionError
        As `quantize`.
    """
    if isinstance(model, keras.Model) and not isinstance(layer, str):
        count = len(model.layers)
        if not isinstance(layer, int) or not -count <= layer < count:
            text = f"the model has {count} layers"
            remedy = f"choose an index below {count}, or a name"
            raise InputError(Problem(f"layer {layer!r}", text, remedy))
        layer = str(model.layers[layer].name)
    # `layer` is a name by now; where it is none, `quantize` refuses the model.
    chosen: dict[Any, int] = {layer: bits}
    return quantize(model, layers=chosen)


def _require_options(layers: Any, quantizer: Any, activation: Any) -> None:
    problems = []
    if not (layers is None or isinstance(layers, Mapping)):
        text = f"{layers!r:.60} is no dictionary of names and bits"
        problems.append(Problem("option 'layers'", text, "give one such as {'dense_2': 2}"))
    for name, given in (("quantizer", quantizer), ("activation", activation)):
        if not (given is None or callable(given)):
            text = f"{given!r:.60} cannot be called with bitwidth="
            remedy = "give a class, such as "
            remedy += "nn.MaxQuantizer" if name == "quantizer" else "nn.QuantizedReLU"
            problems.append(Problem(f"option {name!r}", text, remedy))
    if problems:
        raise InputError(problems)


def _assembled(
    model: Any, made: list[tuple[Step, list[Made]]], absorbed: Mapping[str, Absorbed]
) -> Any:
    given = model.inputs[0]
    inputs = keras.Input(batch_shape=given.shape, dtype=given.dtype, name=given.name)
    outputs = inputs
    for step, layers in made:
        for each in layers:
            outputs = each(outputs)
        _copy_variables(step, layers[0].layer, absorbed.get(step.name))
        layers[0].choose_scales()
    return keras.Model(inputs, outputs, name=model.name)


def _warn_of_scaled_samples(steps: list[Step], samples: Any) -> None:
    """Warn where the model divides samples by much that span little already."""
    scaling: list[Step] = []
    for step in steps:
        role = role_of(step)
        if role is Role.NORM:
            scaling.append(step)
        elif role not in (Role.IGNORED, Role.RESHAPE):
            break
    factor = own_factor(scaling).max()
    low, high = float(samples.min()), float(samples.max())
    # Pixels span more than 4 of 256 levels.
    if factor < 1 / 4 and (high - low) * factor < 1 / 64:
        warnings.warn(
            f"option 'samples': they span {low:g} to {high:g}, and layer {scaling[-1].name!r} "
            f"multiplies them by {factor:.3g}, as if they were pixels. Fix: give the inputs as "
            "the model is fed them, before that layer.",
            stacklevel=3,
        )


def _warn_of_guesses(chain: list[Made]) -> None:
    guessed = [each.layer.name for each in chain if each.ceiling == np.inf]
    if guessed:
        warnings.warn(
            f"layers {', '.join(map(repr, guessed))}: the ReLU states no ceiling, so that its "
            "range is a guess. Fix: pass samples=, some hundred inputs, from which it is "
            "chosen; or train on.",
            stacklevel=3,
        )


def _ending_at_the_ceiling(
    kind: type, *, bitwidth: int, name: str, ceiling: float | None
) -> Any:
    # A staircase without `max_value` ends where those of the zoo do, so none is given there.
    known = ceiling is None or ceiling == fixed_gamma(bitwidth) * activation_levels(bitwidth)
    return kind(bitwidth, max_value=None if known else ceiling, name=name)


def _copy_variables(step: Step, target: Any, absorbed: Absorbed | None) -> None:
    source = step.layer
    if isinstance(source, nn.QuantizedReLU) and isinstance(target, nn.QuantizedReLU):
        target.set_weights(_same_height(source, target.bitwidth))
    elif role_of(step) in NEURAL:
        values = {
            slot.variable: array(getattr(source, slot.variable))
            for slot in kind_of(source).kernels
        }
        bias = bias_of(source)
        if bias is not None:
            values["bias"] = bias
        if absorbed is not None:
            values = absorbed.into(source, values)
        for name, value in values.items():
            getattr(target, name).assign(value)
        trained = [_thresholds(layer) for layer in (source, target)]
        for old, new in zip(*trained, strict=False):
            new.assign(old)
    elif type(source) is type(target) and isinstance(source, keras.Layer):
        target.set_weights(source.get_weights())
        if isinstance(target, keras.layers.Normalization):
            # The layer computes with values that it derives from its variables only now.
            target.finalize_state()


def _thresholds(layer: Any) -> list[Any]:
    return [each for each in layer.weights if each.name.startswith("threshold")]


def _same_height(activation: nn.QuantizedReLU, bits: int) -> list[Any]:
    """Return the weights of a staircase of another width that ends at the same height."""
    if bits == activation.bitwidth:
        weights: list[Any] = activation.get_weights()
        return weights
    height = activation.gamma * activation_levels(activation.bitwidth)
    gamma = height / activation_levels(bits)
    return [np.asarray(gamma / 2), np.asarray(gamma * 2**bits / 16)]
