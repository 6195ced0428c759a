"""A claim that is changed by one image, operation, digit or letter fails, with its place.

Every record of the shipped ledger is changed, one at a time, and held against runs that
give what it says today.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from akida_lite.claims import Ledger, Outcome, all_claims, check, read_ledger, sources
from akida_lite.claims.checking import measure
from akida_lite.claims.measuring import WEIGHTS_FOLDER
from akida_lite.claims.seals import broken_seal, sealed

ROOT = Path(__file__).parents[2]
CLAIMS = all_claims()
MEASURED = [id for id, claim in CLAIMS.items() if claim.kind == "measured"]
QUOTED = [id for id, claim in CLAIMS.items() if claim.kind == "quoted"]


def by_one(claim, change):
    """Return the claim with its number changed in the last place that is printed."""
    if claim.counts_images:
        return replace(claim, n_correct=claim.n_correct + change)
    step = 10**-claim.decimals if claim.decimals else 1
    return replace(claim, value=claim.value + change * step)


@cache
def lines_of(name):
    return (ROOT / name).read_text("utf-8").splitlines()


def problem_of(changed, outcomes=()):
    """Return the one problem that a check of the ledger with this record finds."""
    ledger = Ledger({**CLAIMS, changed.id: changed}, sources())
    (problem,) = check(root=ROOT, outcomes=outcomes, ledger=ledger)
    return problem


def places_in(problem):
    """Return by file the text of every line that a problem names."""
    texts = {}
    for place in problem.subject.split("stated in ")[1].rstrip(")").split(", "):
        name, line = place.rsplit(":", 1)
        texts.setdefault(name, []).append(lines_of(name)[int(line) - 1])
    return texts


def test_the_shipped_ledger_is_sealed_and_agrees_with_what_it_says():
    outcomes = [Outcome(CLAIMS[id], CLAIMS[id].number) for id in MEASURED]
    assert check(root=ROOT, outcomes=outcomes) == []


@pytest.mark.parametrize("change", [1, -1])
@pytest.mark.parametrize("id", MEASURED)
def test_a_measured_claim_changed_by_one_fails_with_expected_got_page_and_line(id, change):
    claim = CLAIMS[id]
    changed = by_one(claim, change)
    problem = problem_of(changed, [Outcome(changed, claim.number)])
    assert problem.subject.startswith(f"claim '{id}' (stated in ")
    assert problem.problem == (
        f"expected {changed.exactly(changed.number)}, got {claim.exactly(claim.number)}"
    )
    places = places_in(problem)
    assert places["akida_lite/zoo/claims.toml"] == [f"[{id}]"]
    assert places["docs/user_guide/claims.rst"] == [".. claims-table::"]


@pytest.mark.parametrize("id", MEASURED)
def test_an_edit_shows_even_where_nothing_can_be_measured(id):
    changed = by_one(CLAIMS[id], 1)
    problem = problem_of(changed)
    assert changed.exactly(changed.number) in problem.problem
    assert "docs/user_guide/claims.rst" in places_in(problem)


@pytest.mark.parametrize("id", QUOTED)
def test_a_quoted_claim_changed_by_one_has_a_broken_seal(id):
    assert broken_seal(CLAIMS[id]) is None
    changed = by_one(CLAIMS[id], 1)
    problem = broken_seal(changed)
    assert problem.subject == f"claim '{id}'"
    assert changed.exactly(changed.number) in problem.problem


def test_a_quoted_claim_is_reported_with_page_and_line():
    id = "seed.vgg_cifar10.akida.top1"
    places = places_in(problem_of(by_one(CLAIMS[id], 1)))
    page = places["examples/cnn2snn/plot_1_cifar10_vgg_mobilenet.py"]
    assert any(f'"{id}"' in line for line in page)
    assert "docs/user_guide/claims.rst" in places


def test_what_a_run_gives_is_expected_again_once_the_record_is_written():
    claim = CLAIMS[MEASURED[0]]
    ledger = Ledger({claim.id: sealed(replace(claim, what="Other words"))}, {})
    assert check(root=ROOT, outcomes=[Outcome(claim, claim.number)], ledger=ledger) == []


def test_an_edited_letter_is_reported():
    claim = replace(CLAIMS[MEASURED[0]], what="Other words")
    assert "is not as it was written" in problem_of(claim).problem


@pytest.mark.parametrize("id", [id for id in MEASURED if CLAIMS[id].weights])
def test_weights_of_another_checksum_are_reported(id):
    claim = CLAIMS[id]
    digit = "0" if claim.sha256[-1] != "0" else "1"
    other = sealed(replace(claim, sha256=claim.sha256[:-1] + digit))
    (outcome,) = measure(ledger=Ledger({id: other}, {}))
    problem = problem_of(other, [outcome])
    assert problem.problem.startswith(f"it was measured with weights {claim.weights} of SHA")
    assert claim.sha256 in problem.problem
    assert "docs/user_guide/claims.rst" in places_in(problem)


def test_every_measured_claim_names_shipped_weights():
    assert all((WEIGHTS_FOLDER / CLAIMS[id].weights).is_file() for id in MEASURED)


def test_the_ledger_of_this_checkout_is_the_one_checked():
    assert read_ledger(ROOT / "akida_lite" / "zoo" / "claims.toml").claims == CLAIMS
