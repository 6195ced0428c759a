"""What a device says about its rules is what the checks read."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest
from rule_breakers import one

from akida_lite import hardware
from akida_lite.hardware import (
    AKD1000,
    AKD1000_PREPRODUCTION,
    AKD1000_PRODUCTION,
    AKD1000_TUTORIAL,
    DEVICES,
    Capacity,
    Device,
    Rule,
    devices,
    differences,
    quantities,
    rule_rows,
)
from akida_lite.hardware.rules import STATUSES
from akida_lite.layers import MaxPool


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_every_rule_is_a_row_of_texts(device):
    rows = rule_rows(device)
    assert [row.id for row in rows] == [rule.id for rule in device.rules]
    assert all(isinstance(cell, str) and cell for row in rows for cell in row)


def test_a_row_reads_as_a_sentence_in_pieces():
    row = {row.id: row for row in rule_rows(AKD1000)}["CONV-WEIGHT-BITS"]
    assert row == (
        "CONV-WEIGHT-BITS",
        "Convolutional",
        "weight bits: at most 2",
        "quantize its weights to 2 bits and train on, or, where its kernel is larger than 1x1, "
        "make it a separable convolution, which may have 4",
        "BrainChip, tutorial “Inference on CIFAR10 with VGG and MobileNet”, 2020: "
        "convolutional layers need at most 2 bits",
        "documented",
    )


def test_the_default_differs_from_production_in_four_rules():
    assert differences((AKD1000, AKD1000_PRODUCTION)) == (
        ("CONV-WEIGHT-BITS", "weight bits: at most 2", "weight bits: 1, 2 or 4"),
        ("FC-WEIGHT-BITS", "weight bits: at most 2", "weight bits: 1, 2 or 4"),
        ("FC-INPUT-SIZE", "no rule", "input height and width: 1x1"),
        (
            "LAYER-AFTER-MAX-POOL",
            "no rule",
            "layer after max pooling: Convolutional or SeparableConvolutional",
        ),
    )


def test_devices_that_agree_have_no_differences():
    assert differences(DEVICES[:1]) == ()
    assert differences((AKD1000, replace(AKD1000, name="twin"))) == ()


def test_production_and_preproduction_differ_where_their_columns_do():
    assert {row[0] for row in differences((AKD1000_PRODUCTION, AKD1000_PREPRODUCTION))} >= {
        *("INPUT-TYPE", "STRIDES", "AVERAGE-POOL-WIDTH", "AVERAGE-POOL-HEIGHT"),
        *("KERNEL-WITHIN-INPUT", "POOL-WITHIN-INPUT", "FC-EVENT-BITS"),
        *("CONV-WEIGHT-BITS", "FC-WEIGHT-BITS"),
    }


def test_the_default_is_the_tutorial_and_what_it_does_not_contradict():
    assert set(AKD1000_TUTORIAL.rules) <= set(AKD1000.rules)
    omitted = {omission.rule for omission in AKD1000.omissions}
    restated = {rule.id for rule in AKD1000_TUTORIAL.rules}
    assert set(AKD1000_PRODUCTION.rules) - set(AKD1000.rules) == omitted | {
        rule for rule in AKD1000_PRODUCTION.rules if rule.id in restated
    }


def test_a_device_prints_short():
    assert repr(AKD1000_TUTORIAL) == "<Device 'AKD1000 (tutorial)': 5 rules>"


def test_every_profile_is_public_and_has_a_key_and_a_sentence():
    profiles = {getattr(hardware, name) for name in dir(hardware)}
    assert {value for value in profiles if isinstance(value, Device)} == set(DEVICES)
    assert len({device.key for device in DEVICES}) == len(DEVICES)
    for device in DEVICES:
        assert device.key.isidentifier()
        assert device.about.endswith(".")
        assert device.capacity.source
        assert device.capacity.status in STATUSES


def test_a_device_is_its_file_and_nothing_else(tmp_path, monkeypatch):
    """The recipe: a file among the devices is found by the package and the command line."""
    (tmp_path / "mine.py").write_text(
        "from dataclasses import replace\n"
        "from akida_lite.hardware.devices.akd1000 import AKD1000\n"
        "MINE = replace(AKD1000, name='Mine', key='mine', about='For the test.')\n"
    )
    monkeypatch.setattr(devices, "__path__", [*devices.__path__, str(tmp_path)])
    found = devices._found()
    assert set(found) == {*devices.BY_NAME, "MINE"}
    assert found["MINE"].name == "Mine"


def test_a_device_that_does_not_exist():
    with pytest.raises(AttributeError, match=r"'akida_lite\.hardware' has no attribute 'AKD9'"):
        hardware.AKD9  # noqa: B018


@pytest.mark.parametrize("kind", [Rule, Device, Capacity])
def test_what_a_table_holds_is_named(kind):
    """A row is read without counting its commas."""
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        kind("AKD1000")


@pytest.mark.parametrize(
    "part",
    [
        AKD1000,
        AKD1000.rules[0],
        AKD1000.capacity,
        AKD1000.omissions[0],
        *{
            type(rule.must_be): rule.must_be for device in DEVICES for rule in device.rules
        }.values(),
    ],
    ids=lambda part: type(part).__name__,
)
def test_a_table_is_frozen_and_compares_by_its_content(part):
    twin = type(part)(**{field.name: getattr(part, field.name) for field in fields(part)})
    assert twin == part
    assert hash(twin) == hash(part)
    with pytest.raises(FrozenInstanceError):
        part.name = "other"


@pytest.mark.parametrize(
    ("size", "shape", "excess"),
    [((3, 5), (3, 5), 0), ((4, 5), (3, 5), 1), ((3, 7), (3, 5), 2), ((5, 6), (3, 5), 2)],
)
def test_a_window_exceeds_a_map_by_its_worse_side(size, shape, excess):
    layer = one("conv", size=size, pool=MaxPool(size, (1, 1), "same"), padding="same")[-1]
    assert quantities.kernel_pixels_beyond_the_input(layer, (*shape, 2), None) == excess
    assert quantities.pool_pixels_beyond_the_input(layer, (*shape, 2), None) == excess
