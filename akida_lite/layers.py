"""Integer layers: frozen dataclasses that hold arrays and say what they mean.

A layer knows neither its neighbours nor a device; `akida_lite.engine` says what each
type computes and `akida_lite.hardware` what a chip accepts. Images and maps are NHWC;
kernels are ``(kh, kw, c_in, filters)`` and are correlated with the map, as in Keras.

Between two layers flow *events*: integers ``0 .. 2**bits - 1``. Inside a layer the sum of
products is the *potential*; pooling acts on potentials; the staircase turns a potential
into the next event: its level is the number of thresholds strictly below the potential.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import prod
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.errors import LayerError, layer_problem
from akida_lite.fixed_point import INT32_MAX, activation_levels, weight_limit

Shape: TypeAlias = tuple[int, int, int]
"""Height, width, channels of a feature map."""


@dataclass(frozen=True)
class MaxPool:
    """Maximum of the potentials in a window.

    Attributes
    ----------
    size, strides : tuple of int
        (height, width) of the window and of its step, in pixels.
    padding : {"valid", "same"}
        As in Keras; a padded position never wins.
    """

    size: tuple[int, int]
    strides: tuple[int, int]
    padding: str = "valid"


@dataclass(frozen=True)
class GlobalAveragePool:
    """Sum of the potentials over the whole map.

    The chip adds and does not divide; the converter multiplies thresholds by the number
    of positions instead.
    """


Pool: TypeAlias = MaxPool | GlobalAveragePool | None


@dataclass(frozen=True, eq=False)
class Staircase:
    """Quantized activation: level = number of thresholds strictly below the potential.

    Attributes
    ----------
    thresholds : int32 array of shape (filters, 2**bits - 1)
        Non-decreasing along the last axis, in potential units. ``INT32_MAX`` means that
        the level is never reached, ``INT32_MIN`` that it always is.
    bits : int
        Width of the output events, 1 to 8.
    """

    thresholds: npt.NDArray[np.int32]
    bits: int


@dataclass(frozen=True, eq=False)
class Potentials:
    """No activation: the layer's output is the potential itself.

    Attributes
    ----------
    scale, offset : float64 array of shape (filters,)
        What one potential unit is worth in the Keras model's output:
        ``output = potential * scale + offset``. Read by ``Model.evaluate`` only.
    """

    scale: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]


Output: TypeAlias = Staircase | Potentials


@dataclass(frozen=True, eq=False, kw_only=True)
class InputData:
    """Entry for data that already are events; computes nothing, checks the range.

    Attributes
    ----------
    name : str
    input_shape : (height, width, channels)
    input_bits : int
        Events are ``0 .. 2**input_bits - 1``.
    """

    name: str
    input_shape: Shape
    input_bits: int

    def __post_init__(self) -> None:
        _require_bits(self, "input_bits", self.input_bits)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return `input_shape`, unchanged."""
        return input_shape


class _Neural:
    """What the four neural layers share: derived sizes and the checks of their arrays."""

    name: str
    weight_bits: int
    input_bits: int
    output: Output

    @property
    def filters(self) -> int:
        """Number of neurons: length of the output's channel axis."""
        raise NotImplementedError

    @property
    def act_bits(self) -> int | None:
        """Width of the output events; None where the output is the potential."""
        return self.output.bits if isinstance(self.output, Staircase) else None

    @property
    def weight_count(self) -> int:
        """Number of weights, zero or not."""
        return sum(kernel.size for kernel in self._kernels().values())

    @property
    def weights_per_event(self) -> int:
        """How many weights one incoming event meets, at most: at the border it meets fewer."""
        raise NotImplementedError

    def potential_bound(self, input_shape: Shape) -> int:
        """Return the largest magnitude any potential can take, for any events of `input_shape`.

        Exact enough to prove arithmetic: sum over the connections of ``|weight|`` times
        the highest input level, and times the map's positions under global pooling.
        """
        raise NotImplementedError

    def _kernels(self) -> dict[str, npt.NDArray[np.int8]]:
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        starts = ("weights", "depthwise", "pointwise")
        return {name: getattr(self, name) for name in names if name.startswith(starts)}

    def _check_arrays(self) -> None:
        for name, kernel in self._kernels().items():
            _require_weights(self, name, kernel, self.weight_bits)
        _require_bits(self, "input_bits", self.input_bits)
        _require_output(self, self.output, self.filters)


