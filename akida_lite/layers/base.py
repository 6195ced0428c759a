"""What layers share: derived sizes, how their fields are checked, and how they are copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.fixed_point import activation_levels
from akida_lite.layers.fields import admit, refuse
from akida_lite.layers.finish import (
    GlobalAveragePool,
    MaxPool,
    Output,
    Pool,
    Potentials,
    Shape,
)
from akida_lite.layers.requirements import (
    require_bits,
    require_fitting,
    require_fitting_kernels,
    require_output,
    require_padded,
    require_weights,
    require_window,
)
from akida_lite.layers.windows import pooled_shape

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
            require_weights(self, field, kernel)
        require_fitting_kernels(self)
        require_output(self)

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
        require_window(self, "kernel ", self.kernel_size, self.strides, self.padding)
        pool = self.pool
        if isinstance(pool, MaxPool):
            require_window(self, "pool ", pool.size, pool.strides, pool.padding)

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
            require_padded(self, convolved, pool.size, pool.strides, pool.padding)
        return require_fitting(self, convolved, pooled_shape(pool, convolved))

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
        require_padded(self, input_shape, self.kernel_size, self.strides, self.padding)
        kernel = MaxPool(self.kernel_size, self.strides, self.padding)
        down, right, _ = pooled_shape(kernel, input_shape)
        return require_fitting(self, input_shape, (down, right, self.filters))
