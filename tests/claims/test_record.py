"""A claim prints as its number and refuses any other."""

from dataclasses import replace

import pytest

from akida_lite.claims import Claim, Past
from akida_lite.claims.record import from_fields, problems_of
from akida_lite.errors import ClaimError

MEASURED = Claim(
    id="net.akida.top1",
    what="Net, Akida",
    quantity="top1",
    kind="measured",
    n_correct=919,
    n_total=1000,
    backend="fast",
    date="2026-01-02",
    command="akida-lite evaluate net",
)
QUOTED = Claim(
    id="seed.net.ops",
    what="Net, operations",
    quantity="ops",
    kind="quoted",
    value=37861690,
    unit="operations",
    source="original",
)


def test_a_share_of_images_prints_in_percent():
    assert str(MEASURED) == "91.90 %"
    assert float(MEASURED) == 100 * 919 / 1000
    assert str(replace(MEASURED, n_correct=9131, n_total=10000)) == "91.31 %"


def test_a_value_prints_with_its_unit_and_decimals():
    assert str(QUOTED) == "37,861,690 operations"
    assert str(replace(QUOTED, value=2.42, unit="s", decimals=2)) == "2.42 s"
    assert str(replace(QUOTED, value=0.75, unit="", decimals=2)) == "0.75"
    assert float(QUOTED) == 37861690


def test_the_claimed_number_is_accepted():
    MEASURED.verify(919, 1000)
    QUOTED.verify(37861690)


def test_one_image_more_is_refused_with_both_counts_and_the_command():
    with pytest.raises(ClaimError) as caught:
        MEASURED.verify(920, 1000)
    assert str(caught.value) == (
        "claim 'net.akida.top1': expected 91.90 % (919 of 1,000), got 92.00 % (920 of 1,000). "
        "Fix: find out what changed it; if the change is meant, run "
        "'akida-lite claims --write'."
    )


@pytest.mark.parametrize(("total", "said"), [(10000, "10,000"), (None, "an unknown number")])
def test_another_number_of_images_is_refused(total, said):
    with pytest.raises(ClaimError) as caught:
        MEASURED.verify(919, total)
    assert str(caught.value) == (
        f"claim 'net.akida.top1': it is about 1,000 images, the run looked at {said}. "
        "Fix: pass the counts of a run over the claim's images: verify(correct, total)."
    )


def test_slack_is_a_number_of_images():
    slack = replace(MEASURED, backend="keras", slack=2)
    assert [slack.agrees(n) for n in (916, 917, 919, 921, 922)] == [
        False,
        True,
        True,
        True,
        False,
    ]


BAD = [
    (replace(MEASURED, id="Net"), "its id is not dotted lower case"),
    (replace(MEASURED, kind="guessed"), "kind='guessed'"),
    (replace(MEASURED, value=3), "it has both or neither of n_correct and value"),
    (replace(QUOTED, value=None), "it has both or neither of n_correct and value"),
    (replace(MEASURED, n_correct=1001), "n_correct=1001 is not in 0..n_total=1000"),
    (replace(MEASURED, n_correct=-1), "n_correct=-1 is not in 0..n_total=1000"),
    (replace(MEASURED, n_total=None), "n_correct=919 is not in 0..n_total=None"),
    (replace(MEASURED, backend="gpu"), "backend='gpu'"),
    (replace(MEASURED, slack=1), "slack=1 on an exact measurement"),
    (replace(MEASURED, weights="a.npz"), "weights='a.npz' without their checksum"),
    (replace(MEASURED, weights="a.npz", sha256="0"), "weights='a.npz' without their checksum"),
    (replace(MEASURED, command=""), "a measured number without command"),
    (replace(MEASURED, date=""), "a measured number without date"),
    (replace(MEASURED, source="original"), "a measured number with a source"),
    (replace(QUOTED, source=""), "a quoted number without source"),
    (
        replace(QUOTED, command="run"),
        "a quoted number with command, weights, history or original",
    ),
    (
        replace(QUOTED, history=(Past(date="2026-01-01", number=1),)),
        "a quoted number with command, weights, history or original",
    ),
]


@pytest.mark.parametrize(("bad", "what"), BAD, ids=[what for _, what in BAD])
def test_a_record_unfit_for_the_ledger_is_refused(bad, what):
    assert [problem.problem for problem in problems_of(bad)] == [what]


def test_good_records_have_no_problem():
    assert problems_of(MEASURED) == problems_of(QUOTED) == []
    assert problems_of(replace(MEASURED, quantity="agreement", slack=1)) == []
    assert problems_of(replace(MEASURED, date=""), drafts=True) == []


def test_unknown_and_missing_fields_are_reported_together():
    claim, problems = from_fields("a.b", {"what": "x", "quantity": "y", "colour": "red"})
    assert claim is None
    assert [problem.problem for problem in problems] == [
        "unknown field 'colour'",
        "field 'kind' is missing",
    ]
