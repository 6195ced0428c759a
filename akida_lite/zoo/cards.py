"""Which weights ship, and what each file must be: one index, read from beside the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from akida_lite.errors import FileFormatError, Problem
from akida_lite.files import atomic_write, sha256_of
from akida_lite.zoo.networks import NETWORKS, Bits, Network

FOLDER = Path(__file__).parent / "weights"
"""Where the weights, their run records and the index lie."""

_INDEX = "index.json"


@dataclass(frozen=True)
class Card:
    """A shipped weights file.

    Attributes
    ----------
    name : str
        Name of the recipe, and of the files.
    model : str
        Name of its network.
    bits : (int, int, int)
        Of weights, activations and input weights; 0 for float.
    sha256 : str
        Of the weights file, in hexadecimal.
    integers_sha256 : str or None
        Of the integer model's file; None where none ships.
    """

    name: str
    model: str
    bits: Bits
    sha256: str
    integers_sha256: str | None = None

    @property
    def network(self) -> Network:
        """What the weights are for."""
        return NETWORKS[self.model]

    @property
    def path(self) -> Path:
        """The weights file."""
        return FOLDER / f"{self.name}.akw"

    @property
    def integers_path(self) -> Path:
        """The integer model, which holds the kernels of the weights file."""
        return FOLDER / f"{self.name}.akl"

    @property
    def record_path(self) -> Path:
        """The file of the run record."""
        return FOLDER / f"{self.name}.json"

    @property
    def record(self) -> dict[str, Any]:
        """What the training run has noted: recipe, curve, time, machines, trials."""
        return cast("dict[str, Any]", json.loads(self.record_path.read_text("utf-8")))


@cache
def shipped_cards() -> dict[tuple[str, Bits], Card]:
    """Return every shipped file by (model, bits)."""
    entries = json.loads((FOLDER / _INDEX).read_text("utf-8"))
    made = [
        Card(name, e["model"], tuple(e["bits"]), e["sha256"], e.get("integers"))
        for name, e in entries.items()
    ]
    return {(card.model, card.bits): card for card in made}


def write_index(entries: dict[str, tuple[str, Bits]]) -> None:
    """Write the index anew, with the checksums that the files have now.

    Parameters
    ----------
    entries : dict of str to (str, (int, int, int))
        Name of each file, without its ending, to its model and bits.
    """
    index: dict[str, dict[str, object]] = {}
    for name, (model, bits) in sorted(entries.items()):
        weights, integers = (FOLDER / f"{name}.{ending}" for ending in ("akw", "akl"))
        index[name] = {"model": model, "bits": list(bits), "sha256": sha256_of(weights)}
        if integers.exists():
            index[name]["integers"] = sha256_of(integers)
    with atomic_write(FOLDER / _INDEX) as file:
        file.write((json.dumps(index, indent=1) + "\n").encode())
    shipped_cards.cache_clear()


def intact(path: Path, sha256: str) -> Path:
    """Return the path of a shipped file after looking whether it is the one published.

    Raises
    ------
    FileFormatError
        If it is missing or another.
    """
    if not path.exists():
        raise FileFormatError(
            Problem(
                f"file '{path.name}'",
                f"it is not in '{path.parent}': an installed package holds the weights of the "
                "deployed networks only",
                "take it from akida_lite/zoo/weights in the source repository and pass its "
                "path as weights=, or install the repository itself: pip install -e",
            )
        )
    found = sha256_of(path)
    if found != sha256:
        problem = f"SHA-256 {sha256} is expected, found {found}"
        raise FileFormatError(
            Problem(f"file '{path.name}'", problem, "install the package again")
        )
    return path
