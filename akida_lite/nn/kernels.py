"""The kernels of a layer that are quantized: to find them, and to make one given integers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.nn.layers import QuantizedLayer
from akida_lite.nn.quantizer import Quantizer
from akida_lite.nn.quantizers import FixedScaleQuantizer


def quantizer_of(layer: Any, variable: str) -> Quantizer | None:
    """Return the quantizer of a layer's variable, None where it has none.

    Parameters
    ----------
    layer : keras.Layer
    variable : str
        Its name in the layer, such as ``"kernel"``.
    """
    attribute = _holders(layer).get(variable)
    quantizer: Quantizer | None = getattr(layer, attribute) if attribute else None
    return quantizer


def _holders(layer: Any) -> dict[str, str]:
    """Return each kernel of a layer with the attribute that holds its quantizer."""
    slots = layer.KERNELS if isinstance(layer, QuantizedLayer) else ()
    return {slot.variable: slot.quantizer for slot in slots}


def quantized_kernels(layer: Any) -> Iterator[tuple[Any, Quantizer]]:
    """Yield every kernel of a layer that is quantized, and its quantizer.

    Parameters
    ----------
    layer : keras.Layer
    """
    for variable in layer.variables:
        quantizer = quantizer_of(layer, variable.name)
        if quantizer is not None and quantizer.bitwidth:
            yield variable, quantizer


def fix_kernel(layer: Any, variable: Any, integers: npt.NDArray[Any], scale: float) -> None:
    """Make a kernel the given integers over the given scale factor; its width stays.

    Parameters
    ----------
    layer : keras.Layer
    variable : keras.Variable
        A kernel of the layer, as `quantized_kernels` yields it.
    integers : array of the kernel's shape
    scale : float
    """
    attribute = _holders(layer)[variable.name]
    variable.assign((integers / scale).astype(np.float32))
    setattr(layer, attribute, FixedScaleQuantizer(scale, getattr(layer, attribute).bitwidth))
