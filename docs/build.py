"""Build the documentation and check it: ``python docs/build.py [PATTERN]``.

Without a pattern everything is built from nothing. With a pattern only pages whose file
name matches are run, on top of the last build, and claims are not measured.

The exit status is 0 only if every page, claim, link and notebook is right.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

DOCS = Path(__file__).resolve().parent


def main() -> int:
    """Build, and say how long it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pattern", nargs="?", help="part of a page's file name")
    pattern: str | None = parser.parse_args().pattern
    start = time.monotonic()
    if pattern is None:
        for folder in (DOCS / "_build", DOCS / "examples", DOCS / "gen"):
            shutil.rmtree(folder, ignore_errors=True)
    status = build_pages(pattern)
    print(f"docs: {'failed' if status else 'built'} in {time.monotonic() - start:.0f} s")
    return status


def build_pages(pattern: str | None) -> int:
    """Run Sphinx: any warning fails, but only after everything has been tried."""
    options = ["-nW", "--keep-going", "-q"]
    if pattern is not None:
        options += ["-D", f"sphinx_gallery_conf.filename_pattern={re.escape(pattern)}"]
        # A page that has not changed runs as well: its notebook is compared with what it shows.
        options += ["-D", "sphinx_gallery_conf.run_stale_examples=1"]
        options += ["-D", "claims_measure=0", "-D", "notebooks_beside_pages=1"]
    command = [
        sys.executable,
        "-m",
        "sphinx",
        *options,
        str(DOCS),
        str(DOCS / "_build" / "html"),
    ]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
