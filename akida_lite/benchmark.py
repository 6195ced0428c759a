"""How fast a model runs here, beside what else can run it on this machine.

Every peer is measured in a process of its own, so that memory and start-up time are its
own as well. Nothing here is asserted anywhere: a time is a fact about one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from akida_lite.errors import AkidaLiteError, InputError, Problem

Images: TypeAlias = npt.NDArray[np.uint8]
Predict: TypeAlias = Callable[[Any, int], Any]
"""From images, as the peer wants them, and a batch size to anything."""

LAYERS_FILE = "layers.akl"
TFLITE_FILE = "int8.tflite"

QUANTIZATION = {
    "vgg_cifar10": {
        "weights_quantization": 2,
        "activ_quantization": 2,
        "input_weights_quantization": 2,
    },
    "mobilenet_cifar10": {
        "weights_quantization": 4,
        "activ_quantization": 4,
        "input_weights_quantization": 8,
    },
}
"""Arguments of the zoo's functions for the models that are measured."""


@dataclass(frozen=True)
class Subject:
    """A model to measure, in the forms that the peers run.

    Attributes
    ----------
    keras_model : callable
        Makes the quantized Keras model, whose input is the pixel divided by 255.
    layers : callable
        Makes the integer layers of the same model.
    float_model : callable
        Makes a Keras model of the same architecture without quantizers.
    images : callable
        Gives uint8 images of shape (n, h, w, c).
    """

    keras_model: Callable[[], Any]
    layers: Callable[[], Sequence[Any]]
    float_model: Callable[[], Any]
    images: Callable[[], Images]


@dataclass(frozen=True)
class Peer:
    """Something that runs the model.

    Attributes
    ----------
    load : callable
        From the subject and the folder with its files to what predicts.
    batch_sizes : tuple of int
        The best of them counts.
    requires : tuple of str
        Packages without which the peer is left out.
    wants_pixels : bool
        Whether it reads uint8 pixels instead of float32 from 0 to 1.
    images : int
        At most so many images, for peers that are slow.
    prepared_by : str
        Key of `PREPARATIONS` for what writes the peer's file; empty where it needs none.
    """

    load: Callable[[Subject, Path], Predict]
    batch_sizes: tuple[int, ...]
    requires: tuple[str, ...] = ()
    wants_pixels: bool = False
    images: int = 1000
    prepared_by: str = ""


@dataclass(frozen=True)
class Measurement:
    """One line of the benchmark.

    Attributes
    ----------
    model, peer : str
    images_per_s : float
        Of the best batch size.
    batch_size : int
        That batch size.
    ratio_to_keras : float or None
        `images_per_s` over that of ``keras_predict``.
    latency_ms : float
        Median for one image at a time.
    latency_ratio_to_keras : float or None
        Latency of ``keras_call`` over `latency_ms`.
    cold_start_s : float
        From the start of the process to its first prediction.
    peak_rss_mib : float
        Largest memory of the process, above that of the bare interpreter.
    """

    model: str
    peer: str
    images_per_s: float
    batch_size: int
    ratio_to_keras: float | None
    latency_ms: float
    latency_ratio_to_keras: float | None
    cold_start_s: float
    peak_rss_mib: float


def zoo_subject(name: str) -> Subject:
    """Return a model of the zoo as a subject.

    Raises
    ------
    InputError
        If `name` is none of `QUANTIZATION`.
    """
    if name not in QUANTIZATION:
        known = ", ".join(map(repr, QUANTIZATION))
        problem = Problem(
            "option 'model'", f"{name!r} is none of {known}", "choose one of them"
        )
        raise InputError(problem)

    def keras_model() -> Any:
        factory = getattr(import_module("akida_lite.zoo"), name)
        return factory((32, 32, 3), weights="cifar10", **QUANTIZATION[name])

    def layers() -> Sequence[Any]:
        convert = import_module("akida_lite.conversion").convert
        converted: Sequence[Any] = convert(keras_model(), input_scaling=(255, 0)).layers
        return converted

    def float_model() -> Any:
        factory = getattr(import_module("akida_lite.zoo"), name)
        bits = dict.fromkeys(QUANTIZATION[name], 0)
        return factory((32, 32, 3), weights=None, **bits)

    def images() -> Images:
        sample: Images = import_module("akida_lite.datasets").load_cifar10_sample()[0]
        return sample

    return Subject(keras_model, layers, float_model, images)


