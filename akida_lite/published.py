"""The numbers that this package publishes: its own ledger, read once."""

from functools import cache
from pathlib import Path

from akida_lite.claims import Claim, Ledger, read_ledger

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
