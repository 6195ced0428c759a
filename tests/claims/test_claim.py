"""A claim prints as its number and refuses any other; an unfit record is refused."""

import math
from dataclasses import replace

import pytest

from akida_lite.claims import Claim, Measured, Quantity, Quoted, Share
from akida_lite.claims.records import FIELDS, from_fields
from akida_lite.errors import ClaimError

RIGHT = Claim(
    id="net.top1",
    what="Net",
    amount=Share(919, 1000),
    origin=Measured(measure="top1"),
)
OPS = Claim(
    id="paper.ops",
    what="Paper, operations",
    amount=Quantity(37861690, "operations"),
    origin=Quoted(source="paper"),
)
SHARE = {"what": "Net", "number": 919, "total": 1000, "measure": "top1"}
QUOTE = {"what": "Paper", "number": 2.5, "unit": "s", "decimals": 1, "source": "paper"}


def test_a_share_prints_in_percent():
    assert str(RIGHT) == "91.90 %"
    assert float(RIGHT) == 100 * 919 / 1000
    assert str(Share(9131, 10000)) == "91.31 %"


def test_a_quantity_prints_with_its_unit_and_decimals():
    assert str(OPS) == "37,861,690 operations"
    assert str(Quantity(2.42, "s", 2)) == "2.42 s"
    assert str(Quantity(0.75, decimals=2)) == "0.75"
    assert float(OPS) == 37861690


def test_an_origin_prints_what_is_run_and_what_slack_it_has():
    whole = Measured(measure="top1", given={"n": 20}, file="net.akw", slack=2)
    assert str(RIGHT.origin) == "top1()"
    assert str(whole) == "top1(n=20); net.akw; within 2 on other machines"
    assert (RIGHT.kind, OPS.kind, str(OPS.origin)) == ("measured", "quoted", "paper")


def test_the_claimed_number_is_accepted():
    RIGHT.verify(919, 1000)
    OPS.verify(37861690)


@pytest.mark.parametrize("slack", [0, 1])
def test_another_number_is_refused_with_both_counts_the_slack_and_the_command(slack):
    claim = replace(RIGHT, origin=replace(RIGHT.origin, slack=slack))
    within = " within 1" if slack else ""
    with pytest.raises(ClaimError) as caught:
        claim.verify(921, 1000)
    assert str(caught.value) == (
        f"claim 'net.top1': expected 91.90 % (919 of 1,000){within}, got 92.10 % (921 of "
        "1,000). Fix: find out what changed it; if the change is meant, run "
        "'akida-lite claims --write'."
    )


@pytest.mark.parametrize(("total", "said"), [(10000, "10,000"), (None, "unknown")])
def test_another_total_is_refused(total, said):
    with pytest.raises(ClaimError) as caught:
        RIGHT.verify(919, total)
    assert str(caught.value) == (
        f"claim 'net.top1': its total is 1,000, that of the run is {said}. Fix: pass both "
        "counts of a run over the claim's total: verify(number, total)."
    )


def test_slack_goes_to_both_sides_and_not_further():
    claim = replace(RIGHT, origin=replace(RIGHT.origin, slack=2))
    agrees = {number: claim.agrees(number) for number in (916, 917, 919, 921, 922)}
    assert agrees == {916: False, 917: True, 919: True, 921: True, 922: False}
    assert [RIGHT.agrees(number) for number in (918, 919, 920)] == [False, True, False]
    assert not claim.agrees(math.nan)


def test_records_become_claims():
    assert from_fields("net.top1", SHARE) == (RIGHT, [])
    quoted, problems = from_fields("a", QUOTE)
    assert problems == []
    assert (quoted.amount, quoted.origin) == (Quantity(2.5, "s", 1), Quoted(source="paper"))


BAD = [
    (SHARE, {"colour": 1}, f"unknown field 'colour'. Fix: use one of {', '.join(FIELDS)}."),
    (SHARE, {"number": "9"}, "number='9' is of the wrong type. Fix: give it as int or float."),
    (SHARE, {"number": True}, "number=True is of the wrong type. Fix: give it as int or"),
    (SHARE, {"what": 3}, "what=3 is of the wrong type. Fix: give it as str."),
    (SHARE, {"what": "a\x1b[1m"}, "what='a\\x1b[1m' has characters that do not print. Fix: "),
    (SHARE, {"what": ""}, "field 'what' is missing. Fix: say what the number says."),
    (SHARE, {"number": 1001}, "number=1001 is no count of total=1000. Fix: give both as int"),
    (SHARE, {"number": -1}, "number=-1 is no count of total=1000. Fix: give both as integ"),
    (SHARE, {"number": 1.5}, "number=1.5 is no count of total=1000. Fix: give both as integ"),
    (SHARE, {"number": 0, "total": 0}, "number=0 is no count of total=0. Fix: give both as"),
    (SHARE, {"unit": "s"}, "a share with unit or decimals. Fix: remove them: a share prints"),
    (SHARE, {"slack": -1}, "slack=-1 is negative. Fix: use 0 or more."),
    (SHARE, {"measure": ""}, "it has no measure, no source. Fix: give the measure that"),
    (SHARE, {"source": "p"}, "it has both measure and source. Fix: give the measure that"),
    (SHARE, {"given": {"a": [1]}}, "given has 'a'=[1], which is no plain value. Fix: give a"),
    (SHARE, {"given": {"a": "\n"}}, "given has 'a'='\\n', which is no plain value. Fix: giv"),
    (QUOTE, {"number": math.nan}, "number is nan beyond 2**53. Fix: give it in a larger unit."),
    (QUOTE, {"number": math.inf}, "number is inf beyond 2**53. Fix: give it in a larger unit."),
    (QUOTE, {"number": 10**400}, "number is an integer beyond 2**53. Fix: give it in a larger"),
    (QUOTE, {"decimals": 10**9}, "decimals=1000000000. Fix: use 0 to 9."),
    (QUOTE, {"decimals": -1}, "decimals=-1. Fix: use 0 to 9."),
    (QUOTE, {"slack": 1}, "a quoted number with slack. Fix: remove it: nothing here measures"),
    (QUOTE, {"original": "a"}, "a quoted number with original. Fix: remove it: nothing here"),
]


@pytest.mark.parametrize(("fields", "change", "message"), BAD, ids=[bad[2] for bad in BAD])
def test_a_record_unfit_for_the_ledger_is_refused(fields, change, message):
    claim, problems = from_fields("a.b", fields | change)
    assert claim is None
    assert str(problems[0]).startswith(f"claim 'a.b': {message}")
    assert len(problems) == 1


@pytest.mark.parametrize("id", ["Net", "a b", "a..b", ".a", "a.", "", "a-b", "ä", "a\n"])
def test_an_id_that_is_not_dotted_lower_case_is_refused(id):
    claim, problems = from_fields(id, SHARE)
    assert claim is None
    assert [str(problem) for problem in problems] == [
        f"claim {id!r}: its id is not dotted lower case. Fix: name it with letters, digits, _ "
        "and dots, such as 'shop.visitors'."
    ]
