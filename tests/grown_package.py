"""A copy of the package to which something is added as CONTRIBUTING says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def grown(folder, recipe, without=None):
    """Copy the package to `folder` and follow a recipe, but for one file.

    Parameters
    ----------
    folder : Path
    recipe : dict of str to dict
        File of the package to what stands in it, once, and by what that is replaced.
    without : str, optional
    """
    package = folder / "akida_lite"
    left_out = shutil.ignore_patterns("weights", "__pycache__")
    shutil.copytree(ROOT / "akida_lite", package, ignore=left_out)
    for file, changes in recipe.items():
        text = (package / file).read_text("utf-8")
        for stands, becomes in changes.items():
            assert text.count(stands) == 1, (file, stands)
            text = text.replace(stands, becomes)
        if file != without:
            (package / file).write_text(text, "utf-8")


def ran(folder, *arguments):
    """Run Python in `folder`, where the package is the copy."""
    environment = os.environ | {"PYTHONPATH": str(folder), "MPLBACKEND": "agg"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, cwd=folder, env=environment, text=True)
