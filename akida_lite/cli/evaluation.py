"""``akida-lite evaluate``: how many images Keras and the integer model get right."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from akida_lite import parallel
from akida_lite.cli.subjects import (
    Subject,
    add_model_arguments,
    add_threads_argument,
    dataset_of,
    subject_of,
)
from akida_lite.datasets.description import DataSet
from akida_lite.datasets.lookup import load
from akida_lite.engine import BACKENDS
from akida_lite.errors import DatasetError, InputError, Problem
from akida_lite.zoo.measures import first_test_images, keras_classes

# The package ships this many test images of CIFAR-10.
_SHIPPED_IMAGES = 1000


@dataclass(frozen=True)
class Evaluation:
    """Images counted; None where one of the two models is missing.

    Attributes
    ----------
    model : str
    images : int
    keras_correct, akida_correct : int or None
    agree : int or None
        Images for which both say the same class.
    """

    model: str
    images: int
    keras_correct: int | None
    akida_correct: int | None
    agree: int | None

    def __str__(self) -> str:
        parts = [
            f"{name} {100 * correct / self.images:.2f}"
            for name, correct in (
                ("keras", self.keras_correct),
                ("akida", self.akida_correct),
            )
            if correct is not None
        ]
        if self.agree is not None:
            parts.append(f"agree {self.agree}/{self.images}")
        return "  ".join(parts)


def add_commands(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser(
        "evaluate",
        help="accuracy of Keras and of the integer model on test images",
        description="Classify the first N test images with Keras and with the integer model, "
        "of CIFAR-10 unless a network of the zoo was trained on something else. The last line "
        "gives the share of correct images of each, in percent, and on how many images both "
        "say the same.",
    )
    add_model_arguments(parser)
    parser.add_argument(
        "-n",
        "--images",
        type=int,
        default=_SHIPPED_IMAGES,
        metavar="N",
        help=f"(default: {_SHIPPED_IMAGES}, so many of CIFAR-10 ship with the package; more "
        "need the whole data set)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the images among them, for the integer model; Keras runs "
        "in one (default: 1)",
    )
    add_threads_argument(parser)
    parser.add_argument(
        "--backend",
        choices=(*BACKENDS, "keras"),
        help="one side alone: the integer model, with one of the engines, or 'keras' "
        "(default: both)",
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder with an archive of the data set"
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Evaluate, and print one line."""
    _require_positive("workers", given.workers, "processes")
    if given.threads is not None:
        _require_positive("threads", given.threads, "cores")
        _limit_keras(given.threads)
    x, y = _test_images(dataset_of(given), given.images, given.data_dir)
    integers_alone = given.backend not in (None, "keras")
    subject = subject_of(given, in_keras=not integers_alone)
    only_keras = given.backend == "keras" or (given.bits is not None and not any(given.bits))
    if only_keras and subject.keras_model is None:
        problem = f"{given.model!r} is an integer model and has no Keras side"
        raise InputError(Problem("option '--backend'", problem, "leave it out"))
    evaluation = evaluate(
        subject,
        x,
        y,
        backend=None if only_keras else given.backend or "fast",
        with_keras=not integers_alone,
        threads=given.threads,
        workers=given.workers,
    )
    if given.json:
        print(json.dumps(vars(evaluation)))
    else:
        print(evaluation)
    return 0


def evaluate(
    subject: Subject,
    x: Any,
    y: Any,
    *,
    backend: str | None,
    with_keras: bool = True,
    threads: int | None,
    workers: int = 1,
) -> Evaluation:
    """Count what both models get right.

    Parameters
    ----------
    subject : Subject
    x : uint8 array of shape (n, h, w, c)
    y : int64 array of shape (n,)
    backend : str or None
        Of the integer model; None leaves it out.
    with_keras : bool
        Whether the Keras model, where there is one, is counted as well.
    threads : int or None
        Cores for the integer model in each process, None for all, shared out equally.
    workers : int
        Processes for the integer model.
    """
    akida = keras = None
    if backend is not None:
        model = subject.integer_model()
        options = {"backend": backend, "threads": threads, "progress": _progress("akida")}
        if workers == 1:
            akida = model.predict(x, **options)
        else:
            akida = parallel.predict(model, x, workers=workers, **options)
    if with_keras and subject.keras_model is not None:
        scaling, report = subject.keras_scaling(), _progress("keras")
        keras = keras_classes(subject.keras_model, x, scaling, report)
    return Evaluation(
        model=subject.name,
        images=len(x),
        keras_correct=None if keras is None else int((keras == y).sum()),
        akida_correct=None if akida is None else int((akida == y).sum()),
        agree=None if keras is None or akida is None else int((keras == akida).sum()),
    )


def _test_images(dataset: DataSet, count: int, path: str | None) -> tuple[Any, Any]:
    most = next(spec.shape[0] for spec in dataset.arrays if spec.name == "y_test")
    if not 1 <= count <= most:
        problem = f"{count} is not one of 1 to {most}, the test images of {dataset.name}"
        raise InputError(Problem("option '-n'", problem, "choose one of them"))
    try:
        return first_test_images(
            dataset, count, lambda dataset: dataset.split(load(dataset, path))[1]
        )
    except DatasetError as error:
        shipped = len(dataset.sample()[0]) if dataset.sample else 0
        problem = f"{count} images need all of {dataset.name}, of which {shipped} are shipped"
        remedy = f"use -n {shipped}, or provide" if shipped else "provide"
        raise DatasetError(
            [
                Problem("option '-n'", problem, f"{remedy} the data set as said below"),
                *error.problems,
            ]
        ) from error


def _require_positive(option: str, given: int, what: str) -> None:
    if given < 1:
        problem = f"{given} is not a number of {what}"
        raise InputError(Problem(f"option '--{option}'", problem, "choose 1 or more"))


def _limit_keras(cores: int) -> None:
    # TensorFlow reads these variables when it starts, and it has not started yet.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(cores)


def _progress(name: str) -> Any:
    """Return what shows progress on a terminal, None where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, images: int) -> None:
        end = "\r" if done < images else "\r\033[K"
        print(f"{name} {done}/{images}", end=end, file=sys.stderr, flush=True)

    return show
