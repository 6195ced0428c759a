"""Read drawn files for as long as one likes: ``tox run -e fuzz -- --seconds 3600``.

Each finding is printed with its traceback, after hypothesis has made its file as small as it
can; the exit status is 1 if there is one. The same seed draws the same files.
"""

import argparse
import collections
import logging
import os
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

_SLOW = 10.0  # seconds of the processor for one file of a few kilobytes
_LARGE = 1 << 20  # KiB by which one file may raise the most memory that was taken so far
_ROUND = 10  # files after which the clock is looked at


class Slow(Exception):
    """A file took longer, or more memory, than any file of its size should."""


def fuzz(target, seconds, seed, folder):
    """Return how often each outcome was seen, and the findings as text."""
    from hostile_inputs import outcome

    counts, findings = collections.Counter(), {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:

        @hypothesis.seed(seed)
        @settings(
            max_examples=_ROUND,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(st.data())
        def read(data):
            begun, held = time.process_time(), peak()
            counts[outcome(target, data.draw, folder)] += 1
            if time.process_time() - begun > _SLOW or peak() - held > _LARGE:
                raise Slow(f"{time.process_time() - begun:.1f} s, {peak() - held} KiB")

        try:
            read()
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            findings.setdefault(
                (type(error), place.filename, place.lineno), traceback.format_exc()
            )
        seed += 1
    return counts, findings


def peak():
    """Return the most memory that the process has taken, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    import hostile_datasets
    import hostile_images
    import hostile_inputs
    import hostile_keras

    rooms = (hostile_inputs, hostile_datasets, hostile_images, hostile_keras)
    targets = [target for room in rooms for target in room.TARGETS]
    names = [target.name for target in targets]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=names, action="append", help="(default: all)")
    given = parser.parse_args()
    logging.disable()
    chosen = [target for target in targets if target.name in (given.target or names)]
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AKIDA_LITE_CACHE"] = str(Path(folder) / "cache")
        for target in chosen:
            share = given.seconds / len(chosen)
            counts, findings = fuzz(target, share, given.seed, Path(folder))
            summary = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
            print(
                f"{target.name}: {summary or 'nothing'}, {len(findings)} findings", flush=True
            )
            print("\n".join(findings.values()), end="")
            found += len(findings)
    return int(bool(found))


if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here / "datasets")]
    sys.exit(main())
