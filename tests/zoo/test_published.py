"""The package's own ledger: sound, about what ships, and every number falls with its place."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import akida_lite as al
from akida_lite.claims import Measured, Outcome, Share, check, measure
from akida_lite.claims.outcomes import _function
from akida_lite.errors import ClaimError
from akida_lite.published import LEDGER, ledger
from akida_lite.zoo.cards import FOLDER, shipped_cards

ROOT = Path(__file__).parents[2]
OWN = ledger()
MEASURED = [id for id, claim in OWN.claims.items() if claim.kind == "measured"]


def by_one(claim, change):
    """Return the claim with its number changed in the last place that is printed."""
    step = 10 ** -getattr(claim.amount, "decimals", 0)
    return claim.with_number(claim.amount.number + change * (step if step < 1 else 1))


@cache
def lines_of(name):
    return (ROOT / name).read_text("utf-8").splitlines()


def places_in(problem):
    """Return by file the text of every line that a problem names."""
    texts = {}
    for place in problem.subject.split("stated in ")[1].rstrip(")").split(", "):
        name, line = place.rsplit(":", 1)
        texts.setdefault(name, []).append(lines_of(name)[int(line) - 1])
    return texts


def test_claim_finds_the_ledgers_numbers_and_names_the_nearest():
    assert al.claim("vgg_cifar10.akida.top1") is OWN.claims["vgg_cifar10.akida.top1"]
    with pytest.raises(ClaimError, match=r"for instance seed\.vgg_cifar10\.akida\.top1"):
        al.claim("seed.vgg_cifar10.akida.top")


def test_every_quoted_number_of_the_original_page_is_there():
    tables = {
        "vgg_cifar10.float": (9315, 10000),
        "vgg_cifar10.quantized": (9130, 10000),
        "vgg_cifar10.akida": (9159, 10000),
        "mobilenet_cifar10.float": (9349, 10000),
        "mobilenet_cifar10.quantized": (9307, 10000),
        "mobilenet_cifar10.akida": (9322, 10000),
    }
    found = {name: al.claim(f"seed.{name}.top1").amount for name in tables}
    assert found == {name: Share(*counts) for name, counts in tables.items()}


def test_the_original_printed_a_table_of_each_network():
    quoted = [id for id, claim in OWN.claims.items() if claim.kind == "quoted"]
    layer = re.compile(r"seed\.(\w+)\.(?:conv|separable|dense)_\d+\.(\w+)")
    found = [match.groups() for id in quoted if (match := layer.fullmatch(id))]
    # The input of the first layer are pixels: it has no input sparsity, and no operations.
    for network, layers in (("vgg_cifar10", 9), ("mobilenet_cifar10", 11)):
        for column in ("connections", "weights", "output_sparsity"):
            assert found.count((network, column)) == layers
        for column in ("input_sparsity", "ops"):
            assert found.count((network, column)) == layers - 1


def test_every_measure_is_there():
    for name in OWN.measures:
        assert callable(_function(name, OWN))
    assert {OWN.claims[id].origin.measure for id in MEASURED} == set(OWN.measures)


def test_measured_claims_are_about_the_weights_that_ship_and_all_of_those():
    files = {OWN.claims[id].origin.file for id in MEASURED}
    assert files == set(OWN.files) == {f"weights/{path.name}" for path in FOLDER.glob("*.akw")}
    checksums = {f"weights/{card.path.name}": card.sha256 for card in shipped_cards().values()}
    assert OWN.files == checksums


def test_only_what_keras_takes_part_in_has_slack():
    with_slack = {id for id in MEASURED if OWN.claims[id].slack}
    by_keras = {
        id
        for id in MEASURED
        if OWN.claims[id].origin.given.get("backend") == "keras"
        or OWN.claims[id].origin.measure in ("agreement", "top1_quantized")
    }
    assert with_slack == by_keras


def test_a_ledger_that_agrees_has_no_problem():
    assert (
        check([Outcome(OWN.claims[id], OWN.claims[id].amount.number) for id in MEASURED], OWN)
        == []
    )


@pytest.mark.parametrize("change", [1, -1])
@pytest.mark.parametrize("id", MEASURED)
def test_a_claim_changed_by_one_fails_with_expected_got_page_and_line(id, change, monkeypatch):
    """Of a claim with slack, by one more than that."""
    monkeypatch.chdir(ROOT)
    claim = OWN.claims[id]
    edited = by_one(claim, change * (1 + claim.slack))
    (problem,) = check([Outcome(edited, claim.amount.number)], OWN)
    within = f" within {claim.slack}" if claim.slack else ""
    assert problem.subject.startswith(f"claim '{id}' (stated in ")
    assert problem.problem == (
        f"expected {edited.amount.exactly}{within}, got {claim.amount.exactly}"
    )
    places = places_in(problem)
    lines = [line.strip() for line in places["docs/user_guide/claims.rst"]]
    assert ".. claims-table::" in lines
    ((record),) = places["akida_lite/zoo/claims.toml"]
    assert id.endswith(record.split(" = ")[0])
    assert str(claim.amount.number) in record


def test_a_quoted_claim_is_found_on_its_page(monkeypatch):
    monkeypatch.chdir(ROOT)
    claim = OWN.claims["seed.vgg_cifar10.akida.top1"]
    (problem,) = check([Outcome(claim, 1)], OWN)
    page = places_in(problem)["examples/cnn2snn/plot_1_cifar10_vgg_mobilenet.py"]
    assert any('f"seed.{network}.akida.top1"' in line for line in page)


@pytest.mark.parametrize("id", MEASURED)
def test_weights_of_another_checksum_are_refused(id):
    claim = OWN.claims[id]
    file = claim.origin.file
    other = {**OWN.files, file: "0" * 64}
    (outcome,) = measure(replace(OWN, claims={id: claim}, files=other))
    assert outcome.got is None
    assert outcome.problem.problem == (
        f"it was measured on {file} of SHA-256 {'0' * 64}, here is {OWN.files[file]}"
    )


def test_the_ledger_room_knows_no_network():
    for path in (ROOT / "akida_lite" / "claims").glob("*.py"):
        assert not re.search(
            r"cifar|vgg|zoo|keras|tensorflow|backend", path.read_text(), re.I
        ), path


def test_measured_claims_say_what_measures_them():
    assert all(isinstance(OWN.claims[id].origin, Measured) for id in MEASURED)
    assert OWN.path == LEDGER
