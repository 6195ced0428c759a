"""From a float Keras model to the same network with quantized weights and activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from akida_lite import nn
from akida_lite.conversion.graph import Step, chain_of
from akida_lite.conversion.roles import Role, function_name, role_of
from akida_lite.errors import ConversionError, Problem
from akida_lite.fixed_point import activation_levels
from akida_lite.nn.activations import RELU_MAX
from akida_lite.nn.widths import requested_widths

# Float layer -> quantized twin; also every quantized layer to itself. Subclasses first.
_TWINS: tuple[tuple[type, type], ...] = (
    (keras.layers.SeparableConv2D, nn.QuantizedSeparableConv2D),
    (keras.layers.DepthwiseConv2D, nn.QuantizedDepthwiseConv2D),
    (keras.layers.Conv2D, nn.QuantizedConv2D),
    (keras.layers.Dense, nn.QuantizedDense),
)
_VARIABLES = ("kernel", "depthwise_kernel", "pointwise_kernel", "bias")
_RELUS = ("relu", "relu6")


def quantize(
    keras_model: Any,
    weights_quantization: int = 0,
    activ_quantization: int = 0,
    input_weights_quantization: int | None = None,
    *,
    quantizer: Callable[..., nn.Quantizer] = nn.weight_quantizer,
    trainable_activations: bool = False,
    **spellings: int | None,
) -> Any:
    """Return a copy of a Keras model whose weights and activations have few bits.

    Names and weights are kept: they are the latent weights that are rounded when used.
    Convolutions and dense layers become their quantized twins, ReLUs become staircases; a
    ReLU given as ``activation="relu"`` becomes a layer of its own, called
    ``<layer>_relu``. A model that is quantized already gets the new widths.

    Parameters
    ----------
    keras_model : keras.Model
        Functional or Sequential, one chain of layers; nested models are flattened.
    weights_quantization : int
        Bits of the weights: 0 keeps them float, else 2 to 8.
    activ_quantization : int
        Bits of the activations: 0 keeps them float, else 1 to 8.
    input_weights_quantization : int, optional
        Bits of the first layer's weights; as the others if left out.
    quantizer : callable
        Called with ``bitwidth=``; a class such as `nn.MaxPerAxisQuantizer` will do.
        Depthwise kernels, which cannot have a scale per filter, get a `nn.MaxQuantizer`
        instead of that one.
    trainable_activations : bool
        Whether new activations are `nn.QuantizedReLU`, which learn their range, rather
        than `nn.ActivationDiscreteRelu`, which end at 6.
    **spellings
        `weight_quantization` and `input_weight_quantization`, as in older releases of the
        original.

    Returns
    -------
    keras.Model
        Functional, with the name of `keras_model`; not compiled.

    Raises
    ------
    InputError
        If a width is not accepted.
    ConversionError
        If the model is no chain, or layers have arguments that no quantized layer has.

    Examples
    --------
    >>> import keras
    >>> from keras import layers
    >>> float_model = keras.Sequential(
    ...     [
    ...         keras.Input((8, 8, 3)),
    ...         layers.Conv2D(4, 3, activation="relu", name="edges"),
    ...         layers.Flatten(name="flat"),
    ...         layers.Dense(10, name="scores"),
    ...     ]
    ... )
    >>> quantized = quantize(float_model, 4, activ_quantization=2)
    >>> [layer.name for layer in quantized.layers[1:]]
    ['edges', 'edges_relu', 'flat', 'scores']
    """
    bits = requested_widths(
        "quantize",
        weights_quantization,
        activ_quantization,
        input_weights_quantization,
        spellings,
    )
    steps, problems = chain_of(keras_model)
    if not problems:
        problems = [
            step.problem(f"it joins {step.branches} branches", "remove the branches")
            for step in steps
            if step.branches > 1
        ]
    maker = _Maker(*bits, quantizer, nn.QuantizedReLU if trainable_activations else None)
    made: list[tuple[Step, list[Any]]] = []
    for step in steps:
        made.append((step, maker.layers_for(step)))
    if problems or maker.problems:
        raise ConversionError([*problems, *maker.problems])
    given = keras_model.inputs[0]
    inputs = keras.Input(batch_shape=given.shape, dtype=given.dtype, name=given.name)
    outputs = inputs
    for step, layers in made:
        for layer in layers:
            outputs = layer(outputs)
        _copy_variables(step.layer, layers[0])
    return keras.Model(inputs, outputs, name=keras_model.name)


class _Maker:
    """Makes the quantized layers of one model, in order."""

    def __init__(
        self,
        weights: int,
        activ: int,
        input_weights: int,
        quantizer: Callable[..., nn.Quantizer],
        activation: type | None,
    ) -> None:
        self.weights = weights
        self.activ = activ
        self.next_weights = input_weights
        self.quantizer = quantizer
        self.activation = activation or nn.ActivationDiscreteRelu
        self.problems: list[Problem] = []

    def layers_for(self, step: Step) -> list[Any]:
        """Return the layers that replace `step`: itself, and its activation split off."""
        layer, role = step.layer, role_of(step.layer)
        if role in (Role.NEURAL, Role.FLOAT_NEURAL):
            return self._neural(step)
        if role is Role.ACTIVATION:
            return [self._requantized(layer)]
        function = function_name(getattr(layer, "activation", None))
        if isinstance(layer, keras.layers.ReLU) and self.activ:
            return [self._relu(step)]
        if isinstance(layer, keras.layers.Activation) and function in _RELUS and self.activ:
            return [self.activation(self.activ, name=layer.name)]
        return [type(layer).from_config(layer.get_config())]

    def _neural(self, step: Step) -> list[Any]:
        layer = step.layer
        bits, self.next_weights = self.next_weights, self.weights
        config = layer.get_config()
        function = getattr(layer, "activation", None)
        name = "linear" if function is None else function_name(function)
        twin = next(twin for base, twin in _TWINS if isinstance(layer, base))
        if bits == 0 and not isinstance(layer, twin):
            twin = type(layer)
        if "activation" in config:
            config["activation"] = None
        config["dtype"] = layer.dtype_policy
        for old in ("quantizer", "quantizer_dw"):
            config.pop(old, None)
        if bits:
            config["quantizer"] = self.quantizer(bitwidth=bits)
            if "depthwise_initializer" in config:
                self._for_depthwise(twin, config, bits)
        try:
            made = [twin(**config)]
        except TypeError as error:
            # The quantized layer's own message names layer, argument and fix.
            problem, _, remedy = str(error).partition(" Fix: ")
            _, _, problem = problem.partition("): ")
            self.problems.append(step.problem(problem.rstrip("."), remedy.rstrip(".")))
            return []
        if name in _RELUS and self.activ:
            made.append(self.activation(self.activ, name=f"{layer.name}_relu"))
        elif name != "linear":
            made.append(keras.layers.Activation(function, name=f"{layer.name}_{name}"))
        return made

    def _for_depthwise(self, twin: type, config: dict[str, Any], bits: int) -> None:
        if not isinstance(config["quantizer"], nn.MaxPerAxisQuantizer):
            return
        which = "quantizer_dw" if "pointwise_initializer" in config else "quantizer"
        config[which] = nn.MaxQuantizer(bits)

    def _relu(self, step: Step) -> Any:
        layer = step.layer
        if layer.negative_slope or layer.threshold:
            self.problems.append(
                step.problem(
                    f"negative_slope={layer.negative_slope!r} and threshold="
                    f"{layer.threshold!r}, 0 and 0 are expected: a staircase starts at 0",
                    "use a plain ReLU",
                )
            )
        return self.activation(self.activ, name=layer.name)

    def _requantized(self, layer: Any) -> Any:
        if not self.activ:
            return keras.layers.ReLU(RELU_MAX, name=layer.name)
        config = {**layer.get_config(), "bitwidth": self.activ}
        return type(layer).from_config(config)


def _copy_variables(source: Any, target: Any) -> None:
    if isinstance(source, nn.QuantizedReLU) and isinstance(target, nn.QuantizedReLU):
        target.set_weights(_same_height(source, target.bitwidth))
    elif role_of(source) in (Role.NEURAL, Role.FLOAT_NEURAL):
        for name in _VARIABLES:
            variable = getattr(source, name, None)
            if variable is not None:
                getattr(target, name).assign(variable)
    elif type(source) is type(target):
        target.set_weights(source.get_weights())


def _same_height(activation: nn.QuantizedReLU, bits: int) -> list[Any]:
    """Return the weights of a staircase of another width that ends at the same height."""
    if bits == activation.bitwidth:
        weights: list[Any] = activation.get_weights()
        return weights
    height = activation.gamma * activation_levels(activation.bitwidth)
    gamma = height / activation_levels(bits)
    return [np.asarray(gamma / 2), np.asarray(gamma * 2**bits / 16)]
