"""Checking reports page, line, expected and got; writing takes over what changed."""

from types import SimpleNamespace

import numpy as np
import pytest

from akida_lite.claims import Ledger, checking, dump_ledger, measuring, read_ledger
from akida_lite.claims.checking import check, measure, uses, write
from akida_lite.claims.measuring import Bench, NotMeasured
from akida_lite.claims.seals import sealed
from akida_lite.errors import ClaimError
from akida_lite.files import sha256_of

LEDGER = """
[sources]
original = "A tutorial."

[net.akida.top1]
what = "Net"
quantity = "top1"
kind = "measured"
n_correct = 919
n_total = 1000
model = "net"
bits = "2/2/2"
dataset = "cifar10"
split = "test"
backend = "fast"
weights = "net.npz"
sha256 = "{sha256}"
date = "2026-01-02"
command = "akida-lite evaluate net"

[net.speed]
what = "Net, speed"
quantity = "speed"
kind = "measured"
value = 900.5
unit = "images/s"
decimals = 1
date = "2026-01-02"
command = "akida-lite benchmark"
"""

CHANGES = """\
Changes
=======

0.1
---

Numbers changed
~~~~~~~~~~~~~~~

* ``older.claim``: 1 became 2 (2026-01-01).
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A checkout with one net, of which the tests choose how many images are right."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "net.npz").write_bytes(b"weights")
    monkeypatch.setattr(checking, "WEIGHTS_FOLDER", weights)
    zoo = tmp_path / "akida_lite" / "zoo"
    zoo.mkdir(parents=True)
    ledger = zoo / "claims.toml"
    ledger.write_text(LEDGER.format(sha256=sha256_of(b"weights")), "utf-8")
    read = read_ledger(ledger)
    whole = {id: sealed(claim) for id, claim in read.claims.items()}
    ledger.write_text(dump_ledger(Ledger(whole, read.sources)), "utf-8")
    (tmp_path / "CHANGES.rst").write_text(CHANGES, "utf-8")
    (tmp_path / "README.rst").write_text(
        "Right: |net.akida.top1|.\n\n.. |net.akida.top1| replace:: 91.90 %\n"
        ".. |unknown.id| replace:: kept\n",
        "utf-8",
    )
    page = tmp_path / "docs" / "user_guide" / "page.rst"
    page.parent.mkdir(parents=True)
    page.write_text("A net.\n:claim:`net.akida.top1`.\n:claim:`net.akida.top1_n100`\n", "utf-8")
    return tmp_path


@pytest.fixture
def correct(monkeypatch):
    """Set what a run of the net counts."""

    def set_count(count):
        monkeypatch.setitem(measuring.MEASURES, "top1", lambda claim, bench: count)

    return set_count


def checked(tree):
    ledger = ledger_of(tree)
    return check(root=tree, outcomes=measure(ledger=ledger), ledger=ledger)


def ledger_of(tree):
    return read_ledger(tree / "akida_lite" / "zoo" / "claims.toml")


def test_uses_are_pages_and_lines(tree):
    assert uses("net.akida.top1", tree) == [
        "README.rst:1",
        "README.rst:3",
        "docs/user_guide/page.rst:2",
        "akida_lite/zoo/claims.toml:8",
    ]


def test_ids_that_a_page_puts_together_and_tables_that_list_them_are_uses(tree):
    page = tree / "examples" / "plot_1.py"
    page.parent.mkdir()
    page.write_text('ids = [f"{model}.akida.top1{suffix}", f"{model}.keras.top1"]\n', "utf-8")
    table = tree / "docs" / "numbers.rst"
    table.write_text(
        ".. claims-table::\n   :kind: quoted\n\n.. claims-table::\n   :ids: net.*\n", "utf-8"
    )
    (tree / "docs" / "gen").mkdir()
    (tree / "docs" / "gen" / "copy.rst").write_text("net.speed net.akida.top1\n", "utf-8")
    assert uses("net.akida.top1", tree)[2:] == [
        "docs/user_guide/page.rst:2",
        "examples/plot_1.py:1",
        "docs/numbers.rst:4",
        "akida_lite/zoo/claims.toml:8",
    ]
    assert uses("net.speed", tree) == ["docs/numbers.rst:4", "akida_lite/zoo/claims.toml:25"]
    assert uses("no.such", tree) == []


def test_a_tree_that_agrees_has_no_problem(tree, correct):
    correct(919)
    assert checked(tree) == []


def test_one_image_less_is_reported_with_page_line_expected_and_got(tree, correct):
    correct(918)
    (problem,) = checked(tree)
    assert str(problem) == (
        "claim 'net.akida.top1' (stated in README.rst:1, README.rst:3, "
        "docs/user_guide/page.rst:2, akida_lite/zoo/claims.toml:8): "
        "expected 91.90 % (919 of 1,000), got 91.80 % (918 of 1,000). Fix: find out what "
        "changed it; if the change is meant, run 'akida-lite claims --write'."
    )


def test_one_changed_byte_of_the_weights_is_reported(tree, correct):
    correct(919)
    ledger = ledger_of(tree)
    (tree / "weights" / "net.npz").write_bytes(b"Weights")
    (problem,) = check(root=tree, outcomes=measure(ledger=ledger), ledger=ledger)
    assert problem.subject.startswith("claim 'net.akida.top1' (stated in README.rst:1, ")
    assert problem.problem == (
        f"it was measured with weights net.npz of SHA-256 {sha256_of(b'weights')}, "
        f"shipped are {sha256_of(b'Weights')}"
    )


def test_missing_weights_are_reported(tree):
    (tree / "weights" / "net.npz").unlink()
    (problem,) = checked(tree)
    assert problem.problem.endswith("shipped are no file")


def test_what_only_a_command_measures_is_said_so(tree, correct):
    correct(919)
    reasons = {o.claim.id: o.reason for o in measure(ledger=ledger_of(tree))}
    assert reasons == {
        "net.akida.top1": "",
        "net.speed": "only by hand: akida-lite benchmark",
    }


def test_what_cannot_be_measured_here_is_no_mismatch(tree, monkeypatch):
    def not_here(claim, bench):
        raise NotMeasured("no data")

    monkeypatch.setitem(measuring.MEASURES, "top1", not_here)
    outcomes = measure(ledger=ledger_of(tree))
    assert check(root=tree, outcomes=outcomes, ledger=ledger_of(tree)) == []
    assert [o.reason for o in outcomes if o.claim.quantity == "top1"] == ["no data"]


def test_writing_updates_ledger_readme_and_change_log(tree, correct):
    correct(920)
    (changed,) = write(root=tree)
    assert (str(changed), changed.history[-1].number) == ("92.00 %", 919)
    assert ledger_of(tree).claims["net.akida.top1"] == changed
    assert (tree / "README.rst").read_text("utf-8") == (
        "Right: |net.akida.top1|.\n\n.. |net.akida.top1| replace:: 92.00 %\n"
        ".. |unknown.id| replace:: kept\n"
    )
    assert (tree / "CHANGES.rst").read_text("utf-8") == CHANGES.replace(
        "* ``older",
        f"* ``net.akida.top1``: 91.90 % became 92.00 % ({changed.date}).\n* ``older",
    )


def test_the_change_log_has_one_line_for_a_number(tree, correct):
    for now in (920, 930):
        correct(now)
        (changed,) = write(root=tree)
    assert (tree / "CHANGES.rst").read_text("utf-8") == CHANGES.replace(
        "* ``older",
        f"* ``net.akida.top1``: 91.90 % became 93.00 % ({changed.date}).\n* ``older",
    )
    correct(919)
    write(root=tree)
    assert (tree / "CHANGES.rst").read_text("utf-8") == CHANGES


@pytest.mark.parametrize("after", ["", "0.0\n---\n\n* Old news.\n"])
def test_the_change_log_may_have_listed_nothing_yet(tree, correct, after):
    empty = CHANGES[: CHANGES.index("* ``older")]
    (tree / "CHANGES.rst").write_text(empty + after, "utf-8")
    correct(920)
    (changed,) = write(root=tree)
    line = f"* ``net.akida.top1``: 91.90 % became 92.00 % ({changed.date}).\n"
    written = (tree / "CHANGES.rst").read_text("utf-8")
    assert written == empty + line + (f"\n{after}" if after else "")


def test_writing_an_unchanged_tree_changes_nothing_but_the_form(tree, correct):
    correct(919)
    assert write(root=tree) == []
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    assert write(root=tree) == []
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before


def test_writing_takes_new_weights_over(tree, correct):
    correct(919)
    (tree / "weights" / "net.npz").write_bytes(b"Weights")
    (changed,) = write(root=tree)
    assert changed.sha256 == sha256_of(b"Weights")
    assert (tree / "CHANGES.rst").read_text("utf-8") == CHANGES


def test_writing_gives_a_draft_its_first_number(tree, correct):
    correct(700)
    path = tree / "akida_lite" / "zoo" / "claims.toml"
    text = path.read_text("utf-8").replace('date = "2026-01-02"\n', "", 1)
    path.write_text(text, "utf-8")
    (changed,) = write(root=tree)
    assert (changed.n_correct, changed.history) == (700, ())
    assert (tree / "CHANGES.rst").read_text("utf-8") == CHANGES


def test_writing_without_the_weights_is_refused(tree, correct):
    correct(919)
    (tree / "weights" / "net.npz").unlink()
    with pytest.raises(ClaimError, match="shipped are no file"):
        write(root=tree)


@pytest.mark.parametrize(
    "text",
    ["Changes\n", CHANGES.replace("0.1\n", "0.2\n---\n\n* News.\n\n0.1\n")],
    ids=["nowhere", "only in an older release"],
)
def test_a_newest_release_without_the_section_is_refused(tree, correct, text):
    correct(1)
    (tree / "CHANGES.rst").write_text(text, "utf-8")
    with pytest.raises(ClaimError) as caught:
        write(root=tree)
    assert str(caught.value) == (
        "file 'CHANGES.rst': its newest release has no section \"Numbers changed\". Fix: add "
        "the heading there, underlined with tildes."
    )
    assert (tree / "CHANGES.rst").read_text("utf-8") == text
    assert ledger_of(tree).claims["net.akida.top1"].n_correct == 919


class OddClasses:
    """A net that answers class 1 everywhere, as Keras model and as integer model."""

    trainable_variables = (SimpleNamespace(shape=(3, 4)), SimpleNamespace(shape=(5,)))

    def count_params(self):
        return 20

    def predict(self, x, **options):
        if "backend" in options:
            return np.ones(len(x), dtype=np.int64)
        return np.tile(np.eye(10)[1], (len(x), 1))


@pytest.fixture
def bench(monkeypatch):
    """A bench whose every model is `OddClasses`, and whose cache has no full data set."""
    monkeypatch.setattr(measuring, "_build", lambda model, bits: OddClasses())
    monkeypatch.setattr(Bench, "_convert", lambda self, model, bits: OddClasses())
    monkeypatch.setattr(measuring, "read_cached", lambda dataset: None)
    return Bench(full=False)


def claim_of(**fields):
    from akida_lite.claims import Claim

    return Claim(id="a.b", what="x", kind="measured", **fields)


@pytest.mark.parametrize("backend", ["keras", "fast"])
def test_top1_counts_equal_labels(bench, backend):
    _, labels = bench.images(100)
    claim = claim_of(quantity="top1", n_correct=0, n_total=100, backend=backend)
    assert measuring.MEASURES["top1"](claim, bench) == int((labels == 1).sum())


def test_agreement_counts_equal_predictions(bench):
    claim = claim_of(quantity="agreement", n_correct=0, n_total=100, backend="fast")
    assert measuring.MEASURES["agreement"](claim, bench) == 100


class FixedScores:
    """An integer model whose scores are its images' first pixels."""

    layers = (SimpleNamespace(output=SimpleNamespace(scale=np.full(3, 0.5), offset=0.0)),)

    def forward(self, x, *, backend):
        return x[:, 0, 0].astype(np.int32).reshape(-1, 1, 1, 3)


