"""A folder that runs a model in any browser, from a server or from a disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, Problem
from akida_lite.files import hand_on, hidden_folder, user_path
from akida_lite.layers import Layer
from akida_lite.web import page
from akida_lite.web.images import checked_samples, images_to_repeat, value_range
from akida_lite.web.payload import payload_of, script

_INDEX = "index.html"
_OURS = {_INDEX, page.SCRIPT, page.MODEL}


def write_folder(
    path: str | os.PathLike[str],
    layers: Sequence[Layer],
    metadata: Mapping[str, Any],
    samples: npt.NDArray[np.integer[Any]] | None,
) -> None:
    """Write the page of a model, as ``Model.to_web`` documents it."""
    try:
        target = Path(os.path.realpath(user_path(path)))
    except OSError as error:
        raise _refused(path, f"{error.strerror}", "choose another name") from error
    _refuse_what_is_not_ours(path, target)
    pictures = checked_samples(layers, samples)
    vectors = images_to_repeat(layers, pictures)
    model = script(payload_of(layers, metadata, pictures, vectors))
    span = value_range(layers, metadata["input_scaling"])
    index = page.page(metadata["name"], len(model), vectors[0], span)
    try:
        with hidden_folder(target) as hidden:
            new, old = hidden / "new", hidden / "old"
            new.mkdir()
            (new / _INDEX).write_text(index, "utf-8")
            (new / page.SCRIPT).write_bytes(page.script())
            (new / page.MODEL).write_bytes(model)
            if target.exists():
                for known in (target, *target.iterdir()):
                    hand_on(known.stat(), new / known.relative_to(target))
                target.rename(old)
            try:
                new.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
    except OSError as error:
        raise _refused(
            path, f"it cannot be written ({error.strerror})", "choose one that you may write"
        ) from error


def _refuse_what_is_not_ours(path: str | os.PathLike[str], target: Path) -> None:
    if not target.parent.is_dir():
        raise _refused(path, f"there is no folder '{target.parent}'", "create that first")
    if not target.exists():
        return
    if not target.is_dir():
        raise _refused(path, "it is a file", "name a folder")
    found = {entry.name for entry in target.iterdir()}
    if not found:
        return
    index = target / _INDEX
    ours = index.is_file() and page.GENERATOR in index.read_text("utf-8", "replace")
    if not ours or not found <= _OURS:
        others = ", ".join(sorted(found - _OURS) or [_INDEX])
        raise _refused(
            path,
            f"it holds what this export has not written ({others})",
            "name a folder that is new, empty, or an earlier export",
        )


def _refused(path: str | os.PathLike[str], problem: str, remedy: str) -> InputError:
    return InputError(Problem(f"folder '{os.fspath(path)}'", problem, remedy))
