"""One published number: what it says, how it prints, and how it is held against a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any

from akida_lite.errors import ClaimError, Problem

KINDS = ("measured", "quoted")
BACKENDS = ("keras", "fast", "reference")

# Exact in every backend but Keras, whose float32 sums may fall on the other side of a
# near tie on another processor; and in what a backend is compared with Keras for.
_FLOAT_BACKEND = "keras"
_FLOAT_QUANTITY = "agreement"

_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
# Of every other field: text.
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("n_correct", "n_total", "decimals", "slack", "seed"), (int,)),
    "value": (int, float),
    "history": (list,),
}

_WRITE = "run 'akida-lite claims --write'"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Past:
    """What a claim said before it was last changed.

    Attributes
    ----------
    date : str
        Day of the measurement, ``YYYY-MM-DD``.
    number : int or float
        Correct images where the claim counts images, its value otherwise.
    """

    date: str
    number: int | float


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that a page, the README or a docstring states.

    ``str(claim)`` is the number as it is printed, ``float(claim)`` the number itself (in
    percent where images are counted).

    Attributes
    ----------
    id : str
        Dotted name: ``"vgg_cifar10.akida.top1"``.
    what : str
        What the number says, as the label of a table row.
    quantity : str
        What was measured: a key of `akida_lite.claims.MEASURES`, or any word for a
        number that only its command reproduces.
    kind : {"measured", "quoted"}
        Measured with this package, or quoted from `source`.
    n_correct, n_total : int or None
        Images that count, and images looked at; the percentage is derived from them.
    value : int, float or None
        The number itself, where it is no share of images.
    unit : str
        Unit of `value`: ``"images/s"``, ``"bytes"``; empty for a plain number.
    decimals : int
        Digits after the point of `value` in print.
    slack : int
        Images by which another processor may differ; above 0 only for Keras, whose
        float32 sums depend on the processor, and for agreement with it. The integer
        engines are exact.
    model, bits : str
        Function of the zoo, and ``"weights/activations/input weights"`` in bits, 0 for
        float: ``"vgg_cifar10"``, ``"2/2/2"``.
    dataset, split : str
        Data the number was taken on; the first `n_total` images of the split.
    backend : {"", "keras", "fast", "reference"}
        What computed it.
    weights, sha256 : str
        File in ``akida_lite/zoo/weights`` and its checksum, in hexadecimal.
    recipe : str
        Training recipe of the weights.
    seed : int or None
        Seed of that training.
    date : str
        Day of the measurement, ``YYYY-MM-DD``.
    command : str
        What to type to measure it again.
    source : str
        Key of the quoted work in the ledger's ``[sources]``.
    original : str
        Id of the quoted claim that this one stands beside.
    history : tuple of Past
        Earlier numbers, oldest first.
    seal : str
        Fingerprint of all other fields, written by ``akida-lite claims --write``.
    """

    id: str
    what: str
    quantity: str
    kind: str
    n_correct: int | None = None
    n_total: int | None = None
    value: int | float | None = None
    unit: str = ""
    decimals: int = 0
    slack: int = 0
    model: str = ""
    bits: str = ""
    dataset: str = ""
    split: str = ""
    backend: str = ""
    weights: str = ""
    sha256: str = ""
    recipe: str = ""
    seed: int | None = None
    date: str = ""
    command: str = ""
    source: str = ""
    original: str = ""
    history: tuple[Past, ...] = field(default=())
    seal: str = ""

    @property
    def counts_images(self) -> bool:
        """Whether the number is a share of images, printed in percent."""
        return self.n_correct is not None

    @property
    def number(self) -> int | float:
        """The exact part: correct images, or the value."""
        number = self.n_correct if self.counts_images else self.value
        assert number is not None  # one of the two: `problems_of` has refused the rest
        return number

    def __float__(self) -> float:
        if self.n_correct is not None and self.n_total:
            return 100 * self.n_correct / self.n_total
        return float(self.number)

    def __str__(self) -> str:
        return self.printed(self.number)

    def printed(self, number: int | float) -> str:
        """Return `number` in the form this claim is printed in.

        Parameters
        ----------
        number : int or float
            Correct images where the claim counts images, a value in its unit otherwise.
        """
        if self.counts_images:
            return f"{100 * number / (self.n_total or 1):.2f} %"
        return f"{number:,.{self.decimals}f} {self.unit}".rstrip()

    def exactly(self, number: int | float) -> str:
        """Return `number` with everything a comparison needs: the counts beside the share.

        Parameters
        ----------
        number : int or float
            As for :meth:`printed`.
        """
        if self.counts_images:
            return f"{self.printed(number)} ({number:,} of {self.n_total:,})"
        return f"{number!r} {self.unit}".rstrip()

    def agrees(self, number: int | float) -> bool:
        """Return whether a measured `number` is the claimed one.

        Parameters
        ----------
        number : int or float
            As for :meth:`printed`.
        """
        if self.slack:
            return abs(number - self.number) <= self.slack
        return bool(number == self.number)

    def verify(self, number: int | float, total: int | None = None) -> None:
        """Refuse a measurement that is not what the ledger says.

        Pages call it on what they have just computed, so that a page whose number has
        moved cannot be published.

        Parameters
        ----------
        number : int or float
            Correct images where the claim counts images, a value in its unit otherwise.
        total : int, optional
            Images looked at; needed where the claim counts images.

        Raises
        ------
        ClaimError
            If the number differs, or was taken on another number of images.
        """
        if self.counts_images and total != self.n_total:
            raise ClaimError(
                Problem(
                    f"claim {self.id!r}",
                    f"it is about {self.n_total:,} images, the run looked at "
                    f"{'an unknown number' if total is None else f'{total:,}'}",
                    "pass the counts of a run over the claim's images: verify(correct, total)",
                )
            )
        if not self.agrees(number):
            raise ClaimError(self.mismatch(number))

    def mismatch(self, number: int | float) -> Problem:
        """Return the problem that `number` was measured where the ledger says otherwise.

        Parameters
        ----------
        number : int or float
            As for :meth:`printed`.
        """
        return Problem(
            f"claim {self.id!r}",
            f"expected {self.exactly(self.number)}, got {self.exactly(number)}",
            "find out what changed it; if the change is meant, run 'akida-lite claims --write'",
        )


