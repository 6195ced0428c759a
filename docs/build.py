"""Build the documentation and check it: ``python docs/build.py [PATTERN]``.

Without a pattern everything is built from nothing; then the notebooks of the gallery are
executed, compared with their pages and put, with their outputs, in place of the empty ones
among the downloads. With a pattern only pages whose file name matches are run, on top of
the last build, and claims are not measured.

The exit status is 0 only if every page, claim, link and notebook is right.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
HTML = DOCS / "_build" / "html"
PAGES = DOCS / "examples"

NBVAL = (
    "--nbval",
    "--nbval-current-env",
    "--nbval-cell-timeout=300",
    "--nbval-kernel-startup-timeout=120",
)


def main() -> int:
    """Build, execute the notebooks, and say how long it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pattern", nargs="?", help="part of a page's file name")
    pattern: str | None = parser.parse_args().pattern
    start = time.monotonic()
    if pattern is None:
        for folder in (DOCS / "_build", PAGES, DOCS / "gen"):
            shutil.rmtree(folder, ignore_errors=True)
    status = build_pages(pattern) or run_notebooks(pattern)
    print(f"docs: {'failed' if status else 'built'} in {time.monotonic() - start:.0f} s")
    return status


def build_pages(pattern: str | None) -> int:
    """Run Sphinx: any warning fails, but only after everything has been tried."""
    options = ["-nW", "--keep-going", "-q"]
    if pattern is not None:
        options += ["-D", f"sphinx_gallery_conf.filename_pattern={re.escape(pattern)}"]
        options += ["-D", "claims_measure=0"]
    command = [sys.executable, "-m", "sphinx", *options, str(DOCS), str(HTML)]
    return subprocess.run(command).returncode


def run_notebooks(pattern: str | None) -> int:
    """Execute the notebooks and publish them with their outputs."""
    every = sorted(PAGES.rglob("*.ipynb"))
    notebooks = [notebook for notebook in every if (pattern or "") in notebook.name]
    if not notebooks:
        return 0
    own = ["-p", "notebook_outputs", "-p", "no:cacheprovider", "-o", "addopts=-ra"]
    command = [sys.executable, "-m", "pytest", *NBVAL, *own, *map(str, notebooks)]
    status = subprocess.run(command, cwd=DOCS.parent).returncode
    if status == 0:
        # Sphinx has copied the archives of all pages anew, with notebooks as yet unexecuted.
        publish({notebook.name: notebook.read_bytes() for notebook in every})
    return status


def publish(notebooks: dict[str, bytes]) -> None:
    """Put the executed notebooks among the downloads, loose and zipped."""
    for download in HTML.glob("_downloads/*/*.ipynb"):
        if download.name in notebooks:
            download.write_bytes(notebooks[download.name])
    for archive in HTML.glob("_downloads/*/*.zip"):
        _renew(archive, notebooks)
    with zipfile.ZipFile(HTML / "akida_lite_examples.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        for page in sorted([*PAGES.rglob("plot_*.py"), *PAGES.rglob("plot_*.ipynb")]):
            zipped.write(page, page.relative_to(PAGES))
        zipped.write(DOCS / "_static" / "requirements.txt", "requirements.txt")


def _renew(archive: Path, notebooks: dict[str, bytes]) -> None:
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, notebooks.get(Path(name).name, content))


if __name__ == "__main__":
    sys.exit(main())
