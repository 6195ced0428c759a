"""Which parts of a long run are done: a list with checksums, beside the file that they become.

``out.csv.manifest.jsonl`` has a line that says what was asked for, one for each part, and one
when all is done. The parts wait in ``out.csv.parts`` until then. Each is written whole before
its line is; a run that is killed leaves nothing that is half true.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from akida_lite.errors import InputError, Problem
from akida_lite.files import atomic_write, sha256_of
from akida_lite.images.results import encoded, join


@dataclass(frozen=True)
class Entry:
    """One part that is done.

    Attributes
    ----------
    part : int
    source : str
        Checksum of what was read; see `identity_of`.
    sha256 : str
        Of the part's file.
    images, refitted : int
    refused : list of [str, str, str]
        Names, reasons and remedies.
    """

    part: int
    source: str
    sha256: str
    images: int
    refitted: int
    refused: list[list[str]]


class Manifest:
    """Parts on their way into one file.

    Parameters
    ----------
    output : Path
    task : dict
        What was asked for, in JSON: results of another task never mix with these.
    resume : bool
        Whether parts of an earlier run of the same task count.

    Raises
    ------
    InputError
        If the earlier run was about something else.
    """

    def __init__(self, output: Path, task: dict[str, Any], *, resume: bool) -> None:
        self.output, self.task = output, task
        self.file = output.with_name(f"{output.name}.manifest.jsonl")
        self.folder = output.with_name(f"{output.name}.parts")
        if self.file.exists() and not self.file.is_file():
            problem = "it is no regular file, and would be written over"
            raise InputError(Problem(f"file '{self.file}'", problem, "move it elsewhere"))
        lines = _lines(self.file) if resume else []
        if lines and lines[0] != task:
            differs = [
                key for key in {**lines[0], **task} if lines[0].get(key) != task.get(key)
            ]
            problem = f"the run that it belongs to had another {', '.join(differs)}"
            remedy = "give the same as then, or leave --resume out to begin anew"
            raise InputError(Problem(f"file '{self.file}'", problem, remedy))
        held = _checksum(output)
        self._complete = bool(held) and bool(lines) and lines[-1] == {"complete": held}
        self._entries = {entry.part: entry for entry in map(_entry, lines[1:]) if entry}

    def holds(self, sources: Iterable[str]) -> bool:
        """Return whether the output is there, and of just these parts.

        Parameters
        ----------
        sources : iterable of str
            Checksum of what each part reads; looked at if there is an output.
        """
        done = [entry.source for _, entry in sorted(self._entries.items())]
        return self._complete and done == list(sources)

    def entries(self) -> list[Entry]:
        """Return what is known of the parts that are done, in order."""
        return [entry for _, entry in sorted(self._entries.items())]

    def begin(self) -> None:
        """Make room for parts; those of another task are forgotten."""
        self.folder.mkdir(exist_ok=True)
        with atomic_write(self.file) as file:
            for line in (self.task, *map(asdict, self.entries())):
                file.write(_line(line))

    def finished(self, part: int, source: str) -> Entry | None:
        """Return the entry of a part that need not be done again."""
        entry = self._entries.get(part)
        if entry is None or entry.source != source:
            return None
        return entry if _checksum(self._part(part)) == entry.sha256 else None

    def add(self, part: int, source: str, found: Any) -> Entry:
        """Write a part and then its line.

        Parameters
        ----------
        part : int
        source : str
        found : Found
        """
        content = encoded(found.rows, self.task["columns"], self.output.suffix.lower())
        with atomic_write(self._part(part)) as file:
            file.write(content)
        refused = [list(each) for each in found.refused]
        entry = Entry(
            part, source, sha256_of(content), len(found.rows), found.refitted, refused
        )
        with open(self.file, "ab") as lines:
            lines.write(_line(asdict(entry)))
            lines.flush()
            os.fsync(lines.fileno())
        self._entries[part] = entry
        return entry

    def complete(self, parts: int) -> None:
        """Join the parts to the output, and remove them."""
        files = [self._part(part) for part in range(parts)]
        with atomic_write(self.output) as file:
            join(files, self.task["columns"], self.output.suffix.lower(), file)
        self._entries = {part: self._entries[part] for part in range(parts)}
        self.begin()
        # What went into a pipe cannot be read again, nor can it be known to be complete.
        if held := _checksum(self.output):
            with open(self.file, "ab") as lines:
                lines.write(_line({"complete": held}))
        for left in self.folder.glob(f"part-{'[0-9]' * 6}*"):
            left.unlink()
        # Whatever else somebody keeps in the folder stays there.
        with suppress(OSError):
            self.folder.rmdir()

    def _part(self, number: int) -> Path:
        return self.folder / f"part-{number:06}{self.output.suffix.lower()}"


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a manifest up to the first that a kill has cut off."""
    lines: list[dict[str, Any]] = []
    try:
        for line in path.read_bytes().splitlines():
            content = json.loads(line)
            if not isinstance(content, dict):
                break
            lines.append(content)
    except (OSError, ValueError, RecursionError):
        pass
    return lines


def _entry(line: dict[str, Any]) -> Entry | None:
    """Return a line's entry, None where it is none: its part is then done again."""
    try:
        entry = Entry(**line)
    except TypeError:
        return None
    numbers = (entry.part, entry.images, entry.refitted)
    texts: list[Any] = [entry.source, entry.sha256]
    for each in entry.refused if isinstance(entry.refused, list) else [None]:
        texts.extend(each if isinstance(each, list) and len(each) == 3 else [None])
    whole = all(type(number) is int and number >= 0 for number in numbers)
    return entry if whole and all(isinstance(text, str) for text in texts) else None


def _checksum(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""