def test_different_classes_are_explained_by_float64_or_by_equal_scores(bench, monkeypatch):
    ours, asked = np.zeros(100, np.int64), []
    x = np.zeros((100, 32, 32, 3), np.uint8)
    x[:, 0, 0] = 9, 5, 2
    x[40, 0, 0] = 9, 9, 2
    keras = ours.copy()
    keras[[3, 40, 41]] = 1
    monkeypatch.setattr(bench, "images", lambda count: (x[:count], ours[:count]))
    monkeypatch.setattr(bench, "integer_model", lambda model, bits: FixedScores())
    monkeypatch.setattr(
        bench, "predictions", lambda m, b, backend, n: ours if backend == "fast" else keras
    )

    def build(model, bits):
        def in_float64(x):
            asked.append(x)
            # The first becomes ours, the second is one of two highest, the third is neither.
            return np.eye(3)[[0, 1, 1]]

        return in_float64

    monkeypatch.setattr(measuring, "_build_in_float64", build)
    claim = claim_of(quantity="explained", n_correct=0, n_total=100, backend="fast")
    assert measuring.MEASURES["agreement"](claim, bench) == 97
    assert measuring.MEASURES["explained"](claim, bench) == 99
    (again,) = asked
    assert again.dtype == np.float64
    np.testing.assert_array_equal(again, x[[3, 40, 41]] / 255)
    assert measuring.MEASURES["tied"](claim, bench) == 1
    keras[:] = 0
    assert measuring.MEASURES["explained"](claim, bench) == 100
    assert len(asked) == 1


