"""Everything that ships is what the index and its recipe say, and damage is noticed."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

import akida_lite as al
from akida_lite.files import sha256_of
from akida_lite.published import ledger
from akida_lite.storage.container import read_container
from akida_lite.training import RECIPES
from akida_lite.training.record import read_record
from akida_lite.zoo import cards
from akida_lite.zoo.cards import shipped_cards
from akida_lite.zoo.networks import NETWORKS

CARDS = {card.name: card for card in shipped_cards().values()}
INTEGERS = [card for card in CARDS.values() if card.integers_sha256 is not None]
DEPLOYED = "vgg_cifar10_w2a2i2"
WIDTHS = {"weights_quantization": 2, "activ_quantization": 2}
LIMITS = {"vgg_cifar10_w2a2i2": 3_200_000, "mobilenet_cifar10_w4a4i8": 1_900_000}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_and_its_files_belong_together(name):
    card, recipe = CARDS[name], RECIPES[name]
    assert sha256_of(card.path) == card.sha256
    assert (card.model, card.bits) == (recipe.model, recipe.bits)
    content, _ = read_container(card.path)
    assert (content["recipe"], content["model"]) == (name, card.model)
    assert tuple(content["bits"]) == card.bits


@pytest.mark.parametrize("name", CARDS)
def test_a_run_record_is_of_the_recipe_as_it_is_now(name):
    record = read_record(CARDS[name].record_path)
    # JSON has lists where the recipe has tuples.
    expected = json.loads(json.dumps(dataclasses.asdict(RECIPES[name])))
    assert record["recipe"] == expected
    assert record["curve"][-1]["step"] == RECIPES[name].steps


def test_every_network_is_more_accurate_than_the_original():
    claims = ledger().claims
    pairs = {
        claim.id: (claim.amount.number, claims[claim.origin.original].amount.number)
        for claim in claims.values()
        if claim.kind == "measured" and claim.origin.original
        if claim.origin.measure == "top1" and claim.amount.total == 10_000
    }
    # A network that has no original may ship; of one that has, every width is compared.
    compared = {claims[id].origin.file.removeprefix("weights/") for id in pairs}
    models = {card.model for card in CARDS.values() if card.path.name in compared}
    assert compared == {card.path.name for card in CARDS.values() if card.model in models}
    assert models
    assert [id for id, (ours, theirs) in pairs.items() if ours <= theirs] == []


def test_the_folder_holds_what_the_index_names_and_nothing_else():
    found = {path.name for path in cards.FOLDER.iterdir()} - {"index.json"}
    expected = {f"{name}.{ending}" for name in CARDS for ending in ("akw", "json")}
    assert found == expected | {card.integers_path.name for card in INTEGERS}


def test_the_deployed_networks_ship_as_integer_models_too():
    deployed = {(network.name, network.deployed) for network in NETWORKS.values()}
    assert {(card.model, card.bits) for card in INTEGERS} == deployed
    for card in INTEGERS:
        assert sha256_of(card.integers_path) == card.integers_sha256


def test_files_are_small():
    sizes = {name: card.path.stat().st_size for name, card in CARDS.items()}
    for card in INTEGERS:
        sizes[card.name] += card.integers_path.stat().st_size
    assert sum(sizes.values()) <= 60_000_000
    for name, size in sizes.items():
        assert size <= LIMITS.get(name, 30_000_000), name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the folder with one network in it."""
    card = CARDS[DEPLOYED]
    for path in (card.path, card.integers_path, card.record_path):
        shutil.copy(path, tmp_path)
    entry = {"model": card.model, "bits": card.bits, "sha256": card.sha256}
    entry["integers"] = card.integers_sha256
    (tmp_path / "index.json").write_text(json.dumps({DEPLOYED: entry}))
    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    shipped_cards.cache_clear()
    yield tmp_path
    shipped_cards.cache_clear()


def test_a_damaged_file_is_noticed(folder):
    path = folder / f"{DEPLOYED}.akw"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(al.FileFormatError) as refused:
        al.zoo.vgg_cifar10(weights="cifar10", **WIDTHS)
    assert str(refused.value) == (
        f"file '{DEPLOYED}.akw': SHA-256 {CARDS[DEPLOYED].sha256} is expected, found "
        f"{sha256_of(bytes(damaged))}. Fix: install the package again."
    )


def test_a_file_that_is_not_installed_says_where_it_is(folder):
    (folder / f"{DEPLOYED}.akw").unlink()
    with pytest.raises(al.FileFormatError) as refused:
        al.zoo.vgg_cifar10(weights="cifar10", **WIDTHS)
    assert str(refused.value) == (
        f"file '{DEPLOYED}.akw': it is not in '{folder}': an installed package holds the "
        "weights of the deployed networks only. Fix: take it from akida_lite/zoo/weights in "
        "the source repository and pass its path as weights=, or install the repository "
        "itself: pip install -e."
    )


def test_the_index_is_written_anew_from_the_files(folder):
    (folder / "index.json").unlink()
    cards.write_index({DEPLOYED: ("vgg_cifar10", (2, 2, 2))})
    assert shipped_cards() == {("vgg_cifar10", (2, 2, 2)): CARDS[DEPLOYED]}


def test_shipped_weights_are_those_of_their_file():
    by_name = al.zoo.vgg_cifar10(weights="cifar10", **WIDTHS)
    by_path = al.zoo.vgg_cifar10(weights=CARDS[DEPLOYED].path, **WIDTHS)
    for one, other in zip(by_name.get_weights(), by_path.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
