"""Published numbers: written once in a ledger, printed from it, and checked against runs.

``claims.toml`` holds one record per number. Pages print records (the role ``:claim:``,
:func:`claim` in code) and hold their own results against them (:meth:`Claim.verify`);
:func:`check` measures what can be measured and reports what differs, :func:`write` takes
differences over and notes them in the change log.
"""

from akida_lite.claims.ledger import (
    Ledger,
    all_claims,
    claim,
    dump_ledger,
    read_ledger,
    sources,
)
from akida_lite.claims.record import Claim, Past

# Measuring needs data sets and models; importing the package must not.
_MEASURING = ("Outcome", "check", "measure", "problems_by_claim", "uses", "write")

__all__ = [
    "Claim",
    "Ledger",
    "Outcome",
    "Past",
    "all_claims",
    "check",
    "claim",
    "dump_ledger",
    "measure",
    "problems_by_claim",
    "read_ledger",
    "sources",
    "uses",
    "write",
]


def __getattr__(name: str) -> object:
    if name in _MEASURING:
        from akida_lite.claims import checking

        return getattr(checking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
