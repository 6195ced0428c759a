"""From a float Keras model to the same network with quantized weights and activations."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from akida_lite import nn
from akida_lite.conversion.absorbing import Absorbed, absorbed_by
from akida_lite.conversion.calibrating import Made, calibrate
from akida_lite.conversion.checking import keras_problems, layout_problems
from akida_lite.conversion.graph import Step, chain_of, unique
from akida_lite.conversion.roles import (
    Role,
    described,
    function_name,
    is_plain,
    relu_ceiling,
    role_of,
    unsupported,
)
from akida_lite.conversion.weights import array
from akida_lite.errors import ArgumentError, ConversionError, InputError, Problem
from akida_lite.fixed_point import activation_levels
from akida_lite.nn.activations import fixed_gamma
from akida_lite.nn.widths import requested_widths

# Float layer -> quantized twin.
_TWINS: dict[type, type] = {
    keras.layers.SeparableConv2D: nn.QuantizedSeparableConv2D,
    keras.layers.DepthwiseConv2D: nn.QuantizedDepthwiseConv2D,
    keras.layers.Conv2D: nn.QuantizedConv2D,
    keras.layers.Dense: nn.QuantizedDense,
}
_VARIABLES = ("kernel", "depthwise_kernel", "pointwise_kernel", "bias")
_QUANTIZERS = ("quantizer", "quantizer_dw")
_NEURAL = (Role.NEURAL, Role.FLOAT_NEURAL)
# What layers raise whose arguments cannot be written down and read again.
_NO_COPY = (NotImplementedError, TypeError, ValueError)


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
    layer that pads nothing becomes part of that layer's weights.

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
        If a width is not accepted, or `layers` names none.
    ConversionError
        If the model is no chain, or layers have arguments that no quantized layer has.

    Warns
    -----
    UserWarning
        If a ReLU states no ceiling and there are no `samples`: its range is a guess.

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
    problems += [
        step.problem(f"it joins {step.branches} branches", "remove the branches")
        for step in steps
        if step.branches > 1
    ]
    problems += [*layout_problems(steps), *keras_problems(steps)]
    if problems and not steps:
        raise ConversionError(problems)
    if activation is not None:
        staircase = activation
    else:
        kind = nn.QuantizedReLU if trainable_activations else nn.ActivationDiscreteRelu
        staircase = partial(_ending_at_the_ceiling, kind)
    maker = _Maker(steps, bits, dict(layers or {}), quantizer, staircase)
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
    if not isinstance(layer, str):
        count = len(model.layers)
        if not -count <= layer < count:
            text = f"the model has {count} layers"
            remedy = f"choose an index below {count}, or a name"
            raise InputError(Problem(f"layer {layer!r}", text, remedy))
        layer = str(model.layers[layer].name)
    return quantize(model, layers={layer: bits})


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
    # The zoo's own staircases end at 6 without saying so.
    known = ceiling is None or ceiling == fixed_gamma(bitwidth) * activation_levels(bitwidth)
    return kind(bitwidth, max_value=None if known else ceiling, name=name)


class _Maker:
    """Makes the quantized layers of one model, in order."""

    def __init__(
        self,
        steps: list[Step],
        bits: tuple[int, int, int],
        named: dict[str, int],
        quantizer: Callable[..., nn.Quantizer] | None,
        staircase: Callable[..., Any],
    ) -> None:
        self.steps = steps
        self.weights, self.activ, self.next_weights = bits
        self.named = named
        self.quantizer = quantizer
        self.staircase = staircase
        self.absorbed = absorbed_by(steps)
        self.taken = {step.name for step in steps}
        self.problems: list[Problem] = []
        self.wrong_names: list[Problem] = []
        self.asked: list[str] = []

    def make(self) -> list[tuple[Step, list[Made]]]:
        """Return every step with the layers that replace it; none where it is absorbed."""
        gone = {s.name for each in self.absorbed.values() for s in each.steps}
        made = [(step, self._layers_for(step)) for step in self.steps if step.name not in gone]
        for absorbed in self.absorbed.values():
            if absorbed.common is not None:
                first = absorbed.steps[0]
                scale = keras.layers.Rescaling(absorbed.common, name=first.name)
                made.insert(0, (first, [Made(scale)]))
        self._require_known_names()
        return made

    def _require_known_names(self) -> None:
        for name in self.named.keys() - set(self.asked):
            text = "no layer of this name has weights or is an activation"
            remedy = f"choose among {', '.join(map(repr, self.asked))}"
            self.wrong_names.append(Problem(f"option 'layers': {name!r}", text, remedy))

    def _bits(self, name: str, default: int, lowest: int) -> int:
        self.asked.append(name)
        bits = self.named.get(name, default)
        if isinstance(bits, bool) or bits not in (0, *range(lowest, 9)):
            text = f"{bits!r} is not 0 (as it is) or one of {lowest} to 8 (bits)"
            subject = f"option 'layers': {name!r}"
            self.wrong_names.append(Problem(subject, text, "choose one of them"))
            return 0
        return int(bits)

    def _layers_for(self, step: Step) -> list[Made]:
        role = role_of(step)
        if role in _NEURAL:
            return self._neural(step)
        if role is Role.ACTIVATION:
            return self._copy(step, bitwidth=self._bits(step.name, self.activ, 1))
        is_relu, ceiling = relu_ceiling(step)
        if is_relu:
            bits = self._bits(step.name, self.activ, 1)
            if bits:
                return [self._staircase(step.name, bits, ceiling)]
        elif self.activ and is_plain(step.layer, keras.layers.ReLU):
            text = f"negative_slope={step.layer.negative_slope!r} and threshold="
            text += f"{step.layer.threshold!r}, 0 and 0 are expected: a staircase starts at 0"
            self.problems.append(step.problem(text, "use a plain ReLU, and train again"))
        return self._copy(step)

    def _copy(self, step: Step, **changes: int) -> list[Made]:
        """Return a copy of a layer, with those of its arguments that are not 0 changed."""
        layer = step.layer
        if step.operation is not None:
            return [Made(layer, step)]
        if is_plain(layer, keras.layers.Activation):
            # By its name, a function of the user's would come back as one of Keras.
            return [Made(keras.layers.Activation(layer.activation, name=step.name))]
        if isinstance(layer, keras.layers.Lambda):
            self.problems.append(step.problem(*unsupported(step)))
            return []
        changed = {name: value for name, value in changes.items() if value}
        try:
            config = {**layer.get_config(), "name": step.name, **changed}
            return [Made(type(layer).from_config(config))]
        except _NO_COPY as error:
            remedy = "give it a get_config() that returns the arguments of its constructor"
            self._refuse_copy(step, error, remedy)
            return []

    def _refuse_copy(self, step: Step, error: Exception, remedy: str) -> None:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        self.problems.append(step.problem(f"it cannot be copied ({reason})", remedy))

    def _staircase(self, name: str, bits: int, ceiling: float | None) -> Made:
        options: dict[str, Any] = {"bitwidth": bits, "name": name}
        if isinstance(self.staircase, partial):
            options["ceiling"] = ceiling
        return Made(self.staircase(**options), ceiling=np.inf if ceiling is None else ceiling)

    def _neural(self, step: Step) -> list[Made]:
        layer = step.layer
        bits = self._bits(step.name, self.next_weights, 2)
        self.next_weights = self.weights
        kind = next(each for each in (*_TWINS, *_TWINS.values()) if is_plain(layer, each))
        made: list[Made] = []
        try:
            made.append(self._twin(step, kind, bits))
        except ArgumentError as error:
            self.problems += [
                step.problem(each.problem, each.remedy) for each in error.problems
            ]
        except _NO_COPY as error:
            self._refuse_copy(step, error, "use functions of Keras, such as activation='relu'")
        function = getattr(layer, "activation", None)
        if function_name(function) == "linear":
            return made
        if isinstance(function, keras.Layer):
            called, split = function.name, function
        else:
            called = described(function)
            split = keras.layers.Activation(function)
        name = unique(f"{step.name}_{called}", self.taken)
        self.taken.add(name)
        behind = Step(split, name, step.output_shape, step.output_shape)
        return [*made, *self._layers_for(behind)]

    def _twin(self, step: Step, kind: Any, bits: int) -> Made:
        """Return a neural layer with the weights of this width, without its activation."""
        layer = step.layer
        # What a subclass or Keras' own ways to shrink a layer have added is left out.
        config = {**kind.get_config(layer), "name": step.name, "dtype": layer.dtype_policy}
        for extra in ("lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked"):
            config.pop(extra, None)
        held = {key: config.pop(key) for key in _QUANTIZERS if key in config}
        if "activation" in config:
            config["activation"] = None
        if step.name in self.absorbed and bits:
            config["use_bias"] = True
        else:
            self.absorbed.pop(step.name, None)
        twin = _TWINS.get(kind, kind)
        if not bits:
            return Made(kind(**config, **held))
        chosen: dict[str, nn.Quantizer | None] = {}
        for attribute in _quantizers_of(twin):
            chosen[attribute] = self._quantizer(layer, twin, attribute, bits)
        if all(each and each is getattr(layer, key, None) for key, each in chosen.items()):
            return Made(kind(**config, **held))
        given = {key: each for key, each in chosen.items() if each is not None}
        given = {key: each.from_config(each.get_config()) for key, each in given.items()}
        return Made(twin(**config, **given), quantizers={**chosen, **given}, bits=bits)

    def _quantizer(
        self, layer: Any, twin: type, attribute: str, bits: int
    ) -> nn.Quantizer | None:
        """Return the quantizer of a kernel; None for the scales that lose least."""
        held: nn.Quantizer | None = getattr(layer, attribute, None)
        of_depthwise = attribute != "quantizer" or twin is nn.QuantizedDepthwiseConv2D
        if self.quantizer is not None:
            chosen: nn.Quantizer = self.quantizer(bitwidth=bits)
            return nn.MaxQuantizer(bits) if of_depthwise and chosen.per_filter else chosen
        if held is None or not held.bitwidth:
            return None
        if held.bitwidth == bits:
            return held
        if isinstance(held, nn.FixedScaleQuantizer):
            return None
        return held.with_bitwidth(bits)


def _quantizers_of(twin: type) -> tuple[str, ...]:
    return _QUANTIZERS if twin is nn.QuantizedSeparableConv2D else _QUANTIZERS[:1]


def _copy_variables(step: Step, target: Any, absorbed: Absorbed | None) -> None:
    source = step.layer
    if isinstance(source, nn.QuantizedReLU) and isinstance(target, nn.QuantizedReLU):
        target.set_weights(_same_height(source, target.bitwidth))
    elif role_of(step) in _NEURAL:
        held = {name: getattr(source, name, None) for name in _VARIABLES}
        values = {name: array(each) for name, each in held.items() if each is not None}
        if absorbed is not None:
            values = absorbed.into(source, values)
        for name, value in values.items():
            getattr(target, name).assign(value)
        trained = [_thresholds(layer) for layer in (source, target)]
        for old, new in zip(*trained, strict=False):
            new.assign(old)
    elif type(source) is type(target) and step.operation is None:
        target.set_weights(source.get_weights())


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
