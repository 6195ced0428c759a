"""``akida-lite predict``: the classes of one picture or of a set that no memory holds."""

from __future__ import annotations

import argparse
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from akida_lite import parallel
from akida_lite.classifier import Classifier
from akida_lite.cli.forms import require_place
from akida_lite.cli.progress import ProgressLine
from akida_lite.cli.subjects import add_model_arguments, add_threads_argument, subject_of
from akida_lite.engine.options import cores_each
from akida_lite.errors import InputError, Problem, shown
from akida_lite.images.decoding import FITS
from akida_lite.images.manifest import Entry, Manifest
from akida_lite.images.parts import Part, identity_of
from akida_lite.images.results import Row, columns_of, format_of
from akida_lite.images.sources import parts_of
from akida_lite.prediction import Found, PartClassifier, refusal
from akida_lite.zoo.networks import NETWORKS

_PART = 1000


def add_commands(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser(
        "predict",
        help="classes of pictures, arrays and data sets",
        description="Classify images, and print name, class, score and the second class. An "
        "image that cannot be read is named, and the others go on; the exit status then is 1.",
        epilog="A picture of another size than the model's loses its borders (--fit crop), or "
        "its proportions (--fit squeeze). Pictures need: pip install 'akida_lite[images]'.",
    )
    add_model_arguments(parser)
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="pictures, folders, .npy, .npz, .parquet, or tar archives of pictures",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="table to write, .csv, .jsonl or .parquet (default: print)",
    )
    parser.add_argument(
        "--fit",
        choices=FITS,
        default="crop",
        help="keep the middle of a picture of another size, or all of it (default: crop)",
    )
    parser.add_argument(
        "--statistics", action="store_true", help="add events and operations of each image"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on where a run with the same --output was ended",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the images among them (default: 1)",
    )
    add_threads_argument(parser)
    parser.add_argument(
        "--part",
        type=int,
        default=_PART,
        metavar="N",
        help=f"images that are written together (default: {_PART})",
    )
    parser.add_argument(
        "--backend",
        choices=("fast", "numpy", "reference"),
        default="fast",
        help="engine to compute with (default: fast)",
    )
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Classify; return 1 if an image could not be read."""
    for option, value in (
        ("workers", given.workers),
        ("threads", given.threads),
        ("part", given.part),
    ):
        if value is not None and value < 1:
            problem = f"{value} is below 1"
            raise InputError(Problem(f"option '--{option}'", problem, "choose 1 or more"))
    if given.output is None:
        if given.resume:
            problem = "there is nothing to go on with where results are printed"
            raise InputError(Problem("option '--resume'", problem, "add --output FILE"))
    else:
        format_of(given.output)
        require_place(given.output, given.model, *given.sources)
        _keep_apart(given.output, given.sources)
    classify = Classifier(
        _model(given),
        fit=given.fit,
        statistics=given.statistics,
        backend=given.backend,
        threads=given.threads or cores_each(given.workers),
    )
    outcome = _printed(given, classify) if given.output is None else _written(given, classify)
    for refused in outcome.refused:
        print(f"akida-lite predict: {refusal(*refused)}", file=sys.stderr)
    if outcome.refitted:
        fates = {"crop": "borders", "squeeze": "proportions"}
        were, their = (
            ("image was", "its") if outcome.refitted == 1 else ("images were", "their")
        )
        other = next(fit for fit in FITS if fit != given.fit)
        height, width, _ = classify.input_shape
        print(
            f"akida-lite predict: {outcome.refitted:,} {were} not of {width} x {height} "
            f"pixels and lost {their} {fates[given.fit]} "
            f"(--fit {given.fit}; other choice: {other})",
            file=sys.stderr,
        )
    return int(bool(outcome.refused))


def _keep_apart(output: Path, sources: Sequence[str]) -> None:
    """Refuse a table in a folder that is read: its parts would be taken for images."""
    if output.suffix.lower() != ".parquet":
        return
    for source in sources:
        if os.path.isdir(source) and Path(source).resolve() in output.resolve().parents:
            problem = f"it lies in the source {source!r}, whose Parquet files are read"
            raise InputError(Problem(f"file '{output}'", problem, "name a file elsewhere"))


def _model(given: argparse.Namespace) -> Any:
    """Return what the classifier is made of: a name or a path where that will do."""
    text, path = given.model, Path(given.model)
    if text in NETWORKS and tuple(given.bits or ()) in ((), NETWORKS[text].deployed):
        return text
    subject = subject_of(given)
    return path if subject.saved is not None and path.is_file() else subject.integer_model()


def _printed(given: argparse.Namespace, classify: Classifier) -> Found:
    outcome = Found()
    progress = _progress(given, classify)
    parts = _parts(given, classify)
    if given.workers == 1:
        bits = map(PartClassifier(classify).bit_by_bit, parts)
        results: Iterator[Found] = chain.from_iterable(bits)
    else:
        results = _results(given, classify, parts)
    for found in results:
        progress.clear()
        for row in found.rows:
            print(_row(row), flush=progress.total is not None)
        outcome.add(Found([], found.refused, found.refitted))
        progress.more(len(found.rows) + len(found.refused))
    progress.clear()
    return outcome


def _written(given: argparse.Namespace, classify: Classifier) -> Found:
    task = {
        "model": classify.sha256,
        "fit": given.fit,
        "images in a part": given.part,
        "columns": list(columns_of(classify.labels is not None, given.statistics)),
    }
    manifest = Manifest(given.output, task, resume=given.resume)
    outcome, images = Found(), 0
    if manifest.holds(identity_of(part) for part in _parts(given, classify)):
        entries: Iterator[Entry] = iter(manifest.entries())
    else:
        entries = _new_entries(given, classify, manifest)
    progress = _progress(given, classify)
    for entry in entries:
        images += entry.images
        refused = [(name, why, remedy) for name, why, remedy in entry.refused]
        outcome.add(Found([], refused, entry.refitted))
        progress.more(entry.images + len(entry.refused))
    progress.clear()
    print(shown(f"{given.output}: {images:,} images, {len(outcome.refused):,} refused"))
    return outcome


def _new_entries(
    given: argparse.Namespace, classify: Classifier, manifest: Manifest
) -> Iterator[Entry]:
    """Yield an entry for each part, in order; classify those that are not done yet."""
    manifest.begin()
    # The queue holds the parts from the one that is written next, each done one with its entry.
    seen: deque[tuple[int, str, Entry | None]] = deque()
    number = -1

    def to_do() -> Iterator[Part]:
        for at, part in enumerate(_parts(given, classify)):
            source = identity_of(part)
            entry = manifest.finished(at, source)
            seen.append((at, source, entry))
            if entry is None:
                yield part

    for found in _results(given, classify, to_do()):
        while seen[0][2] is not None:
            number, _, entry = seen.popleft()
            yield entry  # type: ignore[misc]
        number, source, _ = seen.popleft()
        yield manifest.add(number, source, found)
    for number, _, entry in seen:  # noqa: B007 (the last one is what counts)
        assert entry is not None
        yield entry
    manifest.complete(number + 1)


def _results(
    given: argparse.Namespace, classify: Classifier, parts: Iterator[Part]
) -> Iterator[Found]:
    function = PartClassifier(classify)
    if given.workers == 1:
        return map(function, parts)
    return parallel.results(function, parts, workers=given.workers)


def _parts(given: argparse.Namespace, classify: Classifier) -> Iterator[Part]:
    return parts_of(given.sources, classify.input_shape, given.part)


def _progress(given: argparse.Namespace, classify: Classifier) -> ProgressLine:
    """Return what shows progress; images are counted only where somebody watches."""
    if not sys.stderr.isatty():
        return ProgressLine("predict", None, sys.stderr)
    progress = ProgressLine("predict", sum(map(len, _parts(given, classify))), sys.stderr)
    progress.more(0)
    return progress


def _row(row: Row) -> str:
    """Return the line of one image."""
    parts = [row["name"]]
    for prefix, key in (("", "class"), ("runner_up_", "runner_up")):
        parts += [str(row.get(f"{prefix}label", row[key])), f"{row[f'{prefix}score']:.4g}"]
    if "events" in row:
        parts += [f"{row['events']:,} events", f"{row['operations']:,} operations"]
    return shown("  ".join(parts))