class _Windowed(_Neural):
    """What the convolutional layers share: a kernel that moves over the map."""

    strides: tuple[int, int]
    padding: str
    pool: Pool

    kernel_rank: ClassVar[int] = 4
    # Event layers read "no event" outside the map; only the input layer reads a pixel.
    padding_value: ClassVar[int] = 0

    @property
    def _window(self) -> npt.NDArray[np.int8]:
        """The kernel that sees several positions, (kh, kw, c_in, ...)."""
        raise NotImplementedError

    @property
    def kernel_size(self) -> tuple[int, int]:
        """(kh, kw) of the kernel that moves over the map."""
        return self._window.shape[0], self._window.shape[1]

    @property
    def input_channels(self) -> int:
        """Channels the layer expects."""
        return int(self._window.shape[2])

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the map's shape after convolution and pooling."""
        return pooled_shape(self.pool, self.convolved_shape(input_shape))

    def convolved_shape(self, input_shape: Shape) -> Shape:
        """Return the map's shape after convolution, before pooling.

        Raises
        ------
        LayerError
            If the map has other channels than the kernel.
        """
        if input_shape[2] != self.input_channels:
            _refuse(
                self,
                f"the input has {input_shape[2]} channels, the kernel {self.input_channels}",
                "feed it the map it was trained on",
            )
        down, right = (
            window_output(size, window, stride, self.padding)
            for size, window, stride in zip(
                input_shape[:2], self.kernel_size, self.strides, strict=True
            )
        )
        return (down, right, self.filters)


@dataclass(frozen=True, eq=False, kw_only=True)
class Convolutional(_Windowed):
    """Convolution of events, then pooling, then the staircase.

    Attributes
    ----------
    name : str
        Name of the Keras layer it comes from; used in every message.
    weights : int8 array of shape (kh, kw, c_in, filters)
    weight_bits, input_bits : int
        Declared widths; every weight lies in ``±(2**(weight_bits-1) - 1)``.
    strides : (int, int)
        Vertical and horizontal, in pixels.
    padding : {"same", "valid"}
        As in TensorFlow; padded positions are 0, the absence of an event.
    pool : MaxPool, GlobalAveragePool or None
    output : Staircase or Potentials
    """

    name: str
    weights: npt.NDArray[np.int8]
    weight_bits: int
    input_bits: int
    output: Output
    strides: tuple[int, int] = (1, 1)
    padding: str = "same"
    pool: Pool = None

    def __post_init__(self) -> None:
        self._check_arrays()
        _require_windows(self)

    @property
    def filters(self) -> int:  # noqa: D102 (as in the base)
        return int(self.weights.shape[3])

    @property
    def weights_per_event(self) -> int:  # noqa: D102 (as in the base)
        return prod(self.kernel_size) * self.filters

    @property
    def _window(self) -> npt.NDArray[np.int8]:
        return self.weights

    def potential_bound(self, input_shape: Shape) -> int:  # noqa: D102 (as in the base)
        per_filter = np.abs(self.weights).sum(axis=(0, 1, 2), dtype=np.int64)
        return _bound(self, int(per_filter.max()), self.convolved_shape(input_shape))


@dataclass(frozen=True, eq=False, kw_only=True)
class InputConvolutional(Convolutional):
    """Convolution of 8-bit pixels: the only layer that reads an image.

    Attributes
    ----------
    input_shape : (height, width, channels)
    padding_value : int
        What a position outside the image reads as, 0 to 255: the pixel that the Keras
        model sees as zero (the shift of the input scaling).

    See Also
    --------
    Convolutional : the other attributes.
    """

    input_shape: Shape
    padding_value: int = 0  # type: ignore[misc]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.padding_value <= 255:
            _refuse(
                self,
                f"padding_value={self.padding_value} is not a pixel, 0 to 255",
                "choose an input scaling whose shift lies in 0 to 255",
            )


