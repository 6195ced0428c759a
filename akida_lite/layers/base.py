"""What layers share: derived sizes, the checks of their fields, and how they are copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import INT32_MAX, activation_levels, weight_limit
from akida_lite.layers.fields import admit, refuse
from akida_lite.layers.finish import (
    GlobalAveragePool,
    MaxPool,
    Output,
    Pool,
    Potentials,
    Shape,
)
from akida_lite.layers.windows import pooled_shape, window_padding

LARGEST_MAP = 1 << 28
"""Values that a map may have, padding included: 2 GiB in the integers of the reference."""

LARGEST_WINDOW = 256
"""Pixels that a window, or the step to the next one, may have on each side."""

KernelAxes: TypeAlias = Mapping[str, tuple[str | int, ...]]
"""Field that holds weights to what each axis counts; 1 is an axis of that length."""


class BaseLayer:
    """What every layer says of itself, whatever it computes."""

    name: str
    weight_bits: int
    input_bits: int
    output: Output | None
    pool: Pool

    kernel_axes: ClassVar[KernelAxes] = {}

    starts_models: ClassVar[bool] = False
    """Whether a model starts with a layer of this type, and has it nowhere else."""

    # Event layers read "no event" outside the map; only the input layer reads a pixel.
    padding_value: ClassVar[int] = 0

    def __post_init__(self) -> None:
        admit(self)
        require_bits(self, "input_bits", self.input_bits)
        self._check()

    def __reduce__(self) -> tuple[Any, ...]:
        # Default unpickling would fill the fields with arrays that can be written to.
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return _built, (type(self), values)

    def _check(self) -> None:
        """Refuse fields that are of the right types and contradict each other."""

    @property
    def filters(self) -> int:
        """Number of neurons: length of the output's channel axis."""
        raise NotImplementedError

    @property
    def neurons(self) -> int:
        """Neurons of all steps; more than `filters` where a step comes before the last."""
        return self.filters

    @property
    def kernels(self) -> dict[str, npt.NDArray[np.int8]]:
        """The arrays of weights, by the name of their field."""
        return {field: getattr(self, field) for field in self.kernel_axes}

    @property
    def weight_count(self) -> int:
        """Number of weights, zero or not."""
        return sum(kernel.size for kernel in self.kernels.values())

    @property
    def weights_per_event(self) -> int:
        """How many weights one incoming event meets, at most: at the border it meets fewer."""
        raise NotImplementedError

    @property
    def act_bits(self) -> int | None:
        """Width of the output events; None where the output is the potential."""
        return None if isinstance(self.output, Potentials | None) else self.output.bits

    @property
    def emits_events(self) -> bool:
        """Whether the layer emits uint8 events, not int32 potentials."""
        return self.act_bits is not None

    @property
    def highest_input(self) -> int:
        """Largest value that the layer can read, at a position outside the map too."""
        return max(activation_levels(self.input_bits), self.padding_value)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the map that the layer makes of one of `input_shape`."""
        raise NotImplementedError

    def convolved_shape(self, input_shape: Shape) -> Shape:
        """Return the map's shape before pooling."""
        return self.output_shape(input_shape)

    def potential_bound(self, input_shape: Shape) -> int:
        """Return the largest magnitude any potential can take, for any map of `input_shape`.

        Exact enough to prove arithmetic: sum over the connections of ``|weight|`` times the
        highest value that can be read, and times the map's positions under global pooling.
        """
        positions = 1
        if isinstance(self.pool, GlobalAveragePool):
            positions = prod(self.convolved_shape(input_shape)[:2])
        return self._largest_weight_sum() * self.highest_input * positions

    def _largest_weight_sum(self) -> int:
        """Return the largest sum of magnitudes of the weights that end in one filter."""
        raise NotImplementedError


def _built(kind: type, values: dict[str, Any]) -> Any:
    return kind(**values)


