"""The numbers that this package publishes: its own ledger, read once."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from akida_lite.claims import Claim, Ledger, Measured, read_ledger
from akida_lite.tables import Column, Table

LEDGER = Path(__file__).parent / "zoo" / "claims.toml"
"""File of the ledger."""


@cache
def ledger() -> Ledger:
    """Return the package's ledger.

    Raises
    ------
    ClaimError
        If it breaks its schema.
    """
    return read_ledger(LEDGER)


def claim(id: str) -> Claim:
    """Return a published number and where it came from.

    Parameters
    ----------
    id : str
        Dotted name of the claim; the documentation's page "Numbers and where they come
        from" lists them.

    Returns
    -------
    Claim
        Prints as the number; `what` says what it is, `origin` what measures it or whom it
        is quoted from.

    Raises
    ------
    ClaimError
        If there is no such claim; the message names the nearest ones.

    Examples
    --------
    >>> print(claim("seed.vgg_cifar10.akida.top1"))
    91.59 %
    """
    return ledger().claim(id)


def claims_table(rows: Mapping[str, str], caption: str = "Published numbers") -> Table:
    """Return published numbers beside those of the work that they are compared with.

    Parameters
    ----------
    rows : mapping of str to str
        Text of a row to the id of a measured claim.
    caption : str

    Returns
    -------
    akida_lite.tables.Table
        Prints as a table, and shows as one in a notebook. A number that another machine may
        give a little differently has how much in the last column.

    Raises
    ------
    ClaimError
        If there is no such claim.
    """
    cells = []
    for text, id in rows.items():
        here = claim(id)
        known = here.origin.original if isinstance(here.origin, Measured) else ""
        original = str(claim(known)) if known else ""
        within = f"{here.slack:,} images" if here.slack else "exact"
        cells.append([text, original, str(here), within])
    headings = [Column("")]
    headings += [Column(heading, "right") for heading in ("Original", "Here", "May differ by")]
    return Table(caption, headings, cells)