@dataclass(frozen=True, eq=False, kw_only=True)
class SeparableConvolutional(_Windowed):
    """Depthwise then pointwise convolution with nothing rounded in between.

    Attributes
    ----------
    depthwise : int8 array of shape (kh, kw, c_in, 1)
    pointwise : int8 array of shape (1, 1, c_in, filters)

    See Also
    --------
    Convolutional : the other attributes.
    """

    name: str
    depthwise: npt.NDArray[np.int8]
    pointwise: npt.NDArray[np.int8]
    weight_bits: int
    input_bits: int
    output: Output
    strides: tuple[int, int] = (1, 1)
    padding: str = "same"
    pool: Pool = None

    def __post_init__(self) -> None:
        self._check_arrays()
        _require_windows(self)
        if self.depthwise.shape[2:] != (self.pointwise.shape[2], 1) or (
            self.pointwise.shape[:2] != (1, 1)
        ):
            _refuse(
                self,
                f"depthwise {self.depthwise.shape} and pointwise {self.pointwise.shape} do "
                "not fit: (kh, kw, c_in, 1) and (1, 1, c_in, filters) are expected",
                "give both kernels the same c_in",
            )

    @property
    def filters(self) -> int:  # noqa: D102 (as in the base)
        return int(self.pointwise.shape[3])

    @property
    def weights_per_event(self) -> int:  # noqa: D102 (as in the base)
        # One of the depthwise kernel at each position, and all behind that position.
        return prod(self.kernel_size) * (1 + self.filters)

    @property
    def _window(self) -> npt.NDArray[np.int8]:
        return self.depthwise

    def potential_bound(self, input_shape: Shape) -> int:  # noqa: D102 (as in the base)
        depthwise = np.abs(self.depthwise.astype(np.int64)).sum(axis=(0, 1, 3))
        pointwise = np.abs(self.pointwise[0, 0].astype(np.int64))
        per_filter = depthwise @ pointwise
        return _bound(self, int(per_filter.max()), self.convolved_shape(input_shape))


