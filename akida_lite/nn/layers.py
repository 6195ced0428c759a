"""Keras layers that compute with quantized weights and train the latent float ones.

Each is its Keras parent with one more argument, `quantizer`. Biases stay float: the
converter folds them into thresholds. Arguments that have no integer equivalent are
refused when the layer is made, not when it is converted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras
from keras import ops

from akida_lite.errors import ArgumentError, InputError, Problem, layer_problem
from akida_lite.nn.quantizers import WeightFloat, as_quantizer

if TYPE_CHECKING:
    # What the mixin is mixed into, and whose methods it calls.
    from keras import Layer as _Mixed
else:
    _Mixed = object


class _Quantized(_Mixed):
    """Mixin: refuses unsupported arguments, owns quantizers, keeps latent weights float32."""

    # argument -> (accepted values, what to do instead)
    _UNSUPPORTED: ClassVar[dict[str, tuple[tuple[Any, ...], str]]] = {
        "activation": ((None, "linear"), "add a QuantizedReLU or ActivationDiscreteRelu layer"),
        "data_format": ((None, "channels_last"), "transpose the data to channels_last"),
        "dilation_rate": ((1, (1, 1), [1, 1]), "use dilation_rate=1 and a larger kernel"),
        "groups": ((1,), "use groups=1, or a QuantizedSeparableConv2D"),
        "depth_multiplier": ((1,), "use depth_multiplier=1"),
        "activity_regularizer": ((None,), "regularize the kernel instead"),
    }
    _HAS_LAYOUT: ClassVar[bool] = True

    @classmethod
    def _supported(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return `kwargs` without the neutral values of unsupported arguments."""
        for argument, (accepted, remedy) in cls._UNSUPPORTED.items():
            if argument not in kwargs:
                continue
            value = kwargs.pop(argument)
            if value not in accepted:
                text = f"{argument}={value!r} is not supported, only {accepted[0]!r} is"
                name = kwargs.get("name", cls.__name__)
                raise ArgumentError(layer_problem(name, cls.__name__, text, remedy))
        # Left out, it would be Keras' own setting, which may be another.
        if cls._HAS_LAYOUT:
            kwargs["data_format"] = "channels_last"
        return kwargs

    def _adopt(self, argument: str, quantizer: Any) -> Any:
        quantizer = as_quantizer(self.name, argument, quantizer)
        if "depthwise" in argument and quantizer.per_filter:
            text = f"{argument} scales per axis, which a depthwise kernel cannot"
            remedy = "use MaxQuantizer or StdWeightQuantizer"
            raise InputError(Problem(f"layer {self.name!r}", text, remedy))
        return quantizer

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        # Latent weights are rounded to a grid: a copy of another precision would land on
        # other grid points than the float32 original that is converted.
        kwargs.setdefault("autocast", False)
        kwargs["dtype"] = "float32"
        return super().add_weight(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        dropped = self._UNSUPPORTED.keys() - {"data_format"}
        return {key: value for key, value in config.items() if key not in dropped}

    def save_own_variables(self, store: Any) -> None:
        # Dense and convolution layers of Keras list what they store, kernel and bias; the
        # variables of a trainable quantizer would be lost.
        keras.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        keras.Layer.load_own_variables(self, store)

    def _cast(self, tensor: Any) -> Any:
        return ops.cast(tensor, self.compute_dtype)

    def _with_bias(self, outputs: Any) -> Any:
        return ops.add(outputs, self._cast(self.bias)) if self.use_bias else outputs


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedConv2D(_Quantized, keras.layers.Conv2D):
    """2D convolution with quantized weights.

    Parameters
    ----------
    filters, kernel_size, strides, padding, use_bias
        As ``keras.layers.Conv2D``; `padding` is "valid" or "same".
    quantizer : Quantizer or dict
        For the kernel; default `WeightFloat()`.
    **kwargs
        Initializers, regularizers, constraints, name and dtype of Conv2D.

    Raises
    ------
    ArgumentError
        For `activation`, `data_format`, `dilation_rate`, `groups` or
        `activity_regularizer` other than their neutral value.
    InputError
        If `quantizer` is no quantizer.
    """

    def __init__(self, filters: int, kernel_size: Any, quantizer: Any = None, **kwargs: Any):
        super().__init__(filters, kernel_size, **self._supported(kwargs))
        self.quantizer = self._adopt("quantizer", quantizer or WeightFloat())

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.quantizer.build(self)

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(self.convolution_op(inputs, kernel))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "quantizer": _serialized(self.quantizer)}


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedDepthwiseConv2D(_Quantized, keras.layers.DepthwiseConv2D):
    """Depthwise convolution with quantized weights.

    Converted together with the 1x1 `QuantizedConv2D` that must follow it.

    Parameters
    ----------
    kernel_size, strides, padding, use_bias
        As ``keras.layers.DepthwiseConv2D``.
    quantizer : Quantizer or dict
        For the depthwise kernel, per tensor; default `WeightFloat()`.
    **kwargs
        Initializers, regularizers, constraints, name and dtype.

    Raises
    ------
    ArgumentError
        For an unsupported argument; see `QuantizedConv2D`.
    InputError
        If `quantizer` is no quantizer, or one per axis.
    """

    def __init__(self, kernel_size: Any, quantizer: Any = None, **kwargs: Any):
        super().__init__(kernel_size, **self._supported(kwargs))
        self.quantizer = self._adopt("depthwise quantizer", quantizer or WeightFloat())

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.quantizer.build(self)

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(
            ops.depthwise_conv(inputs, kernel, self.strides, self.padding, "channels_last")
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "quantizer": _serialized(self.quantizer)}


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedSeparableConv2D(_Quantized, keras.layers.SeparableConv2D):
    """Depthwise then pointwise convolution, both with quantized weights.

    Parameters
    ----------
    filters, kernel_size, strides, padding, use_bias
        As ``keras.layers.SeparableConv2D``.
    quantizer : Quantizer or dict
        For the pointwise kernel; default `WeightFloat()`.
    quantizer_dw : Quantizer or dict, optional
        For the depthwise kernel, per tensor; default: `quantizer`, with a scale of its own.
    **kwargs
        Initializers, regularizers, constraints, name and dtype.

    Raises
    ------
    ArgumentError
        For an unsupported argument; see `QuantizedConv2D`.
    InputError
        If a quantizer is none, or the depthwise one scales per axis.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        quantizer: Any = None,
        quantizer_dw: Any = None,
        **kwargs: Any,
    ):
        super().__init__(filters, kernel_size, **self._supported(kwargs))
        self.quantizer = self._adopt("quantizer", quantizer or WeightFloat())
        self.quantizer_dw = self._adopt(
            "depthwise quantizer_dw", self.quantizer if quantizer_dw is None else quantizer_dw
        )

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.quantizer.build(self)
        if self.quantizer_dw is not self.quantizer:
            self.quantizer_dw.build(self)

    def call(self, inputs: Any) -> Any:
        depthwise = self.quantizer_dw.quantize(self.depthwise_kernel, self.compute_dtype)
        pointwise = self.quantizer.quantize(self.pointwise_kernel, self.compute_dtype)
        spread = ops.depthwise_conv(
            inputs, depthwise, self.strides, self.padding, "channels_last"
        )
        return self._with_bias(ops.conv(spread, pointwise, 1, "valid", "channels_last"))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "quantizer": _serialized(self.quantizer)}
        if self.quantizer_dw is not self.quantizer:
            config["quantizer_dw"] = _serialized(self.quantizer_dw)
        return config


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedDense(_Quantized, keras.layers.Dense):
    """Fully connected layer with quantized weights.

    Parameters
    ----------
    units, use_bias
        As ``keras.layers.Dense``.
    quantizer : Quantizer or dict
        For the kernel; default `WeightFloat()`.
    **kwargs
        Initializers, regularizers, constraints, name and dtype.

    Raises
    ------
    ArgumentError
        For `activation` or `activity_regularizer` other than None.
    InputError
        If `quantizer` is no quantizer.
    """

    _HAS_LAYOUT = False

    def __init__(self, units: int, quantizer: Any = None, **kwargs: Any):
        super().__init__(units, **self._supported(kwargs))
        self.quantizer = self._adopt("quantizer", quantizer or WeightFloat())

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.quantizer.build(self)

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(ops.matmul(inputs, kernel))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "quantizer": _serialized(self.quantizer)}


def _serialized(quantizer: Any) -> Any:
    return keras.saving.serialize_keras_object(quantizer)
