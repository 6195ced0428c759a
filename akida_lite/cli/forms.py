"""``akida-lite convert`` and ``export``: write a model in another form."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from akida_lite.cli.subjects import add_model_arguments, subject_of
from akida_lite.errors import InputError, Problem, shown
from akida_lite.files import is_same_file
from akida_lite.prediction import first_images
from akida_lite.zoo.networks import NETWORKS

_SUFFIX = ".akl"
_SAMPLES = 20  # as many as a page shows small, side by side


def add_commands(commands: Any) -> None:
    """Add both commands to the parser's subcommands."""
    convert = commands.add_parser("convert", help="write a Keras model as an integer model")
    add_model_arguments(convert)
    convert.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help=f"overwritten if it exists (default: the name of the model, with the ending "
        f"{_SUFFIX}, if there is no such file)",
    )
    convert.add_argument(
        "--thresholds",
        choices=("exact", "published"),
        default="exact",
        help="as Keras computes, or rounded as the original tools did (default: exact)",
    )
    convert.set_defaults(run=run_convert)
    export = commands.add_parser(
        "export", help="write an integer model as an ONNX file, or as a page for browsers"
    )
    add_model_arguments(export)
    export.add_argument(
        "output", type=Path, metavar="OUT", help="an ONNX file; with --web, a folder"
    )
    export.add_argument(
        "--web", action="store_true", help="write a folder whose index.html runs the model"
    )
    export.add_argument(
        "--samples",
        nargs="+",
        metavar="SOURCE",
        help=f"with --web: the first {_SAMPLES} images of what predict reads, for readers to "
        "choose from (default: one of each class of the data set, where it ships)",
    )
    export.set_defaults(run=run_export)


def run_convert(given: argparse.Namespace) -> int:
    """Convert and save."""
    subject = subject_of(given, in_keras=True)
    if subject.saved is not None:
        problem = "it is an integer model already"
        remedy = "name a .keras file or a network of the zoo"
        raise InputError(Problem(f"model {given.model!r}", problem, remedy))
    path = given.output or _free_name(given.model)
    require_place(path, given.model)
    subject.options["thresholds"] = given.thresholds
    model = subject.integer_model()
    model.save(path)
    print(shown(f"{path}: {len(model)} layers, {path.stat().st_size:,} bytes"))
    return 0


def run_export(given: argparse.Namespace) -> int:
    """Export to ONNX, or to a page."""
    if given.web:
        return _export_page(given)
    if given.samples:
        problem = "an ONNX file has no place for pictures"
        raise InputError(Problem("option '--samples'", problem, "add --web, or leave it out"))
    require_place(given.output, given.model)
    subject_of(given).integer_model().to_onnx(given.output)
    print(shown(f"{given.output}: {given.output.stat().st_size:,} bytes"))
    return 0


def _export_page(given: argparse.Namespace) -> int:
    model = subject_of(given).integer_model()
    samples = None
    if given.samples:
        samples = first_images(given.samples, model.input_shape, _SAMPLES)
    elif given.model in NETWORKS and (sample := NETWORKS[given.model].dataset.sample):
        images, labels = sample()
        # The first image of each class.
        samples = images[np.unique(labels, return_index=True)[1]]
    model.to_web(given.output, samples=samples)
    size = sum(file.stat().st_size for file in given.output.iterdir())
    print(shown(f"{given.output / 'index.html'}: {size:,} bytes with what it loads"))
    return 0


def require_place(output: Path, *inputs: str | Path) -> None:
    """Refuse, before any work is done, a file that could not be written or is read.

    Raises
    ------
    InputError
        If `output` is a folder or in none, or one of `inputs`, by whatever name.
    """
    if not output.parent.is_dir():
        problem = f"there is no folder '{output.parent}'"
        raise InputError(Problem(f"file '{output}'", problem, "create it first"))
    if output.is_dir():
        raise InputError(Problem(f"file '{output}'", "it is a folder", "name a file"))
    for source in inputs:
        if is_same_file(output, source):
            problem = f"it is the input {str(source)!r} itself, which would be lost"
            raise InputError(Problem(f"file '{output}'", problem, "name another file"))


def _free_name(model: str) -> Path:
    path = Path(model).with_suffix(_SUFFIX)
    if path.exists():
        problem = "it exists, and this command did not name it"
        raise InputError(Problem(f"file '{path}'", problem, f"add '-o {path}' to overwrite it"))
    return path