@dataclass(frozen=True, eq=False, kw_only=True)
class FullyConnected(_Neural):
    """Every input event reaches every neuron, then the staircase.

    Attributes
    ----------
    weights : int8 array of shape (h * w * c_in, filters)
        Rows in the order height, width, channel of the incoming map, as Keras flattens.

    See Also
    --------
    Convolutional : the other attributes.
    """

    name: str
    weights: npt.NDArray[np.int8]
    weight_bits: int
    input_bits: int
    output: Output

    kernel_rank: ClassVar[int] = 2
    pool: ClassVar[Pool] = None

    def __post_init__(self) -> None:
        self._check_arrays()

    @property
    def filters(self) -> int:  # noqa: D102 (as in the base)
        return int(self.weights.shape[1])

    @property
    def weights_per_event(self) -> int:  # noqa: D102 (as in the base)
        return self.filters

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(1, 1, filters)``.

        Parameters
        ----------
        input_shape : (height, width, channels)

        Raises
        ------
        LayerError
            If the neurons have another number of connections.
        """
        connections = prod(input_shape)
        if connections != self.weights.shape[0]:
            _refuse(
                self,
                f"the input map {input_shape} has {connections} values, the weights "
                f"have {self.weights.shape[0]} rows",
                "feed it the map it was trained on",
            )
        return (1, 1, self.filters)

    def potential_bound(self, input_shape: Shape) -> int:  # noqa: D102 (as in the base)
        per_filter = np.abs(self.weights).sum(axis=0, dtype=np.int64)
        return _bound(self, int(per_filter.max()), (1, 1, self.filters))


Neural: TypeAlias = Convolutional | SeparableConvolutional | FullyConnected
Layer: TypeAlias = InputData | Neural


def window_output(size: int, window: int, stride: int, padding: str) -> int:
    """Return how many windows fit along one axis, as TensorFlow counts them."""
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def window_padding(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Return the positions padded before and after one axis, as TensorFlow pads.

    "same" with an odd remainder puts the extra position after.
    """
    if padding == "valid":
        return (0, 0)
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return (total // 2, total - total // 2)


def pooled_shape(pool: Pool, shape: Shape) -> Shape:
    """Return the shape of a map of `shape` after `pool`."""
    if pool is None:
        return shape
    if isinstance(pool, GlobalAveragePool):
        return (1, 1, shape[2])
    return (
        window_output(shape[0], pool.size[0], pool.strides[0], pool.padding),
        window_output(shape[1], pool.size[1], pool.strides[1], pool.padding),
        shape[2],
    )


def _bound(layer: _Neural, weight_sum: int, convolved: Shape) -> int:
    positions = (
        convolved[0] * convolved[1]
        if isinstance(getattr(layer, "pool", None), GlobalAveragePool)
        else 1
    )
    return weight_sum * activation_levels(layer.input_bits) * positions


def _refuse(layer: InputData | _Neural, problem: str, remedy: str) -> None:
    raise LayerError(layer_problem(layer.name, type(layer).__name__, problem, remedy))


def _require_bits(layer: InputData | _Neural, what: str, bits: int) -> None:
    if not 1 <= bits <= 8:
        _refuse(layer, f"{what}={bits} is outside 1 to 8", f"choose {what} from 1 to 8")


def _require_windows(layer: _Windowed) -> None:
    windows = [("kernel ", layer.kernel_size, layer.strides, layer.padding)]
    if isinstance(layer.pool, MaxPool):
        windows.append(("pool ", layer.pool.size, layer.pool.strides, layer.pool.padding))
    for what, size, strides, padding in windows:
        if min(*size, *strides) < 1:
            _refuse(
                layer, f"{what}size {size} or strides {strides} is below 1", "choose 1 or more"
            )
        if padding not in ("same", "valid"):
            _refuse(
                layer,
                f"{what}padding={padding!r} is neither 'same' nor 'valid'",
                "choose one of the two",
            )


def _require_weights(
    layer: _Neural, field: str, weights: npt.NDArray[np.int8], bits: int
) -> None:
    rank = layer.kernel_rank  # type: ignore[attr-defined]
    if weights.dtype != np.int8 or weights.ndim != rank or weights.size == 0:
        _refuse(
            layer,
            f"{field} is {weights.dtype} of shape {weights.shape}, a non-empty int8 array "
            f"of rank {rank} is expected",
            "build the layer through convert()",
        )
    if not 2 <= bits <= 8:
        _refuse(layer, f"weight_bits={bits} is outside 2 to 8", "choose 2 to 8")
    if max(int(weights.max()), -int(weights.min())) > weight_limit(bits):
        _refuse(
            layer,
            f"{field} exceeds ±{weight_limit(bits)}, the range of {bits}-bit weights",
            "declare the width the weights have",
        )
    weights.setflags(write=False)


def _require_output(layer: _Neural, output: Output, filters: int) -> None:
    if isinstance(output, Potentials):
        for name, array in (("scale", output.scale), ("offset", output.offset)):
            if array.dtype != np.float64 or array.shape != (filters,):
                _refuse(
                    layer,
                    f"{name} is {array.dtype} of shape {array.shape}, float64 of shape "
                    f"({filters},) is expected",
                    "give one value a filter",
                )
            array.setflags(write=False)
        return
    _require_bits(layer, "act_bits", output.bits)
    expected = (filters, activation_levels(output.bits))
    table = output.thresholds
    if table.dtype != np.int32 or table.shape != expected:
        _refuse(
            layer,
            f"thresholds are {table.dtype} of shape {table.shape}, int32 of shape "
            f"{expected} is expected",
            "give one threshold a filter and level",
        )
    if (table[:, 1:] < table[:, :-1]).any():
        _refuse(
            layer,
            "thresholds decrease from one level to the next",
            "sort them: a higher level needs a higher potential",
        )
    table.setflags(write=False)


def layer_shapes(layers: tuple[Layer, ...]) -> list[tuple[Shape, Shape]]:
    """Return (input shape, output shape) of every layer of a chain.

    Parameters
    ----------
    layers : tuple of Layer
        The first is an `InputConvolutional` or an `InputData`.

    Raises
    ------
    LayerError
        If the first layer is no input layer, a map does not fit the next layer, widths
        disagree, or a potential could leave 32 bits.
    """
    if not layers or not isinstance(layers[0], InputConvolutional | InputData):
        first = type(layers[0]).__name__ if layers else "nothing"
        raise LayerError(
            layer_problem(
                layers[0].name if layers else "",
                first,
                "a model starts with an input layer",
                "put an InputConvolutional or an InputData first",
            )
        )
    shape = layers[0].input_shape
    bits = layers[0].input_bits
    shapes: list[tuple[Shape, Shape]] = []
    for layer in layers:
        if layer.input_bits != bits:
            _refuse(
                layer,
                f"reads {layer.input_bits}-bit events, the layer before emits {bits}",
                "declare the width that arrives",
            )
        out = layer.output_shape(shape)
        if min(out) < 1:
            _refuse(layer, f"the map {shape} is smaller than the window", "enlarge the input")
        if not isinstance(layer, InputData):
            if layer.potential_bound(shape) > INT32_MAX:
                _refuse(
                    layer,
                    f"a potential can reach {layer.potential_bound(shape)}, beyond 32 bits",
                    "use fewer weight or input bits",
                )
            if layer is not layers[-1] and layer.act_bits is None:
                _refuse(layer, "has no activation but is not last", "give it a Staircase")
            bits = layer.act_bits or bits
        shapes.append((shape, out))
        shape = out
    return shapes
