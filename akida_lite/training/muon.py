"""Muon, an optimizer whose steps have the same length in every direction."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import keras


class Muon(keras.optimizers.Muon):
    """Keras's Muon, for convolutions too.

    Keras orthogonalizes the steps of dense kernels only. The kernel of a convolution is a
    matrix as well, from all that a filter sees to the filters. Adam steps for the rest.

    Parameters
    ----------
    matrices : iterable of keras.Variable
        Kernels that take orthogonalized steps; their last axis is the filters.
    precision : {"float32", "bfloat16"}
        Of the products that make a step orthogonal, which it is only roughly.
    **options
        Of :class:`keras.optimizers.Muon`.
    """

    def __init__(
        self,
        matrices: Iterable[keras.Variable],
        *,
        precision: str = "float32",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._precision = precision
        self._matrices = {variable.path for variable in matrices}

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        return variable.path not in self._matrices

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Return `x`, a kernel's momentum, made orthogonal."""
        matrix = keras.ops.cast(keras.ops.reshape(x, (-1, x.shape[-1])), self._precision)
        found = super().zeropower_via_newtonschulz5(matrix, steps)
        return keras.ops.cast(keras.ops.reshape(found, x.shape), x.dtype)

    def lr_adjust(self, x: Any) -> Any:
        """Return a step of a size that suits Adam's rates, whatever the kernel's shape."""
        return x * (self.rms_rate * max(prod(x.shape[:-1]), x.shape[-1]) ** 0.5)
