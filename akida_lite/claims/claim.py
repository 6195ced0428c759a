"""One published number: what it says, where it comes from, and how it prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from akida_lite.errors import ClaimError, Problem


@dataclass(frozen=True)
class Share:
    """A number of things out of a total, printed in percent.

    Attributes
    ----------
    number : int
        From 0 to `total`.
    total : int
    """

    number: int
    total: int

    def __float__(self) -> float:
        return 100 * self.number / self.total

    def __str__(self) -> str:
        return f"{float(self):.2f} %"

    @property
    def exactly(self) -> str:
        """The printed form with both counts, which a comparison needs."""
        return f"{self} ({self.number:,} of {self.total:,})"


@dataclass(frozen=True)
class Quantity:
    """A number with a unit.

    Attributes
    ----------
    number : int or float
    unit : str
        ``"images/s"``, ``"bytes"``; empty for a plain number.
    decimals : int
        Digits after the point in print.
    """

    number: int | float
    unit: str = ""
    decimals: int = 0

    def __float__(self) -> float:
        return float(self.number)

    def __str__(self) -> str:
        return f"{self.number:,.{self.decimals}f} {self.unit}".rstrip()

    @property
    def exactly(self) -> str:
        """The printed form with all digits, which a comparison needs."""
        return f"{self.number!r} {self.unit}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A function measures the number again.

    Attributes
    ----------
    measure : str
        Name of the function in the ledger's ``[measures]``.
    given : dict of str to str, int, float or bool
        What the function is told, beside the claim.
    file : str
        File that is measured, from the ledger's folder; its checksum stands in
        ``[files]``.
    slack : int or float
        By how much the number may differ on another machine; 0 if it is exact everywhere.
    original : str
        Id of a quoted claim that this one stands beside.
    """

    measure: str
    given: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    file: str = ""
    slack: int | float = 0
    original: str = ""

    def __str__(self) -> str:
        return "; ".join(self.facts)

    @property
    def facts(self) -> list[str]:
        """What is run, on which file, and within which slack, each where there is one."""
        given = ", ".join(f"{name}={value}" for name, value in self.given.items())
        within = f"within {self.slack:,} on other machines" if self.slack else ""
        return [fact for fact in (f"{self.measure}({given})", self.file, within) if fact]


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """Somebody else published the number.

    Attributes
    ----------
    source : str
        Key of the work in the ledger's ``[sources]``.
    """

    source: str

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number that a page states.

    ``str(claim)`` is the number as it is printed, ``float(claim)`` the number itself (in
    percent for a share).

    Attributes
    ----------
    id : str
        Dotted name: ``"shop.visitors"``.
    what : str
        What the number says, as the label of a table row.
    amount : Share or Quantity
    origin : Measured or Quoted
    """

    id: str
    what: str
    amount: Share | Quantity
    origin: Measured | Quoted

    def __float__(self) -> float:
        return float(self.amount)

    def __str__(self) -> str:
        return str(self.amount)

    @property
    def kind(self) -> str:
        """``"measured"`` or ``"quoted"``."""
        return "measured" if isinstance(self.origin, Measured) else "quoted"

    @property
    def slack(self) -> int | float:
        """By how much another machine's number may differ; 0 for a quoted one."""
        return self.origin.slack if isinstance(self.origin, Measured) else 0

    def agrees(self, number: int | float) -> bool:
        """Return whether a measured `number` is the claimed one, within its slack.

        Parameters
        ----------
        number : int or float
            The count for a share, the number in its unit otherwise.
        """
        return bool(abs(number - self.amount.number) <= self.slack)

    def verify(self, number: int | float, total: int | None = None) -> None:
        """Refuse a measurement that is not what the ledger says.

        Pages call it on what they have just computed, so that a page whose number has
        moved cannot be published.

        Parameters
        ----------
        number : int or float
            The count for a share, the number in its unit otherwise.
        total : int, optional
            Of a share: out of how many.

        Raises
        ------
        ClaimError
            If the number differs, or was taken out of another total.
        """
        if isinstance(self.amount, Share) and total != self.amount.total:
            raise ClaimError(
                Problem(
                    f"claim {self.id!r}",
                    f"its total is {self.amount.total:,}, that of the run is "
                    f"{'unknown' if total is None else f'{total:,}'}",
                    "pass both counts of a run over the claim's total: verify(number, total)",
                )
            )
        if not self.agrees(number):
            raise ClaimError(self.mismatch(number))

    def with_number(self, number: int | float) -> Claim:
        """Return the claim with another number.

        Parameters
        ----------
        number : int or float
            As for :meth:`agrees`.
        """
        if isinstance(self.amount, Share):
            # A measure may count wrongly: nothing is rounded here to hide it.
            return replace(self, amount=replace(self.amount, number=cast(int, number)))
        return replace(self, amount=replace(self.amount, number=number))

    def mismatch(self, number: int | float) -> Problem:
        """Return the problem that `number` was measured where the ledger says otherwise.

        Parameters
        ----------
        number : int or float
            As for :meth:`agrees`.
        """
        within = f" within {self.slack:,}" if self.slack else ""
        got = self.with_number(number).amount.exactly
        return Problem(
            f"claim {self.id!r}",
            f"expected {self.amount.exactly}{within}, got {got}",
            "find out what changed it; if the change is meant, run 'akida-lite claims --write'",
        )
