"""``akida-lite summary`` and ``check``: what a model is, and what keeps it off a chip."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

import akida_lite as al
from akida_lite.cli.subjects import add_model_arguments, subject_of
from akida_lite.errors import Problem, shown
from akida_lite.hardware import DEVICES, Device, check
from akida_lite.report import summary_of

_DEVICES = {device.key: device for device in DEVICES}


def add_commands(commands: Any) -> None:
    """Add both commands to the parser's subcommands."""
    summary = commands.add_parser(
        "summary", help="layers, shapes, weights and device of a model"
    )
    add_model_arguments(summary)
    checker = commands.add_parser(
        "check",
        help="whether a model can be converted, and whether a device takes it",
        description="List everything that keeps a Keras model from being converted, or an "
        "integer model from a device, with the fix. Exit status 1 if there is anything.",
    )
    add_model_arguments(checker)
    for parser, function in ((summary, run_summary), (checker, run_check)):
        parser.add_argument(
            "--device",
            choices=tuple(_DEVICES),
            default="akd1000",
            help="rules to check against (default: akd1000)",
        )
        parser.add_argument("--json", action="store_true", help="print it as JSON")
        parser.set_defaults(run=function)


def run_summary(given: argparse.Namespace) -> int:
    """Print the table of layers."""
    model = subject_of(given).integer_model()
    summary = summary_of(model.layers, name=model.name, device=_DEVICES[given.device])
    print(json.dumps(asdict(summary)) if given.json else summary)
    return 0


def run_check(given: argparse.Namespace) -> int:
    """Print every problem; return 1 if there is one."""
    device = _DEVICES[given.device]
    problems = _problems(given, device)
    if given.json:
        print(json.dumps([asdict(problem) for problem in problems]))
    elif problems:
        print("\n".join(map(str, problems)))
    else:
        print(shown(f"{given.model}: no problem found, {device.name} takes it"))
    return int(bool(problems))


def _problems(given: argparse.Namespace, device: Device) -> list[Problem]:
    subject = subject_of(given)
    if subject.keras_model is not None:
        problems: list[Problem] = al.check_compatibility(
            subject.keras_model, input_scaling=subject.input_scaling, **subject.options
        )
        if problems:
            return problems
    return check(subject.integer_model().layers, device)
