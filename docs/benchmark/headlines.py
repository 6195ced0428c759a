"""The few ratios that say whether the engine keeps what it promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

Line: TypeAlias = Mapping[str, Any]


def headline(lines: Iterable[Line]) -> tuple[list[str], list[list[str]]]:
    """Return a table of what a run says about the engine, one column a model.

    Parameters
    ----------
    lines : iterable of mapping
        Of `lines_of`.

    Returns
    -------
    models : list of str
    rows : list of list of str
        What is compared, then a figure for each model; a dash where the run lacks a part.
    """
    lines = list(lines)
    measured = [line for line in lines if line["kind"] in ("peer", "statistics")]
    models = list(dict.fromkeys(line["model"] for line in measured))
    of = {(line["model"], line.get("peer", line["kind"])): line for line in measured}
    return models, [
        [what, *(_cell(figure, of, model) for model in models)] for what, figure in ROWS
    ]


def _cell(
    figure: Callable[[Callable[[str], Line]], str], of: Mapping[Any, Line], model: str
) -> str:
    try:
        return figure(lambda peer: of[model, peer])
    except (KeyError, TypeError):  # a peer, or a figure of it, that was not measured
        return "–"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


ROWS: list[tuple[str, Callable[[Callable[[str], Line]], str]]] = [
    (
        "images per second, over Keras predict",
        lambda of: _ratio(of("akida_lite")["ratio_to_keras"]),
    ),
    (
        "images per second, over TensorFlow Lite in int8",
        lambda of: _ratio(of("akida_lite")["images_per_s"] / of("tflite_int8")["images_per_s"]),
    ),
    (
        "one image: latency of a call of the Keras model, over ours",
        lambda of: _ratio(of("akida_lite")["latency_ratio_to_keras"]),
    ),
    (
        "memory, all images in one batch: Keras predict, over ours",
        lambda of: _ratio(of("akida_lite")["memory_ratio_to_keras"]),
    ),
    (
        "start, load and first image: Keras, over ours",
        lambda of: _ratio(
            of("keras_predict")["cold_start_s"] / of("akida_lite")["cold_start_s"]
        ),
    ),
    (
        "the same of ours, in seconds",
        lambda of: f"{of('akida_lite')['cold_start_s']:.2f} s",
    ),
    (
        "time with events counted, over time without",
        lambda of: _ratio(of("statistics")["ratio"]),
    ),
]
"""What is compared, and how it follows from the lines of a model by their peer."""
