"""The weight quantizers: how far the levels of each kind reach."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from akida_lite.errors import ArgumentError, InputError, Problem
from akida_lite.fixed_point import weight_limit
from akida_lite.nn.quantizer import Float32, LinearWeightQuantizer, Quantizer

# For each width, this limit in standard deviations minimizes the mean squared error of
# quantizing a normal distribution with 2**b - 1 equidistant symmetric levels;
# tests/nn/test_quantizers.py recomputes them.
NORMAL_OPTIMAL_THRESHOLD = {2: 1.22, 3: 1.95, 4: 2.47, 5: 2.90, 6: 3.27, 7: 3.61, 8: 3.92}


@keras.saving.register_keras_serializable("akida_lite")
class WeightFloat(Quantizer):
    """Keeps weights in float: the quantizer of a layer that is not quantized."""

    bitwidth = 0

    def quantize(self, w: Any, dtype: str = "float32") -> Any:
        return ops.cast(w, dtype)

    def integers(self, w: Float32) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
        remedy = "give the layer a quantizer of 2 to 8 bits"
        raise ArgumentError(Problem("WeightFloat", "it has no integers", remedy))

    def get_config(self) -> dict[str, Any]:
        return {}


@keras.saving.register_keras_serializable("akida_lite")
class StdWeightQuantizer(LinearWeightQuantizer):
    """Limit = `threshold` times the standard deviation of the tensor's weights.

    The limit follows the weights while they are trained, and the gradient flows through
    the standard deviation too. ``WeightQuantizer`` is the same class under its old name.

    Parameters
    ----------
    threshold : float
        In standard deviations, above 0.
    bitwidth : int
        2 to 8.

    See Also
    --------
    akida_lite.nn.weight_quantizer : chooses the best threshold for a width.
    """

    def __init__(self, threshold: float = 3.0, bitwidth: int = 4) -> None:
        super().__init__(bitwidth)
        self.threshold = _positive("StdWeightQuantizer", "threshold", threshold)

    def scale_factor(self, w: Any) -> Any:
        return weight_limit(self.bitwidth) / (self.threshold * ops.std(w))

    def with_bitwidth(self, bitwidth: int) -> Quantizer:
        # The threshold that was best for the one width is not for the other.
        if self.threshold == NORMAL_OPTIMAL_THRESHOLD[self.bitwidth]:
            return weight_quantizer(bitwidth)
        return super().with_bitwidth(bitwidth)

    def get_config(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "bitwidth": self.bitwidth}


@keras.saving.register_keras_serializable("akida_lite")
class TrainableStdWeightQuantizer(LinearWeightQuantizer):
    """Like :class:`~akida_lite.nn.StdWeightQuantizer`, with a threshold that training moves.

    Parameters
    ----------
    threshold : float
        Start value, in standard deviations, above 0.
    bitwidth : int
        2 to 8.
    """

    def __init__(self, threshold: float = 3.0, bitwidth: int = 4) -> None:
        super().__init__(bitwidth)
        self.threshold = _positive("TrainableStdWeightQuantizer", "threshold", threshold)
        self._variable: Any = None

    def build(self, layer: keras.Layer) -> None:
        if self._variable is not None:
            text = "its quantizer is that of another layer too, and one threshold cannot be "
            text += "trained for both"
            remedy = "make a TrainableStdWeightQuantizer for each"
            raise InputError(Problem(f"layer {layer.name!r}", text, remedy))
        # Two kernels of one layer can have a threshold each; HDF5 tells them by name.
        first = all(weight.name != "threshold" for weight in layer.weights)
        self._variable = layer.add_weight(
            name="threshold" if first else "threshold_dw",
            shape=(),
            initializer=keras.initializers.Constant(self.threshold),
            constraint=LowerBound(1e-3),
        )

    def scale_factor(self, w: Any) -> Any:
        threshold = self.threshold if self._variable is None else self._variable
        return weight_limit(self.bitwidth) / (threshold * ops.std(w))

    def get_config(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "bitwidth": self.bitwidth}


@keras.saving.register_keras_serializable("akida_lite")
class MaxQuantizer(LinearWeightQuantizer):
    """Limit = largest magnitude in the tensor: nothing is ever clipped.

    Parameters
    ----------
    bitwidth : int
        2 to 8.
    """

    def scale_factor(self, w: Any) -> Any:
        # An all-zero tensor has no scale of its own; any finite one gives zeros.
        largest = ops.max(ops.abs(w))
        return weight_limit(self.bitwidth) / ops.where(largest > 0, largest, 1.0)


@keras.saving.register_keras_serializable("akida_lite")
class MaxPerAxisQuantizer(LinearWeightQuantizer):
    """Limit = largest magnitude of each filter (last axis).

    Not for depthwise kernels: their per-channel scales could not be folded into the
    pointwise result.

    Parameters
    ----------
    bitwidth : int
        2 to 8.
    """

    per_filter = True

    def scale_factor(self, w: Any) -> Any:
        largest = ops.max(ops.abs(w), axis=tuple(range(len(w.shape) - 1)))
        return weight_limit(self.bitwidth) / ops.where(largest > 0, largest, 1.0)


@keras.saving.register_keras_serializable("akida_lite")
class FixedScaleQuantizer(LinearWeightQuantizer):
    """The scale factor is a constant, written in the configuration.

    Shipped weights are integers with the scale they were published with. Deriving the scale
    from them anew, as :class:`~akida_lite.nn.StdWeightQuantizer` would, gives another one; a
    constant reproduces the trained model exactly and can still be fine-tuned. The scales
    that :func:`akida_lite.quantize` chooses are such constants, one a filter.

    Parameters
    ----------
    scale_factor : float, or list of float of length filters
        Levels per unit of weight, above 0.
    bitwidth : int
        2 to 8.
    """

    def __init__(self, scale_factor: float | list[float], bitwidth: int = 4) -> None:
        super().__init__(bitwidth)
        self.per_filter = np.ndim(scale_factor) == 1
        scales = np.ravel(np.asarray(scale_factor, np.float64)).tolist()
        for scale in scales:
            _positive("FixedScaleQuantizer", "scale_factor", scale)
        self._scale_factor = scales if self.per_filter else scales[0]

    def scale_factor(self, w: Any) -> Any:
        return ops.convert_to_tensor(self._scale_factor, "float32")

    def get_config(self) -> dict[str, Any]:
        return {"scale_factor": self._scale_factor, "bitwidth": self.bitwidth}


@keras.saving.register_keras_serializable("akida_lite")
class LowerBound(keras.constraints.Constraint):
    """Keeps a variable at or above a bound; a scale that crosses zero has no meaning.

    Parameters
    ----------
    bound : float
    """

    def __init__(self, bound: float) -> None:
        self.bound = float(bound)

    def __call__(self, value: Any) -> Any:
        return ops.maximum(value, self.bound)

    def get_config(self) -> dict[str, Any]:
        return {"bound": self.bound}


WeightQuantizer = StdWeightQuantizer


def weight_quantizer(bitwidth: int) -> Quantizer:
    """Return the quantizer that the zoo uses for `bitwidth`-bit weights.

    Parameters
    ----------
    bitwidth : int
        0 for float, else 2 to 8.

    Returns
    -------
    Quantizer
        `WeightFloat` or a `StdWeightQuantizer` with the threshold that is best for
        normally distributed weights.
    """
    if bitwidth == 0:
        return WeightFloat()
    return StdWeightQuantizer(NORMAL_OPTIMAL_THRESHOLD.get(bitwidth, 3.0), bitwidth)


def as_quantizer(layer: str, argument: str, value: Any) -> Quantizer:
    """Return `value` as a quantizer: an instance, or the dictionary that serializes one.

    Raises
    ------
    InputError
        If it is neither; the message names the layer and the argument.
    """
    if isinstance(value, dict):
        value = keras.saving.deserialize_keras_object(value)
    if not isinstance(value, Quantizer):
        text = f"{argument}={value!r} is not a weight quantizer"
        remedy = (
            "pass an instance such as StdWeightQuantizer(bitwidth=4), or WeightFloat() for "
        )
        raise InputError(Problem(f"layer {layer!r}", text, remedy + "float"))
    return value


def _positive(owner: str, name: str, value: float) -> float:
    number = float(value)
    if not 0.0 < number < float("inf"):
        text = f"{name}={value!r} is not a positive number"
        raise InputError(Problem(owner, text, "choose one above 0"))
    return number
