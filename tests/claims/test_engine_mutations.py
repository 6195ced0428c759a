"""One more or one less at any rounding or threshold changes a published number.

The ledger holds the sum of all levels that the MobileNet's layers emit for one image. Each
test changes one comparison or constant in the source of an engine, or of the conversion,
and shows that the check reports that number.
"""

import inspect
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from akida_lite.claims import Ledger, Outcome, all_claims, check
from akida_lite.claims.measuring import MEASURES, Bench
from akida_lite.conversion import building, fold
from akida_lite.engine import (
    BACKENDS,
    cut_points,
    fast,
    onnx_lowering,
    onnx_products,
    reference,
)

pytest.importorskip("onnxruntime")

ROOT = Path(__file__).parents[2]
CLAIM = all_claims()["mobilenet_cifar10.akida.levels_n1"]
BENCH = Bench(full=False)


@pytest.fixture
def mutate(monkeypatch):
    """Change one place in the source of a function, which has to be there once."""

    def change(module, name, old, new):
        source = inspect.getsource(getattr(module, name))
        assert source.count(old) == 1
        changed = dict(vars(module))
        exec(compile(source.replace(old, new), module.__file__, "exec"), changed)
        monkeypatch.setattr(module, name, changed[name])

    return change


def levels(backend="fast", layers=None):
    """Measure with layers that no engine has prepared before."""
    layers = layers or BENCH.integer_model(CLAIM.model, CLAIM.bits).layers
    model = SimpleNamespace(layers=tuple(replace(layer) for layer in layers))
    fresh = SimpleNamespace(images=BENCH.images, integer_model=lambda *_: model)
    return MEASURES["levels"](replace(CLAIM, backend=backend), fresh)


def assert_reported(got):
    ledger = Ledger({CLAIM.id: CLAIM}, {})
    (problem,) = check(root=ROOT, outcomes=[Outcome(CLAIM, got)], ledger=ledger)
    assert problem.subject.startswith(f"claim '{CLAIM.id}' (stated in docs/")
    assert problem.problem == f"expected {CLAIM.value}, got {got}"


COMPARISONS = [
    ("potentials > {}", "potentials >= {}"),
    ("potentials > {}", "potentials > {} + 1"),
    ("potentials > {}", "potentials > {} - 1"),
]


@pytest.fixture
def numpy_alone(monkeypatch):
    """What ``fast`` is where ONNX Runtime is not installed."""
    monkeypatch.setitem(BACKENDS, "fast", fast.prepare)


@pytest.fixture
def unplaced(monkeypatch):
    """A staircase of comparisons everywhere, which ONNX uses where nothing else is proved."""
    monkeypatch.setattr(onnx_lowering, "activated", lambda *_: None)


def test_engines_as_they_are_give_the_published_number():
    assert levels() == levels("reference") == CLAIM.value


def test_engines_as_they_are_give_it_in_their_other_ways(monkeypatch, unplaced):
    assert levels() == CLAIM.value
    monkeypatch.setitem(BACKENDS, "fast", fast.prepare)
    assert levels() == CLAIM.value
    monkeypatch.setattr(fast, "COMPARED_LEVELS", 0)
    assert levels() == CLAIM.value


@pytest.mark.parametrize(("old", "new"), COMPARISONS)
def test_reference(mutate, old, new):
    mutate(reference, "staircase", old.format("threshold"), new.format("threshold"))
    assert_reported(levels("reference"))


@pytest.mark.parametrize(("old", "new"), COMPARISONS)
def test_numpy_by_comparison(mutate, numpy_alone, old, new):
    mutate(fast, "_levels_by_comparison", old.format("cut"), new.format("cut"))
    assert_reported(levels())


def test_numpy_by_search(mutate, monkeypatch, numpy_alone):
    monkeypatch.setattr(fast, "COMPARED_LEVELS", 0)
    mutate(fast, "_levels_by_search", 'side="left"', 'side="right"')
    assert_reported(levels())


@pytest.mark.parametrize("sign", "+-")
def test_onnx_by_rounding(mutate, sign):
    old = "+ placement.biases"
    mutate(onnx_products, "_biases", old, f"{old} {sign} placement.factors")
    assert_reported(levels())


@pytest.mark.parametrize(
    ("old", "new"), [('"Greater"', '"GreaterOrEqual"'), ("thresholds.T", "thresholds.T + 1")]
)
def test_onnx_by_comparison(mutate, unplaced, old, new):
    mutate(onnx_lowering, "_compared", old, new)
    assert_reported(levels())


def test_a_wrong_staircase_in_the_proof_makes_onnx_compare_instead(mutate):
    # No constants reproduce it, and what is not proved is not used.
    mutate(cut_points, "_levels", "potentials > threshold", "potentials >= threshold")
    assert levels() == CLAIM.value


@pytest.mark.parametrize("sign", "+-")
def test_thresholds_of_the_conversion(mutate, monkeypatch, sign):
    mutate(fold, "exact_thresholds", "// below)", f"// below {sign} 1)")
    monkeypatch.setitem(building.THRESHOLDS, "exact", fold.exact_thresholds)
    converted = Bench(full=False)
    converted.keras_model = BENCH.keras_model
    assert_reported(levels(layers=converted.integer_model(CLAIM.model, CLAIM.bits).layers))
