"""The types of layers: what each one holds, and the sizes that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.layers.base import (
    BaseLayer,
    KernelAxes,
    NeuralLayer,
    WindowedLayer,
)
from akida_lite.layers.fields import refuse
from akida_lite.layers.finish import Output, Pool, Shape
from akida_lite.layers.requirements import require_map


@dataclass(frozen=True, eq=False, kw_only=True)
class InputData(BaseLayer):
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

    weight_bits: ClassVar[int] = 0  # type: ignore[misc]
    output: ClassVar[None] = None  # type: ignore[misc]
    pool: ClassVar[Pool] = None  # type: ignore[misc]
    starts_models: ClassVar[bool] = True

    def _check(self) -> None:
        require_map(self, "input_shape", self.input_shape)

    @property
    def filters(self) -> int:  # noqa: D102 (as in the base)
        return self.input_shape[2]

    @property
    def weights_per_event(self) -> int:
        """0: there are no weights."""
        return 0

    @property
    def act_bits(self) -> int:
        """Width of the events, which leave as they came."""
        return self.input_bits

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return `input_shape`, unchanged."""
        return input_shape

    def potential_bound(self, input_shape: Shape) -> int:
        """Return the highest event; nothing is added."""
        return self.highest_input


@dataclass(frozen=True, eq=False, kw_only=True)
class Convolutional(WindowedLayer):
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

    kernel_axes: ClassVar[KernelAxes] = {"weights": ("kh", "kw", "c_in", "filters")}

    @property
    def weights_per_event(self) -> int:  # noqa: D102 (as in the base)
        return prod(self.kernel_size) * self.filters


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

    starts_models: ClassVar[bool] = True

    def _check(self) -> None:
        super()._check()
        require_map(self, "input_shape", self.input_shape)
        if not 0 <= self.padding_value <= 255:
            refuse(
                self,
                f"padding_value={self.padding_value} is not a pixel, 0 to 255",
                "choose an input scaling whose shift lies in 0 to 255",
            )


@dataclass(frozen=True, eq=False, kw_only=True)
class SeparableConvolutional(WindowedLayer):
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

    kernel_axes: ClassVar[KernelAxes] = {
        "depthwise": ("kh", "kw", "c_in", 1),
        "pointwise": (1, 1, "c_in", "filters"),
    }

    @property
    def neurons(self) -> int:
        """One a channel for the depthwise step, one a filter for the pointwise step."""
        return self.input_channels + self.filters

    @property
    def weights_per_event(self) -> int:  # noqa: D102 (as in the base)
        # An event meets, at each position, one depthwise weight and all pointwise ones.
        return prod(self.kernel_size) * (1 + self.filters)

    def _largest_weight_sum(self) -> int:
        depthwise = np.abs(self.depthwise.astype(np.int64)).sum(axis=(0, 1, 3))
        # Sums of int64 over what stays int8: a wider copy would take eight times the memory.
        pointwise = np.abs(self.pointwise[0, 0])
        return int(np.einsum("c,cf->f", depthwise, pointwise, dtype=np.int64).max())


@dataclass(frozen=True, eq=False, kw_only=True)
class FullyConnected(NeuralLayer):
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

    kernel_axes: ClassVar[KernelAxes] = {"weights": ("connections", "filters")}
    pool: ClassVar[Pool] = None  # type: ignore[misc]

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
            refuse(
                self,
                f"the input map {input_shape} has {connections} values, the weights "
                f"have {self.weights.shape[0]} rows",
                "feed it the map it was trained on",
            )
        return (1, 1, self.filters)


Neural: TypeAlias = Convolutional | SeparableConvolutional | FullyConnected
Layer: TypeAlias = InputData | Neural
InputLayer: TypeAlias = InputConvolutional | InputData

__all__ = [
    "Convolutional",
    "FullyConnected",
    "InputConvolutional",
    "InputData",
    "InputLayer",
    "Layer",
    "Neural",
    "SeparableConvolutional",
]