class NeuralLayer(BaseLayer):
    """What the layers with weights share."""

    output: Output  # pyright: ignore[reportIncompatibleVariableOverride]

    def _check(self) -> None:
        for field, kernel in self.kernels.items():
            _require_weights(self, field, kernel)
        _require_fitting_kernels(self)
        _require_output(self)

    @property
    def sizes(self) -> dict[str | int, int]:
        """Length of every axis of the kernels, by the name that `kernel_axes` gives it."""
        return {
            axis: length
            for field, kernel in self.kernels.items()
            for axis, length in zip(self.kernel_axes[field], kernel.shape, strict=True)
        }

    @property
    def filters(self) -> int:  # noqa: D102 (as in the base)
        return self.sizes["filters"]

    def _largest_weight_sum(self) -> int:
        (kernel,) = self.kernels.values()
        sums = np.abs(kernel).reshape(-1, self.filters).sum(axis=0, dtype=np.int64)
        return int(sums.max())


class WindowedLayer(NeuralLayer):
    """What the convolutional layers share: a kernel that moves over the map."""

    strides: tuple[int, int]
    padding: str

    def _check(self) -> None:
        super()._check()
        _require_window(self, "kernel ", self.kernel_size, self.strides, self.padding)
        pool = self.pool
        if isinstance(pool, MaxPool):
            _require_window(self, "pool ", pool.size, pool.strides, pool.padding)

    @property
    def kernel_size(self) -> tuple[int, int]:
        """(kh, kw) of the kernel that moves over the map."""
        return self.sizes["kh"], self.sizes["kw"]

    @property
    def input_channels(self) -> int:
        """Channels the layer expects."""
        return self.sizes["c_in"]

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the map's shape after convolution and pooling.

        Raises
        ------
        LayerError
            If the map has other channels than the kernel, or a window does not fit on it.
        """
        convolved = self.convolved_shape(input_shape)
        pool = self.pool
        if isinstance(pool, MaxPool):
            _require_padded(self, convolved, pool.size, pool.strides, pool.padding)
        return _fitting(self, convolved, pooled_shape(pool, convolved))

    def convolved_shape(self, input_shape: Shape) -> Shape:
        """Return the map's shape after convolution, before pooling.

        Raises
        ------
        LayerError
            If the map has other channels than the kernel, or the kernel does not fit on it.
        """
        if input_shape[2] != self.input_channels:
            refuse(
                self,
                f"the input has {input_shape[2]} channels, the kernel {self.input_channels}",
                "feed it the map it was trained on",
            )
        _require_padded(self, input_shape, self.kernel_size, self.strides, self.padding)
        kernel = MaxPool(self.kernel_size, self.strides, self.padding)
        down, right, _ = pooled_shape(kernel, input_shape)
        return _fitting(self, input_shape, (down, right, self.filters))


def require_bits(layer: BaseLayer, what: str, bits: int) -> None:
    """Refuse a width of events outside 1 to 8."""
    if not 1 <= bits <= 8:
        refuse(layer, f"{what}={bits} is outside 1 to 8", f"choose {what} from 1 to 8")


def require_map(layer: BaseLayer, what: str, shape: tuple[int, ...]) -> None:
    """Refuse a map that is empty, or that no engine could hold."""
    if min(shape) < 1:
        refuse(layer, f"{what} {shape} is empty", "give every side 1 or more")
    if prod(shape) > LARGEST_MAP:
        problem = f"{what} {shape} has {prod(shape)} values, at most {LARGEST_MAP} are accepted"
        refuse(layer, problem, "use smaller maps or fewer channels")


def _fitting(layer: BaseLayer, shape: Shape, result: Shape) -> Shape:
    if min(result) < 1:
        refuse(layer, f"the map {shape} is smaller than the window", "enlarge the input")
    require_map(layer, "the map", result)
    return result


def _require_padded(
    layer: BaseLayer,
    shape: Shape,
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
) -> None:
    height, width = (
        side + sum(window_padding(side, window, stride, padding))
        for side, window, stride in zip(shape[:2], size, strides, strict=True)
    )
    require_map(layer, "the padded map", (height, width, shape[2]))


def _require_window(
    layer: BaseLayer, what: str, size: tuple[int, int], strides: tuple[int, int], padding: str
) -> None:
    sides = (*size, *strides)
    if min(sides) < 1 or max(sides) > LARGEST_WINDOW:
        problem = f"{what}size {size} or strides {strides} is outside 1 to {LARGEST_WINDOW}"
        refuse(layer, problem, f"choose 1 to {LARGEST_WINDOW}")
    if padding not in ("same", "valid"):
        problem = f"{what}padding={padding!r} is neither 'same' nor 'valid'"
        refuse(layer, problem, "choose one of the two")


def _require_weights(layer: NeuralLayer, field: str, weights: npt.NDArray[np.int8]) -> None:
    rank, bits = len(layer.kernel_axes[field]), layer.weight_bits
    if weights.dtype != np.int8 or weights.ndim != rank:
        problem = f"{field} is {weights.dtype} of shape {weights.shape}, int8 of rank {rank} is"
        refuse(layer, f"{problem} expected", "build the layer through convert()")
    if not 2 <= bits <= 8:
        refuse(layer, f"weight_bits={bits} is outside 2 to 8", "choose 2 to 8")
    if max(int(weights.max()), -int(weights.min())) > weight_limit(bits):
        refuse(
            layer,
            f"{field} exceeds ±{weight_limit(bits)}, the range of {bits}-bit weights",
            "declare the width the weights have",
        )


def _require_fitting_kernels(layer: NeuralLayer) -> None:
    """Refuse kernels that disagree about an axis, or are longer than 1 where they must not."""
    kernels, sizes = layer.kernels, {**layer.sizes, 1: 1}
    declared = {field: layer.kernel_axes[field] for field in kernels}
    if all(k.shape == tuple(sizes[axis] for axis in declared[f]) for f, k in kernels.items()):
        return
    given = " and ".join(f"{field} {kernel.shape}" for field, kernel in kernels.items())
    expected = " and ".join(f"({', '.join(map(str, axes))})" for axes in declared.values())
    problem = f"{given} do not fit: {expected} are expected"
    refuse(layer, problem, "give every axis of one name the same length")


def _require_output(layer: NeuralLayer) -> None:
    output, filters = layer.output, layer.filters
    if isinstance(output, Potentials):
        for field, array in (("scale", output.scale), ("offset", output.offset)):
            if array.dtype != np.float64 or array.shape != (filters,):
                problem = f"{field} is {array.dtype} of shape {array.shape}, float64 of shape"
                refuse(layer, f"{problem} ({filters},) is expected", "give one value a filter")
        _require_finite_scores(layer, output)
        return
    require_bits(layer, "act_bits", output.bits)
    expected = (filters, activation_levels(output.bits))
    table = output.thresholds
    if table.dtype != np.int32 or table.shape != expected:
        problem = f"thresholds are {table.dtype} of shape {table.shape}, int32 of shape"
        remedy = "give one threshold a filter and level"
        refuse(layer, f"{problem} {expected} is expected", remedy)
    if (table[:, 1:] < table[:, :-1]).any():
        refuse(
            layer,
            "thresholds decrease from one level to the next",
            "sort them: a higher level needs a higher potential",
        )


def _require_finite_scores(layer: NeuralLayer, output: Potentials) -> None:
    """Refuse scales and offsets with which some potential has no finite float32 score."""
    limit = float(np.finfo(np.float32).max) / 2
    with np.errstate(over="ignore", invalid="ignore"):
        largest = np.abs(output.scale) * INT32_MAX + np.abs(output.offset)
    # The comparison is negated, so that NaN, which compares as false, is refused.
    if not (largest <= limit).all():
        refuse(
            layer,
            "scale or offset is not finite, or gives scores beyond float32",
            "give finite numbers; train or convert the model again",
        )
