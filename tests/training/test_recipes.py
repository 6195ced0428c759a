"""Recipes: stages, arithmetic and the rate; every recipe of the table can be followed."""

from dataclasses import replace

import numpy as np
import pytest

from akida_lite.training import RECIPES, Cycle, Recipe, Stage


@pytest.fixture
def recipe():
    return Recipe(
        name="r",
        model="vgg_cifar10",
        bits=(0, 0, 0),
        cycles=(Cycle(0.5, (Stage(8, 60), Stage(16, 45), Stage(32, 20))),),
        batch_size=10,
        warmup=0.25,
    )


def test_stages_take_whole_batches(recipe):
    assert recipe.steps == 6 + 4 + 2
    sizes = [recipe.stage_at(step).size for step in range(recipe.steps)]
    assert sizes == [8] * 6 + [16] * 4 + [32] * 2
    with pytest.raises(IndexError, match="recipe 'r' has 12 steps"):
        recipe.stage_at(12)


def test_progress_counts_pixels(recipe):
    costs = np.array([8**2] * 6 + [16**2] * 4 + [32**2] * 2)
    expected = np.concatenate([[0], np.cumsum(costs)]) / costs.sum()
    found = [recipe.progress_at(step) for step in range(recipe.steps + 1)]
    np.testing.assert_array_equal(found, expected)


def test_the_rate_rises_and_falls_linearly_with_the_arithmetic(recipe):
    for step in range(recipe.steps):
        middle = (recipe.progress_at(step) + recipe.progress_at(step + 1)) / 2
        expected = 0.5 * min(middle / 0.25, (1 - middle) / 0.75)
        assert recipe.rate_at(step) == expected
    rates = [recipe.rate_at(step) for step in range(recipe.steps)]
    assert min(rates) > 0
    assert max(rates) <= 0.5


def test_every_cycle_has_a_rise_and_a_fall_of_its_own(recipe):
    second = Cycle(0.1, (Stage(8, 30), Stage(16, 20)))
    longer = replace(recipe, cycles=(*recipe.cycles, second))
    assert longer.cycle_ends == (12, 17)
    assert [longer.cycle_at(step) for step in (0, 11, 12, 16)] == [
        *recipe.cycles * 2,
        *[second] * 2,
    ]
    # What comes later does not change what has been.
    for step in range(recipe.steps):
        assert longer.rate_at(step) == recipe.rate_at(step)
        assert longer.stage_at(step) == recipe.stage_at(step)
    alone = replace(recipe, cycles=(second,))
    for step in range(alone.steps):
        assert longer.rate_at(12 + step) == alone.rate_at(step)
        assert longer.stage_at(12 + step) == alone.stage_at(step)
    assert longer.progress_at(17) == 1


def test_without_warm_up_the_rate_only_falls(recipe):
    rates = [replace(recipe, warmup=0.0).rate_at(step) for step in range(recipe.steps)]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_of_the_table_can_be_followed(name):
    recipe = RECIPES[name]
    assert recipe.name == name
    widths = "w{}a{}i{}".format(*recipe.bits) if any(recipe.bits) else "float"
    assert name == f"{recipe.model}_{widths}"
    assert {cycle.optimizer for cycle in recipe.cycles} <= {"sgd", "muon"}
    assert recipe.steps > 0
    # A ladder: it starts from the same network, and every rung ends at a float one.
    seen = [name]
    while (start := RECIPES[seen[-1]].start) is not None:
        assert start not in seen
        assert RECIPES[start].model == recipe.model
        seen.append(start)
    assert RECIPES[seen[-1]].bits == (0, 0, 0)