def subject(name: str) -> Subject:
    """Return the subject called `name`: of the zoo, or ``module:function`` that makes one."""
    module, _, function = name.partition(":")
    if function:
        made: Subject = getattr(import_module(module), function)()
        return made
    return zoo_subject(name)


def load_keras_predict(model: Subject, folder: Path) -> Predict:
    """Return ``Model.predict``, what a user of Keras has today."""
    del folder
    network = model.keras_model()
    return lambda x, size: network.predict(x, batch_size=size, verbose=0)


def load_keras_call(model: Subject, folder: Path) -> Predict:
    """Return the call of the model, faster than ``predict`` for one image."""
    del folder
    network = model.keras_model()
    return lambda x, size: [np.asarray(network(part)) for part in _parts(x, size)]


def load_tf_function(model: Subject, folder: Path) -> Predict:
    """Return the model compiled to one TensorFlow function."""
    del folder
    compiled = import_module("tensorflow").function(model.keras_model())
    return lambda x, size: [compiled(part).numpy() for part in _parts(x, size)]


def load_tflite(model: Subject, folder: Path) -> Predict:
    """Return TensorFlow Lite in int8: without the chip's semantics."""
    del model
    interpreter = import_module("tensorflow").lite.Interpreter(
        str(folder / TFLITE_FILE), num_threads=os.cpu_count()
    )
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


def load_engine(backend: str) -> Callable[[Subject, Path], Predict]:
    """Return what loads the integer layers for a backend of the engine."""

    def load(model: Subject, folder: Path) -> Predict:
        del model
        run = import_module("akida_lite.engine").run
        layers, _ = import_module("akida_lite.storage").load(folder / LAYERS_FILE)
        return lambda x, size: run(layers, x, backend=backend, batch_size=size or None)

    return load


PEERS = {
    "keras_predict": Peer(load_keras_predict, (64, 256), ("keras", "tensorflow")),
    "keras_call": Peer(load_keras_call, (1,), ("keras", "tensorflow"), images=50),
    "tf_function": Peer(load_tf_function, (1, 64), ("tensorflow",)),
    "tflite_int8": Peer(load_tflite, (1, 50), ("tensorflow",), True, prepared_by="tflite"),
    # 0 lets the engine choose.
    "akida_lite": Peer(load_engine("fast"), (0,), (), True, prepared_by="layers"),
    "akida_lite_reference": Peer(load_engine("reference"), (0,), (), True, 2, "layers"),
}
"""What is measured, where it is installed; the two of Keras come first."""


def benchmark(
    name: str, *, peers: Sequence[str] = tuple(PEERS), seconds: float = 3.0
) -> Iterator[Measurement]:
    """Measure a model with every peer that is installed.

    Parameters
    ----------
    name : str
        A model of `QUANTIZATION`, or ``module:function`` that returns a `Subject`.
    peers : sequence of str
        Names from `PEERS`.
    seconds : float
        How long each figure is measured.

    Yields
    ------
    Measurement
        One a peer, as soon as it is known.

    Raises
    ------
    InputError
        If a model or peer is unknown, or a peer fails.
    """
    _require_known(peers)
    if ":" not in name:
        zoo_subject(name)
    with tempfile.TemporaryDirectory() as folder:
        for task in PREPARATIONS:
            if any(PEERS[peer].prepared_by == task and _installed(peer) for peer in peers):
                _child(name, task, folder, seconds)
        speed = latency = None
        for peer in peers:
            if not _installed(peer):
                continue
            facts = _child(name, peer, folder, seconds)
            speed = facts["images_per_s"] if peer == "keras_predict" else speed
            latency = facts["latency_ms"] if peer == "keras_call" else latency
            yield Measurement(
                model=name,
                peer=peer,
                ratio_to_keras=speed and round(facts["images_per_s"] / speed, 3),
                latency_ratio_to_keras=latency and round(latency / facts["latency_ms"], 3),
                **facts,
            )


def _installed(peer: str) -> bool:
    return all(find_spec(package) for package in PEERS[peer].requires)


def _require_known(peers: Sequence[str]) -> None:
    for peer in peers:
        if peer not in PEERS:
            known = ", ".join(map(repr, PEERS))
            what = f"{peer!r} is none of {known}"
            raise InputError(Problem("option 'peers'", what, "choose among them"))


