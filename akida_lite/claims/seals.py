"""A seal on each record: no field of the ledger changes unseen, measurable or not.

A run can hold a number only against what it measures: quoted numbers it cannot, and what
Keras takes part in only to within ten images. The seal is a fingerprint of the record
as it was written, so that any later edit shows, by a single image, digit or letter.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields, replace

from akida_lite.claims.record import Claim
from akida_lite.errors import Problem

_DIGITS = 12


def fingerprint(claim: Claim) -> str:
    """Return the seal that fits the fields of a record as they are now.

    Parameters
    ----------
    claim : Claim
    """
    # Without defaults: a field that the class gains later leaves old seals valid.
    values = asdict(claim)
    given = {f.name: values[f.name] for f in fields(claim) if values[f.name] != f.default}
    given.pop("seal", None)
    text = json.dumps(given, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_DIGITS]


def sealed(claim: Claim) -> Claim:
    """Return the record with the seal that fits it.

    Parameters
    ----------
    claim : Claim
    """
    return replace(claim, seal=fingerprint(claim))


def broken_seal(claim: Claim) -> Problem | None:
    """Return what is wrong with the seal of a record, None if nothing is.

    Parameters
    ----------
    claim : Claim
    """
    if claim.seal == fingerprint(claim):
        return None
    return Problem(
        f"claim {claim.id!r}",
        f"its record, which says {claim.exactly(claim.number)}, is not as it was written: its "
        f"seal is {claim.seal or 'missing'}, the fields give {fingerprint(claim)}",
        "undo the edit; if it is meant, run 'akida-lite claims --write'",
    )