def test_a_model_in_float64_computes_in_it_and_leaves_the_policy_alone():
    import keras

    policy = keras.config.dtype_policy()
    model = measuring._build_in_float64("vgg_cifar10", "2/2/2")
    assert keras.config.dtype_policy() == policy
    assert {layer.compute_dtype for layer in model.layers} == {"float64"}
    assert model.input.dtype == "float64"
    assert keras.config.floatx() == "float32"


@pytest.mark.parametrize(
    ("quantity", "count"), [("parameters", 20), ("trainable_parameters", 3 * 4 + 5)]
)
def test_parameters_are_counted(bench, quantity, count):
    assert measuring.MEASURES[quantity](claim_of(quantity=quantity, value=0), bench) == count


def test_bytes_of_the_weights_file(tmp_path, monkeypatch, bench):
    monkeypatch.setattr(measuring, "WEIGHTS_FOLDER", tmp_path)
    (tmp_path / "net.npz").write_bytes(b"12345")
    claim = claim_of(quantity="file_bytes", value=0, weights="net.npz")
    assert measuring.MEASURES["file_bytes"](claim, bench) == 5


@pytest.mark.parametrize("backend", ["keras", "fast"])
def test_without_the_full_data_set_its_claims_are_not_measured(bench, backend):
    claim = claim_of(quantity="top1", n_correct=0, n_total=10000, backend=backend)
    with pytest.raises(NotMeasured, match="the full data set is not on this machine"):
        measuring.MEASURES["top1"](claim, bench)


def test_keras_runs_over_the_full_data_set_only_on_request(bench, monkeypatch):
    monkeypatch.setattr(
        Bench, "_load", lambda self: (np.zeros((10000, 32, 32, 3), np.uint8), np.ones(10000))
    )
    claim = claim_of(quantity="top1", n_correct=0, n_total=10000, backend="keras")
    with pytest.raises(NotMeasured, match="takes minutes"):
        measuring.MEASURES["top1"](claim, Bench(full=False))
    assert measuring.MEASURES["top1"](claim, Bench(full=True)) == 10000
