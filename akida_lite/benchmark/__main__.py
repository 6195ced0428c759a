"""``python -m akida_lite.benchmark``: one task, in the process that the benchmark starts."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from akida_lite.benchmark import tasks
from akida_lite.benchmark.subjects import subject
from akida_lite.errors import AkidaLiteError


def main() -> None:
    """Do the task of the command line and print its facts as JSON."""
    parser = argparse.ArgumentParser(prog="akida_lite.benchmark")
    for name, kind in (("model", str), ("task", str), ("folder", Path)):
        parser.add_argument(name, type=kind)
    parser.add_argument("seconds", type=float)
    parser.add_argument("started", type=float)
    given = parser.parse_args()
    try:
        facts = tasks.run(
            given.task, subject(given.model), given.folder, given.seconds, given.started
        )
    except AkidaLiteError as error:
        # One line, which the parent passes on.
        sys.exit(str(error))
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
