"""The numbers that this package publishes: its own ledger, read once."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from akida_lite.claims import Claim, Ledger, Measured, read_ledger
from akida_lite.errors import ClaimError, Problem
from akida_lite.tables import Column, Table

# The name of a layer ends in its place, as in "conv_1".
_OF_A_LAYER = re.compile(r"(?P<network>.+)\.(?P<layer>\w+_\d+)\.(?P<rest>\w+)")

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


def claims_by_layer(network: str, quantity: str) -> dict[str, float]:
    """Return what is published of each layer of a network.

    Parameters
    ----------
    network : str
        What the ids begin with, such as ``"seed.vgg_cifar10"`` for the original's VGG.
    quantity : str
        What they end with, such as ``"ops"`` or ``"input_sparsity"``.

    Returns
    -------
    dict of str to float
        Name of the layer to the number, in the order of the ledger.

    Raises
    ------
    ClaimError
        If nothing is published; the message names what is.

    Examples
    --------
    >>> zeros = claims_by_layer("seed.vgg_cifar10", "input_sparsity")
    >>> len(zeros)
    8
    """
    found = [match for id in ledger().claims if (match := _OF_A_LAYER.fullmatch(id))]
    numbers = {
        m["layer"]: float(claim(m[0]))
        for m in found
        if m["rest"] == quantity and m["network"] == network
    }
    if not numbers:
        known = dict.fromkeys(f"({m['network']!r}, {m['rest']!r})" for m in found)
        problem = f"no layer of {network!r} has a published {quantity!r}"
        raise ClaimError(Problem("claims", problem, f"choose one of {', '.join(known)}"))
    return numbers