FIELDS = tuple(f.name for f in fields(Claim) if f.name != "id")


def from_fields(
    id: str, given: dict[str, Any], drafts: bool = False
) -> tuple[Claim | None, list[Problem]]:
    """Return the claim a ledger record describes, and everything wrong with the record.

    Parameters
    ----------
    id : str
    given : dict
        Fields as TOML delivers them.
    drafts : bool
        Whether a measured record may lack its date.
    """
    problems = [
        _problem(id, f"unknown field {name!r}", f"use one of {', '.join(FIELDS)}")
        for name in given
        if name not in FIELDS
    ]
    problems += [
        _problem(id, f"field {name!r} is missing", f"add it, then {_WRITE}")
        for name in ("what", "quantity", "kind")
        if not given.get(name)
    ]
    if problems:
        return None, problems
    problems = _mistyped(id, given)
    if problems:
        return None, problems
    past = tuple(Past(**entry) for entry in given.get("history", ()))
    claim = Claim(id=id, **{**given, "history": past})
    return claim, problems_of(claim, drafts)


def problems_of(claim: Claim, drafts: bool = False) -> list[Problem]:
    """Return everything that makes a record unfit for the ledger.

    Parameters
    ----------
    claim : Claim
    drafts : bool
        Whether a measured record may lack its date.
    """
    rules = (
        (
            _ID.fullmatch(claim.id),
            "its id is not dotted lower case",
            "name it 'model.way.top1'",
        ),
        (claim.kind in KINDS, f"kind={claim.kind!r}", f"use one of {KINDS}"),
        (
            (claim.n_correct is None) != (claim.value is None),
            "it has both or neither of n_correct and value",
            "give n_correct and n_total for a share of images, value for the rest",
        ),
        (
            claim.n_correct is None or 0 <= claim.n_correct <= (claim.n_total or 0),
            f"n_correct={claim.n_correct} is not in 0..n_total={claim.n_total}",
            "give the counts of the run",
        ),
        (
            claim.backend in ("", *BACKENDS),
            f"backend={claim.backend!r}",
            f"use one of {BACKENDS}",
        ),
        (
            claim.slack == 0
            or claim.backend == _FLOAT_BACKEND
            or claim.quantity == _FLOAT_QUANTITY,
            f"slack={claim.slack} on an exact measurement",
            "remove it; only what Keras takes part in may differ between processors",
        ),
        (
            not claim.weights or _SHA256.fullmatch(claim.sha256),
            f"weights={claim.weights!r} without their checksum",
            "give sha256 as 64 hexadecimal digits",
        ),
        *_rules_of_kind(claim, drafts),
    )
    return [_problem(claim.id, what, remedy) for holds, what, remedy in rules if not holds]


def _rules_of_kind(claim: Claim, drafts: bool) -> tuple[tuple[bool, str, str], ...]:
    if claim.kind == "quoted":
        return (
            (bool(claim.source), "a quoted number without source", "name the source"),
            (
                not (claim.command or claim.weights or claim.history or claim.original),
                "a quoted number with command, weights, history or original",
                "remove them: nothing here reproduces it",
            ),
        )
    return (
        (bool(claim.command), "a measured number without command", "say how to measure it"),
        (
            drafts or bool(claim.date),
            "a measured number without date",
            f"{_WRITE}, which measures it",
        ),
        (
            not claim.source,
            "a measured number with a source",
            "remove it, or set kind='quoted'",
        ),
    )


def _mistyped(id: str, given: dict[str, Any]) -> list[Problem]:
    """Return every field whose value is of another kind than the class says."""
    problems = []
    for name, value in given.items():
        right = _TYPES.get(name, (str,))
        entries: Any = value
        if not isinstance(value, right) or isinstance(value, bool):
            what = " or ".join(kind.__name__ for kind in right)
            problems.append(
                _problem(id, f"{name}={value!r} is of the wrong type", f"give it as {what}")
            )
        elif name == "history" and not all(set(e) == {"date", "number"} for e in entries):
            remedy = "give each entry date and number"
            problems.append(_problem(id, f"{name}={value!r} is of the wrong form", remedy))
    return problems


def _problem(id: str, what: str, remedy: str) -> Problem:
    return Problem(f"claim {id!r}", what, remedy)
