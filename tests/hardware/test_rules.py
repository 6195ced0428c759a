"""Every rule has a source and a remedy, and is broken by what its constraint says breaks it."""

import ast
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from rule_breakers import METHODS, breakers, implied, one

import akida_lite.hardware
from akida_lite.hardware import AKD1000, AKD1000_PREPRODUCTION, DEVICES, check
from akida_lite.hardware.rules import (
    STATUSES,
    AtLeast,
    AtMost,
    Between,
    Case,
    Each,
    MultipleOf,
    OneOf,
    PerCase,
    Rule,
)
from akida_lite.layers import Layer

ROWS = [(device, rule) for device in DEVICES for rule in device.rules]
BROKEN = [
    pytest.param(device, rule, layers, id=f"{device.name}-{rule.id}-{kind}-{index}")
    for device, rule in ROWS
    for index, (kind, _, layers) in enumerate(breakers(rule))
]


@pytest.mark.parametrize(("device", "rule", "layers"), BROKEN)
def test_a_value_that_a_rule_refuses_breaks_that_rule_and_no_other(device, rule, layers):
    assert [problem.rule for problem in check(layers, device)] == [rule.id]


@pytest.mark.parametrize(("device", "rule"), ROWS, ids=lambda row: getattr(row, "id", None))
def test_every_layer_type_of_every_rule_is_broken_once(device, rule):
    kinds = {kind for kind, _, _ in breakers(rule)}
    whole = {
        kind
        for kind in rule.layers
        if all(implied(rule.id, kind, value) for value in rule.must_be.counterexamples())
    }
    assert kinds | whole == set(rule.layers)
    assert kinds


@pytest.mark.parametrize(("device", "rule"), ROWS, ids=lambda row: getattr(row, "id", None))
def test_every_rule_says_where_it_comes_from_and_what_to_do(device, rule):
    assert len(rule.source) > 10
    assert len(rule.remedy) > 10
    assert rule.status in STATUSES
    assert not rule.remedy.endswith(".")
    assert set(rule.layers) <= set(METHODS)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_ids_are_unique_within_a_device(device):
    ids = [rule.id for rule in device.rules]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
@pytest.mark.parametrize("kind", METHODS.values())
def test_layers_without_a_fault_are_taken(device, kind):
    assert check(one(kind), device) == [] or (device, kind) == (AKD1000_PREPRODUCTION, "image")


def test_every_layer_type_has_rules():
    ruled = {kind for rule in AKD1000.rules for kind in rule.layers}
    types = {kind.__name__ for kind in get_args(Layer)}
    assert types - ruled == {"InputData"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"source": ""}, "a source"), ({"remedy": ""}, "a remedy"), ({"status": "x"}, "status")],
)
def test_a_rule_without_source_remedy_or_status_is_refused(fields, words):
    with pytest.raises(ValueError, match=f"rule ACT-BITS: it needs .*{words}"):
        replace(AKD1000.rule("ACT-BITS"), **fields)


def test_rules_are_found_by_name():
    assert isinstance(AKD1000.rule("PADDING"), Rule)
    with pytest.raises(KeyError, match="NO-SUCH"):
        AKD1000.rule("NO-SUCH")


@pytest.mark.parametrize(
    ("constraint", "text", "good", "bad"),
    [
        (OneOf((1, 2, 4)), "1, 2 or 4", 4, (3, 5)),
        (OneOf((8,)), "8", 8, (7, 9)),
        (OneOf(((1, 1), (3, 3))), "1x1 or 3x3", (3, 3), ((4, 4), (1, 3))),
        (OneOf(("same",), ("same", "valid")), "same", "same", ("valid",)),
        (Between(5, 256), "5 to 256", 5, (4, 257)),
        (Between(1, 32), "1 to 32", 32, (33,)),
        (AtMost(2), "at most 2", 2, (3,)),
        (AtLeast(5), "at least 5", 5, (4,)),
        (MultipleOf(8), "a multiple of 8", 16, (9,)),
        (Each(OneOf((1, 2))), "1 or 2 on each side", (1, 2), ((3, 3),)),
        (
            PerCase((("a pool", AtMost(2)), ("no pool", AtMost(1)))),
            "at most 2 with a pool; at most 1 with no pool",
            Case("a pool", 2),
            (Case("a pool", 3), Case("no pool", 2)),
        ),
    ],
)
def test_constraints_say_what_they_mean(constraint, text, good, bad):
    assert str(constraint) == text
    assert constraint.holds(good)
    assert constraint.counterexamples() == bad
    assert not any(constraint.holds(value) for value in bad)


def test_a_circumstance_that_is_not_listed_breaks_nothing():
    assert PerCase((("a pool", AtMost(2)),)).holds(Case("rain", 99))


def test_no_code_asks_which_device_it_is():
    for path in Path(akida_lite.hardware.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.If | ast.IfExp | ast.Compare):
                assert "AKD1000" not in ast.unparse(node), path
