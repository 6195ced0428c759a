"""A model that runs where it is shown: in a gallery page or a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from akida_lite.layers import Layer
from akida_lite.web import page
from akida_lite.web.bundle import bundle
from akida_lite.web.images import checked_samples, images_to_repeat, value_range
from akida_lite.web.payload import inline, payload_of


class IntegerModel(Protocol):
    """As much of `akida_lite.Model` as a panel needs."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        ...

    @property
    def metadata(self) -> dict[str, Any]:
        """Name, input scaling and labels."""
        ...


class Panel:
    """What a notebook or a page shows of a model; see `panel`."""

    def __init__(
        self,
        layers: tuple[Layer, ...],
        metadata: Mapping[str, Any],
        samples: npt.NDArray[np.integer[Any]] | None,
    ) -> None:
        pictures = checked_samples(layers, samples)
        vectors = images_to_repeat(layers, pictures)
        self._name: str = metadata["name"]
        self._still = vectors[0], value_range(layers, metadata["input_scaling"])
        self._payload = inline(payload_of(layers, metadata, pictures, vectors))

    def __repr__(self) -> str:
        return f"<Panel of {self._name or 'a model'}: shows in a notebook or a page>"

    def _repr_html_(self) -> str:
        element = page.panel(
            self._name,
            *self._still,
            data_payload=self._payload,
            note="nothing leaves this browser",
        )
        return f"{element}\n<script>\n{bundle()}</script>"


def panel(model: IntegerModel, samples: npt.NDArray[np.integer[Any]] | None = None) -> Panel:
    """Show a model that runs in the reader's browser, with the integers of this process.

    The last expression of a notebook's cell shows it, weights and all; it suits small
    models. Readers choose, draw or photograph a picture, and see which neurons fire and
    which class wins. The panel repeats what the reference backend computes here, and says
    if a bit differs.

    Parameters
    ----------
    model : Model
    samples : uint8 array of shape (n, height, width, channels), optional
        Pictures that the panel offers. Drawings are sized and placed as their ink is.

    Returns
    -------
    Panel

    Raises
    ------
    InputError
        If `samples` are not what the first layer reads.

    See Also
    --------
    akida_lite.Model.to_web : A page of its own, for models of any size.
    """
    return Panel(model.layers, model.metadata, samples)
