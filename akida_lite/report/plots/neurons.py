"""Inside a layer: what its weights became, and when a neuron fires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, Problem, layer_problem
from akida_lite.fixed_point import INT32_MAX, INT32_MIN
from akida_lite.layers import Layer, Staircase
from akida_lite.report.plots.style import BLUE, ORANGE, VERMILLION, as_written, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 81
_SINGLE_VALUES = 64  # more quantized values than these are drawn as an outline
_MARKED_LEVELS = 16


def weight_histogram(
    weights: npt.NDArray[Any], quantized: npt.NDArray[Any], *, ax: Axes | None = None
) -> Axes:
    """Draw how often each weight occurs before and after quantization.

    Parameters
    ----------
    weights : float array
        The latent weights that training moves.
    quantized : array of the same shape
        What the layer computes with, in the unit of `weights`.
    ax : Axes, optional

    Returns
    -------
    Axes
        With a logarithmic scale of counts.

    Raises
    ------
    InputError
        If the shapes differ or there are no weights.
    """
    if weights.shape != quantized.shape or weights.size == 0:
        problem = f"shapes {weights.shape} and {quantized.shape} are not equal and non-empty"
        remedy = "give the latent and the quantized weights of one layer"
        raise InputError(Problem("weights", problem, remedy))
    ax = new_axes(ax)
    ends = [min(weights.min(), quantized.min()), max(weights.max(), quantized.max())]
    edges = np.histogram_bin_edges(ends, _BINS).tolist()
    ax.hist(weights.ravel(), edges, color=BLUE, alpha=0.6, label="latent (float)")
    values, counts = np.unique(quantized, return_counts=True)
    if len(values) <= _SINGLE_VALUES:
        ax.vlines(values, 0.5, counts, color=VERMILLION, linestyle="--")
        label = f"quantized ({len(values)} values)"
        ax.plot(values, counts, "D", color=VERMILLION, label=label)
    else:
        ax.hist(
            quantized.ravel(),
            edges,
            color=VERMILLION,
            histtype="step",
            linestyle="--",
            label="quantized",
        )
    ax.set_yscale("log")
    # The axis leaves room for the legend above the highest count; few ticks keep labels apart.
    ax.set_ylim(bottom=0.5, top=30 * ax.dataLim.y1)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel("weight")
    ax.set_ylabel("number of weights (logarithmic)")
    ax.set_title(f"{weights.size:,} weights before and after quantization")
    ax.legend(loc="upper right")
    return ax


def thresholds(layer: Layer, neuron: int = 0, *, ax: Axes | None = None) -> Axes:
    """Draw the staircase of one neuron: the level that each potential becomes.

    Parameters
    ----------
    layer : Layer
        With an activation.
    neuron : int
        Index of the output channel.
    ax : Axes, optional

    Returns
    -------
    Axes
        At a threshold itself the level is the lower one, marked by a filled dot; the
        hollow dot above does not belong to the staircase.

    Raises
    ------
    InputError
        If the layer has no activation, or no such neuron.
    """
    staircase = _staircase(layer, neuron)
    cuts = staircase.thresholds[neuron].astype(np.int64)
    always = int(np.count_nonzero(cuts == INT32_MIN))
    finite = cuts[(cuts > INT32_MIN) & (cuts < INT32_MAX)]
    levels = always + np.arange(len(finite) + 1)
    low, high = (int(finite[0]), int(finite[-1])) if len(finite) else (0, 0)
    margin = max(4, (high - low) // 5)
    ax = new_axes(ax)
    ax.step(
        [low - margin, *finite, high + margin], [*levels, levels[-1]], where="post", color=BLUE
    )
    if len(finite) < _MARKED_LEVELS:
        ax.plot(finite, levels[:-1], "o", color=BLUE, label="level at the threshold")
        ax.plot(
            finite,
            levels[1:],
            "o",
            markerfacecolor="none",
            markeredgecolor=ORANGE,
            label="level above it only",
        )
        ax.set_xticks(np.unique(finite), [str(cut) for cut in np.unique(finite)], rotation=45)
    if 0 < len(finite) < _MARKED_LEVELS:
        ax.legend()
    ax.set_xlabel("potential (integer)")
    ax.set_ylabel(f"level of the event (0 to {2**staircase.bits - 1})")
    ax.set_title(f"Layer '{as_written(layer.name)}', neuron {neuron}: thresholds")
    return ax


def _staircase(layer: Layer, neuron: int) -> Staircase:
    output = layer.output
    if not isinstance(output, Staircase):
        problem = "has no activation, so no thresholds"
        raise InputError(
            layer_problem(
                layer.name, type(layer).__name__, problem, "choose a layer with an activation"
            )
        )
    neurons = len(output.thresholds)
    if not 0 <= neuron < neurons:
        problem = f"{neuron} is not one of the {neurons} neurons of layer {layer.name!r}"
        raise InputError(Problem("option 'neuron'", problem, f"choose 0 to {neurons - 1}"))
    return output
