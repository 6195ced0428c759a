"""Published numbers: written once in a ledger, printed from it, and checked against runs.

``claims.toml`` holds one record per number. Pages print records (the role ``:claim:``,
:func:`claim` in code) and hold their own results against them (:meth:`Claim.verify`);
:func:`check` measures what can be measured and reports what differs, :func:`write` takes
differences over and notes them in the change log.
"""

from typing import TYPE_CHECKING, Any

from akida_lite.claims.ledger import (
    Ledger,
    all_claims,
    claim,
    dump_ledger,
    read_ledger,
    sources,
)
from akida_lite.claims.record import Claim, Past

if TYPE_CHECKING:
    from akida_lite.claims.checking import Outcome as Outcome
    from akida_lite.claims.checking import check as check
    from akida_lite.claims.checking import measure as measure
    from akida_lite.claims.checking import problems_by_claim as problems_by_claim
    from akida_lite.claims.checking import write as write
    from akida_lite.claims.places import uses as uses

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


def __getattr__(name: str) -> Any:
    if name in _MEASURING:
        from akida_lite.claims import checking

        return getattr(checking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
