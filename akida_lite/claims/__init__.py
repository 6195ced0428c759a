"""Published numbers: written once in a ledger, printed from it, and measured again.

A ledger is one TOML file (:func:`read_ledger` says how it is written). Pages print its
numbers, and hold their own results against them (:meth:`Claim.verify`); :func:`measure` runs
the function that each measured number names, :func:`check` reports what differs,
:func:`write` takes differences over. `akida_lite.claims.sphinx` does the first and the third
in any Sphinx project.
"""

from akida_lite.claims.claim import Claim, Measured, Quantity, Quoted, Share
from akida_lite.claims.ledger import Ledger, read_ledger
from akida_lite.claims.outcomes import NotMeasured, Outcome, check, measure
from akida_lite.claims.places import uses
from akida_lite.claims.writing import write

__all__ = [
    "Claim",
    "Ledger",
    "Measured",
    "NotMeasured",
    "Outcome",
    "Quantity",
    "Quoted",
    "Share",
    "check",
    "measure",
    "read_ledger",
    "uses",
    "write",
]
