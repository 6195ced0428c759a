"""Writers of the files that peers load, so that peers need no Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.workloads import Workload

LAYERS_FILE = "layers.akl"
ONNX_FILE = "exported.onnx"
FLOAT32_FILE = "float32.onnx"
TFLITE_FILE = "int8.tflite"


def prepare_layers(model: Workload, folder: Path) -> None:
    """Write the integer layers, from which ONNX files are made too."""
    from akida_lite import storage

    storage.save(folder / LAYERS_FILE, model.layers(), {})


def prepare_onnx(model: Workload, folder: Path) -> None:
    """Write what ``Model.to_onnx`` does."""
    del model
    from akida_lite.engine.onnx.exporting import export

    export(_layers(folder), folder / ONNX_FILE)


def prepare_float32(model: Workload, folder: Path) -> None:
    """Write the same integers computed in float32, without products of bytes."""
    del model
    from akida_lite.engine.onnx.exporting import build

    graph = build(_layers(folder), eight_bits=False)
    (folder / FLOAT32_FILE).write_bytes(graph.SerializeToString())


def prepare_tflite(model: Workload, folder: Path) -> None:
    """Write the float network, quantized to int8 by TensorFlow Lite."""
    import tensorflow

    lite = tensorflow.lite
    converter = lite.TFLiteConverter.from_keras_model(model.float_model())
    a, b = model.input_scaling
    examples = (model.images()[:8].astype(np.float32) - b) / a
    converter.representative_dataset = lambda: ([image[None]] for image in examples)
    converter.optimizations = [lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tensorflow.int8
    converter.inference_output_type = tensorflow.int8
    (folder / TFLITE_FILE).write_bytes(converter.convert())


def _layers(folder: Path) -> Any:
    from akida_lite import storage

    return storage.load(folder / LAYERS_FILE)[0]


PREPARATIONS: dict[str, Callable[[Workload, Path], None]] = {
    "layers": prepare_layers,
    "onnx": prepare_onnx,
    "float32": prepare_float32,
    "tflite": prepare_tflite,
}
"""Name in `Peer.prepared_by` to the writer, in the order in which they run."""