def _child(name: str, task: str, folder: str, seconds: float) -> dict[str, Any]:
    """Run one task in a process of its own and return what it prints last."""
    started = repr(time.time())
    command = [sys.executable, "-m", __name__, name, task, folder, str(seconds), started]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, env=environment)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        reason = f"exit status {done.returncode}: {said[-1].rstrip('.')}"
        remedy = f"run it alone: {shlex.join(command)}"
        raise InputError(Problem(f"benchmark of {name!r}, {task}", reason, remedy))
    facts: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return facts


def prepare_layers(model: Subject, folder: Path) -> None:
    """Write the file that the engine's peers load, so that they need no Keras."""
    import_module("akida_lite.storage").save(folder / LAYERS_FILE, model.layers(), {})


def prepare_tflite(model: Subject, folder: Path) -> None:
    """Write the float network, quantized to int8 by TensorFlow Lite."""
    tensorflow = import_module("tensorflow")
    lite = tensorflow.lite
    converter = lite.TFLiteConverter.from_keras_model(model.float_model())
    examples = model.images()[:8].astype(np.float32) / 255
    converter.representative_dataset = lambda: ([part] for part in _parts(examples, 1))
    converter.optimizations = [lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tensorflow.int8
    converter.inference_output_type = tensorflow.int8
    (folder / TFLITE_FILE).write_bytes(converter.convert())


PREPARATIONS: dict[str, Callable[[Subject, Path], None]] = {
    "layers": prepare_layers,
    "tflite": prepare_tflite,
}
"""What writes the files that peers load, by the name in `Peer.prepared_by`."""


def _measure(
    peer: Peer, model: Subject, folder: Path, seconds: float, started: float
) -> dict[str, Any]:
    interpreter = _peak_rss_mib()
    predict = peer.load(model, folder)
    blank = np.zeros((1, *model.images().shape[1:]), np.uint8)
    predict(_as_wanted(peer, blank), 1)
    cold_start = time.time() - started
    images = _as_wanted(peer, np.resize(model.images(), (peer.images, *blank.shape[1:])))
    rates = {size: _rate(predict, images, size, seconds) for size in peer.batch_sizes}
    best = max(rates, key=lambda size: rates[size])
    return {
        "images_per_s": round(rates[best], 2),
        "batch_size": best,
        "latency_ms": round(1000 * _latency(predict, images[:1], seconds), 3),
        "cold_start_s": round(cold_start, 3),
        "peak_rss_mib": round(_peak_rss_mib() - interpreter, 1),
    }


def _rate(predict: Predict, images: Any, size: int, seconds: float) -> float:
    """Return images per second, of the best repetition."""
    predict(images[: 2 * (size or 64)], size)
    times = list(_times(lambda: predict(images, size), seconds))
    return len(images) / min(times)


def _latency(predict: Predict, image: Any, seconds: float) -> float:
    """Return the median seconds for one image."""
    predict(image, 1)
    return median(_times(lambda: predict(image, 1), seconds))


def _times(call: Callable[[], Any], seconds: float) -> Iterator[float]:
    end = time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        call()
        now = time.perf_counter()
        yield now - start
        if now > end:
            return


def _as_wanted(peer: Peer, images: Images) -> Any:
    return images if peer.wants_pixels else images.astype(np.float32) / 255


def _parts(images: Any, size: int) -> Iterator[Any]:
    return (images[at : at + size] for at in range(0, len(images), size))


def _peak_rss_mib() -> float:
    """Return the largest memory this process has had, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says starts with the parent's figure.
        line = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return int(line.split()[1]) / 1024
    resource = import_module("resource")
    bytes_or_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(bytes_or_kib) / (2**20 if sys.platform == "darwin" else 2**10)


def _child_main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="akida_lite.benchmark")
    for name, kind in (("model", str), ("task", str), ("folder", Path)):
        parser.add_argument(name, type=kind)
    parser.add_argument("seconds", type=float)
    parser.add_argument("started", type=float)
    given = parser.parse_args(arguments)
    try:
        model = subject(given.model)
        facts: dict[str, Any] = {}
        if given.task in PREPARATIONS:
            PREPARATIONS[given.task](model, given.folder)
        else:
            peer = PEERS[given.task]
            facts = _measure(peer, model, given.folder, given.seconds, given.started)
    except AkidaLiteError as error:
        # One line, which the parent passes on.
        sys.exit(str(error))
    print(json.dumps(facts))


if __name__ == "__main__":
    _child_main()
