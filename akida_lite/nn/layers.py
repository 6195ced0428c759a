"""Keras layers that compute with quantized weights and train the latent float ones.

Each is its Keras parent with one more argument, `quantizer`. Biases stay float: the
converter folds them into thresholds. Arguments that have no integer equivalent are
refused when the layer is made, not when it is converted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import keras
from keras import ops

from akida_lite.errors import ArgumentError, InputError, Problem, layer_problem
from akida_lite.nn.quantizers import WeightFloat, as_quantizer

if TYPE_CHECKING:
    # Type checkers see the class that the mixin is mixed into, whose methods it calls.
    from keras import Layer as _Mixed
else:
    _Mixed = object

__all__ = [
    "QuantizedConv2D",
    "QuantizedDense",
    "QuantizedDepthwiseConv2D",
    "QuantizedSeparableConv2D",
]


@dataclass(frozen=True)
class KernelSlot:
    """Where a layer holds one of its kernels.

    Attributes
    ----------
    variable, quantizer : str
        Attributes of the layer: the latent weights, and what rounds them.
    depthwise : bool
        Whether every filter reads one channel, so that one scale serves the whole kernel.
    """

    variable: str = "kernel"
    quantizer: str = "quantizer"
    depthwise: bool = False


class QuantizedLayer(_Mixed):
    """Mixin: refuses unsupported arguments, owns quantizers, keeps latent weights float32.

    Attributes
    ----------
    KERNELS : tuple of KernelSlot
        Those of the type, in the order in which they are applied.
    """

    KERNELS: ClassVar[tuple[KernelSlot, ...]] = (KernelSlot(),)

    # Each argument has its accepted values, and what to do instead of any other.
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
        # Without the argument a layer takes the layout that Keras is set to.
        if cls._HAS_LAYOUT:
            kwargs["data_format"] = "channels_last"
        return kwargs

    def _quantizers(self) -> dict[str, Any]:
        """Return the quantizers by their attributes, one that serves two kernels once."""
        first: dict[int, str] = {}
        for slot in reversed(self.KERNELS):
            first.setdefault(id(getattr(self, slot.quantizer)), slot.quantizer)
        return {attribute: getattr(self, attribute) for attribute in first.values()}

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        for quantizer in self._quantizers().values():
            quantizer.build(self)

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
        kept = {key: value for key, value in config.items() if key not in dropped}
        serialize = keras.saving.serialize_keras_object
        return kept | {key: serialize(each) for key, each in self._quantizers().items()}

    def save_own_variables(self, store: Any) -> None:
        # Dense and convolution layers of Keras list what they store, kernel and bias; the
        # variables of a trainable quantizer would be lost.
        keras.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        keras.Layer.load_own_variables(self, store)

    def _cast(self, tensor: Any) -> Any:
        return ops.cast(tensor, self.compute_dtype)

    def _with_bias(self, outputs: Any) -> Any:
        return outputs if self.bias is None else ops.add(outputs, self._cast(self.bias))


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedConv2D(QuantizedLayer, keras.layers.Conv2D):
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

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(self.convolution_op(inputs, kernel))


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedDepthwiseConv2D(QuantizedLayer, keras.layers.DepthwiseConv2D):
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

    KERNELS = (KernelSlot(depthwise=True),)

    def __init__(self, kernel_size: Any, quantizer: Any = None, **kwargs: Any):
        super().__init__(kernel_size, **self._supported(kwargs))
        self.quantizer = self._adopt("depthwise quantizer", quantizer or WeightFloat())

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(
            ops.depthwise_conv(inputs, kernel, self.strides, self.padding, "channels_last")
        )


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedSeparableConv2D(QuantizedLayer, keras.layers.SeparableConv2D):
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

    KERNELS = (
        KernelSlot("depthwise_kernel", "quantizer_dw", depthwise=True),
        KernelSlot("pointwise_kernel"),
    )

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

    def call(self, inputs: Any) -> Any:
        depthwise = self.quantizer_dw.quantize(self.depthwise_kernel, self.compute_dtype)
        pointwise = self.quantizer.quantize(self.pointwise_kernel, self.compute_dtype)
        spread = ops.depthwise_conv(
            inputs, depthwise, self.strides, self.padding, "channels_last"
        )
        return self._with_bias(ops.conv(spread, pointwise, 1, "valid", "channels_last"))


@keras.saving.register_keras_serializable("akida_lite")
class QuantizedDense(QuantizedLayer, keras.layers.Dense):
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

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(ops.matmul(inputs, kernel))
