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

from akida_lite.claims import Outcome, check
from akida_lite.conversion import building, fold
from akida_lite.engine import BACKENDS, matrix_products, reference
from akida_lite.engine.onnx import cut_points
from akida_lite.engine.onnx import lowering as onnx_lowering
from akida_lite.engine.onnx import products as onnx_products
from akida_lite.published import ledger
from akida_lite.zoo import measures

pytest.importorskip("onnxruntime")

ROOT = Path(__file__).parents[2]
CLAIM = ledger().claim("mobilenet_cifar10.akida.levels_n1")
NAME = Path(CLAIM.origin.file).stem


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


def levels(backend="fast", convert=measures.integer_model):
    """Measure with layers that no engine has prepared before."""
    fresh = SimpleNamespace(layers=tuple(map(replace, convert(NAME).layers)))
    claim = replace(
        CLAIM, origin=replace(CLAIM.origin, given={"backend": backend, "images": 1})
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "integer_model", lambda name: fresh)
        return measures.levels(claim, False)


def assert_reported(got):
    (problem,) = check([Outcome(CLAIM, got)], ledger())
    assert problem.subject.startswith(f"claim '{CLAIM.id}' (stated in ")
    assert problem.problem == f"expected {CLAIM.amount.number}, got {got}"


COMPARISONS = [
    ("potentials > {}", "potentials >= {}"),
    ("potentials > {}", "potentials > {} + 1"),
    ("potentials > {}", "potentials > {} - 1"),
]


@pytest.fixture
def numpy_alone(monkeypatch):
    """What ``fast`` is where ONNX Runtime is not installed."""
    monkeypatch.setitem(BACKENDS, "fast", matrix_products.prepare)


@pytest.fixture
def unplaced(monkeypatch):
    """A staircase of comparisons everywhere, which ONNX uses where nothing else is proved."""
    monkeypatch.setattr(onnx_lowering, "activated", lambda *_: None)


def test_engines_as_they_are_give_the_published_number():
    assert levels() == levels("reference") == CLAIM.amount.number


def test_engines_as_they_are_give_it_in_their_other_ways(monkeypatch, unplaced):
    assert levels() == CLAIM.amount.number
    monkeypatch.setitem(BACKENDS, "fast", matrix_products.prepare)
    assert levels() == CLAIM.amount.number
    monkeypatch.setattr(matrix_products, "COMPARED_LEVELS", 0)
    assert levels() == CLAIM.amount.number


@pytest.mark.parametrize(("old", "new"), COMPARISONS)
def test_reference(mutate, old, new):
    mutate(reference, "staircase", old.format("threshold"), new.format("threshold"))
    assert_reported(levels("reference"))


@pytest.mark.parametrize(("old", "new"), COMPARISONS)
def test_numpy_by_comparison(mutate, numpy_alone, old, new):
    mutate(matrix_products, "_levels_by_comparison", old.format("cut"), new.format("cut"))
    assert_reported(levels())


def test_numpy_by_search(mutate, monkeypatch, numpy_alone):
    monkeypatch.setattr(matrix_products, "COMPARED_LEVELS", 0)
    mutate(matrix_products, "_levels_by_search", 'side="left"', 'side="right"')
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
    assert levels() == CLAIM.amount.number


@pytest.mark.parametrize("sign", "+-")
def test_thresholds_of_the_conversion(mutate, monkeypatch, sign):
    mutate(fold, "exact_thresholds", "// below)", f"// below {sign} 1)")
    monkeypatch.setitem(building.THRESHOLDS, "exact", fold.exact_thresholds)
    assert_reported(levels(convert=measures.integer_model.__wrapped__))
