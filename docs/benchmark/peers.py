"""What runs a model on this machine: this package, and others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.preparations import (
    FLOAT32_FILE,
    LAYERS_FILE,
    ONNX_FILE,
    TFLITE_FILE,
)
from benchmark.timing import Predict
from benchmark.workloads import Images, Workload


@dataclass(frozen=True)
class Peer:
    """Something that runs the model.

    Attributes
    ----------
    load : callable
        From the workload and the folder with its files to what predicts.
    batch_sizes : tuple of int
        The best of them counts.
    requires : tuple of str
        Packages without which the peer is left out.
    wants_pixels : bool
        Whether it reads uint8 pixels instead of float32 as Keras does.
    images : int
        At most so many images, for peers that are slow.
    prepared_by : tuple of str
        Keys of `PREPARATIONS` for what writes the peer's file.
    weighs_batch : bool
        Whether its memory is measured with all images in one batch.
    environment : dict
        Variables of its process.
    """

    load: Callable[[Workload, Path], Predict]
    batch_sizes: tuple[int, ...]
    requires: tuple[str, ...] = ()
    wants_pixels: bool = False
    images: int = 1000
    prepared_by: tuple[str, ...] = ()
    weighs_batch: bool = False
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def installed(self) -> bool:
        """Whether the packages that it needs are here."""
        return all(find_spec(package) for package in self.requires)

    def wanted(self, images: Images, scaling: tuple[float, float]) -> Any:
        """Return images as it reads them; `scaling` as in `Workload`."""
        a, b = scaling
        return images if self.wants_pixels else (images.astype(np.float32) - b) / a


def load_keras_predict(model: Workload, folder: Path) -> Predict:
    """Return ``Model.predict``, what a user of Keras has today."""
    del folder
    network = model.keras_model()
    return lambda x, size: network.predict(x, batch_size=size, verbose=0)


def load_keras_call(model: Workload, folder: Path) -> Predict:
    """Return the call of the model, faster than ``predict`` for one image."""
    del folder
    network = model.keras_model()
    return lambda x, size: [np.asarray(network(part)) for part in _parts(x, size)]


def load_tf_function(model: Workload, folder: Path) -> Predict:
    """Return the model compiled to one TensorFlow function."""
    del folder
    import tensorflow as tf

    compiled = tf.function(model.keras_model())
    return lambda x, size: [compiled(part).numpy() for part in _parts(x, size)]


def load_tflite(model: Workload, folder: Path) -> Predict:
    """Return TensorFlow Lite in int8: without the chip's semantics."""
    del model
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(folder / TFLITE_FILE), num_threads=os.cpu_count())
    entry = interpreter.get_input_details()[0]["index"]
    leaving = interpreter.get_output_details()[0]["index"]
    interpreter.allocate_tensors()

    def predict(x: Any, size: int) -> None:
        for part in _parts(x, size):
            if interpreter.get_input_details()[0]["shape"][0] != len(part):
                interpreter.resize_tensor_input(entry, part.shape)
                interpreter.allocate_tensors()
            # Every byte is a valid int8 value; the time does not depend on which.
            interpreter.set_tensor(entry, part.view(np.int8))
            interpreter.invoke()
            interpreter.get_tensor(leaving)

    return predict


def load_engine(backend: str) -> Callable[[Workload, Path], Predict]:
    """Return what loads the integer layers for a backend of the engine."""

    def load(model: Workload, folder: Path) -> Predict:
        del model
        from akida_lite import storage
        from akida_lite.engine import run

        layers, _ = storage.load(folder / LAYERS_FILE)
        return lambda x, size: run(layers, x, backend=backend, batch_size=size or None)

    return load


def load_onnx(file: str) -> Callable[[Workload, Path], Predict]:
    """Return what loads an ONNX file in plain ONNX Runtime."""

    def load(model: Workload, folder: Path) -> Predict:
        del model
        import onnxruntime

        session = onnxruntime.InferenceSession(
            str(folder / file), providers=["CPUExecutionProvider"]
        )
        return lambda x, size: [session.run(None, {"input": part}) for part in _parts(x, size)]

    return load


def load_openvino(model: Workload, folder: Path) -> Predict:
    """Return OpenVINO, which refuses 8-bit convolutions with a scale for each filter."""
    del model
    import openvino

    compiled = openvino.compile_model(str(folder / FLOAT32_FILE), "CPU")
    return lambda x, size: [compiled([part]) for part in _parts(x, size)]


def _parts(images: Any, size: int) -> Iterator[Any]:
    return (images[at : at + size] for at in range(0, len(images), size))


_KERAS = ("keras", "tensorflow")
_RUNTIME = ("onnx", "onnxruntime")

PEERS = {
    "keras_predict": Peer(load_keras_predict, (64, 256), _KERAS, weighs_batch=True),
    "keras_call": Peer(load_keras_call, (1,), _KERAS, images=50),
    "keras_onednn": Peer(
        load_keras_predict,
        (256,),
        _KERAS,
        images=500,
        environment={"TF_ENABLE_ONEDNN_OPTS": "1"},
    ),
    "tf_function": Peer(load_tf_function, (64,), ("tensorflow",), images=500),
    "tflite_int8": Peer(
        load_tflite,
        (1, 50),
        ("tensorflow",),
        wants_pixels=True,
        prepared_by=("tflite",),
        weighs_batch=True,
    ),
    # A batch size of 0 lets the engine choose.
    "akida_lite": Peer(
        load_engine("fast"),
        (0,),
        wants_pixels=True,
        prepared_by=("layers",),
        weighs_batch=True,
    ),
    "onnx_export": Peer(
        load_onnx(ONNX_FILE),
        (16, 64),
        _RUNTIME,
        wants_pixels=True,
        prepared_by=("layers", "onnx"),
    ),
    "onnx_float32": Peer(
        load_onnx(FLOAT32_FILE),
        (16, 64),
        _RUNTIME,
        wants_pixels=True,
        images=500,
        prepared_by=("layers", "float32"),
    ),
    "openvino_float32": Peer(
        load_openvino,
        (16, 64),
        (*_RUNTIME, "openvino"),
        wants_pixels=True,
        images=500,
        prepared_by=("layers", "float32"),
    ),
    "akida_lite_numpy": Peer(
        load_engine("numpy"),
        (0,),
        wants_pixels=True,
        images=200,
        prepared_by=("layers",),
    ),
    "akida_lite_reference": Peer(
        load_engine("reference"),
        (0,),
        wants_pixels=True,
        images=2,
        prepared_by=("layers",),
    ),
}
"""Every peer by its name. Ratios need the two of Keras, which therefore come first."""
