"""Checking reports page, line, expected and got; writing takes over what was measured."""

import sys

import pytest

from akida_lite.claims import NotMeasured, check, measure, read_ledger, uses, write
from akida_lite.claims.outcomes import Outcome
from akida_lite.errors import ClaimError
from akida_lite.files import sha256_of

LEDGER = """\
# A comment stays.
pages = ["README.rst", "docs/*.rst", "examples/*.py"]
[measures]
right = "counting_of_tests:right"
speed = "counting_of_tests:speed"

[sources]
paper = "A paper."

[files]
"net.bin" = "{sha256}"

[columns]
top1 = {{what = "right", measure = "right", total = 1000}}
top1_n100 = {{what = "right of 100", measure = "right", total = 100, slack = 2}}

[net]
what = "Net"
file = "net.bin"
top1 = {{number = 919, original = "paper.top1"}}
top1_n100 = 90

[net.speed]
what = "speed"
number = 900.5
unit = "images/s"
decimals = 1
measure = "speed"

[paper]
source = "paper"
what = "Paper"
columns = {{}}
top1 = {{what = "right", number = 93, total = 100}}
"""
NUMBERS = {"net.top1": 919, "net.top1_n100": 90, "net.speed": 900.5}


class Counting:
    """A module of measures, whose numbers a test sets."""

    def __init__(self):
        self.numbers = dict(NUMBERS)
        self.full = set()

    def right(self, claim, full):
        self.full.add(full)
        if isinstance(self.numbers[claim.id], Exception):
            raise self.numbers[claim.id]
        return self.numbers[claim.id]

    speed = right


@pytest.fixture
def counting(monkeypatch):
    module = Counting()
    monkeypatch.setitem(sys.modules, "counting_of_tests", module)
    return module


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A checkout that states the numbers of a net, as current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.bin").write_bytes(b"net")
    (tmp_path / "claims.toml").write_text(LEDGER.format(sha256=sha256_of(b"net")), "utf-8")
    (tmp_path / "README.rst").write_text(
        "Right: |net.top1|.\n\n.. |net.top1| replace:: 91.90 %\n.. |no.id| replace:: kept\n",
        "utf-8",
    )
    for folder in ("docs", "examples", "docs/_build"):
        (tmp_path / folder).mkdir()
    (tmp_path / "docs" / "page.rst").write_text(
        "A net.\n:claim:`net.top1`.\n:claim:`net.top1_n100`\n\n.. claims-table::\n"
        "   :kind: quoted\n\n.. dropdown::\n   .. claims-table::\n      :ids: net.*\n",
        "utf-8",
    )
    (tmp_path / "docs" / "_build" / "copy.rst").write_text(":claim:`net.top1`\n", "utf-8")
    (tmp_path / "examples" / "plot.py").write_text(
        'print(f"{path}.{ending}")\nids = [f"{model}.top1{suffix}", f"{model}.speed"]\n',
        "utf-8",
    )
    return tmp_path


def ledger_of(tree):
    return read_ledger(tree / "claims.toml")


def checked(tree):
    ledger = ledger_of(tree)
    return check(measure(ledger), ledger)


def test_uses_are_pages_tables_and_the_record(tree):
    ledger = ledger_of(tree)
    assert uses("net.top1", ledger) == [
        "README.rst:1",
        "README.rst:3",
        "docs/page.rst:2",
        "examples/plot.py:2",
        "docs/page.rst:9",
        "claims.toml:20",
    ]
    assert uses("net.speed", ledger) == [
        "examples/plot.py:2",
        "docs/page.rst:9",
        "claims.toml:23",
    ]
    assert uses("paper.top1", ledger)[-2:] == ["docs/page.rst:5", "claims.toml:34"]


def test_places_outside_the_current_folder_are_whole_paths(tree, monkeypatch):
    monkeypatch.chdir(tree / "docs")
    places = uses("net.top1", ledger_of(tree))
    assert places[1:3] == [f"{tree.as_posix()}/README.rst:3", "page.rst:2"]


@pytest.mark.parametrize("name", ["['net']", "[ net ]", "[net] # net"])
def test_a_record_is_found_under_a_header_in_any_form(tree, name):
    path = tree / "claims.toml"
    path.write_text(path.read_text("utf-8").replace("[net]", name), "utf-8")
    assert uses("net.top1", ledger_of(tree))[-1] == "claims.toml:20"


def test_a_tree_that_agrees_has_no_problem(tree, counting):
    assert checked(tree) == []
    assert counting.full == {False}
    measure(ledger_of(tree), full=True)
    assert counting.full == {False, True}


def test_one_less_is_reported_with_page_line_expected_and_got(tree, counting):
    counting.numbers["net.top1"] = 918
    (problem,) = checked(tree)
    assert str(problem) == (
        "claim 'net.top1' (stated in README.rst:1, README.rst:3, docs/page.rst:2, "
        "examples/plot.py:2, docs/page.rst:9, claims.toml:20): expected 91.90 % (919 of "
        "1,000), got 91.80 % (918 of 1,000). Fix: find out what changed it; if the change is "
        "meant, run 'akida-lite claims --write'."
    )


def test_slack_is_for_the_claim_that_has_it(tree, counting):
    counting.numbers |= {"net.top1_n100": 88, "net.speed": 900.6}
    (problem,) = checked(tree)
    assert problem.problem == "expected 900.5 images/s, got 900.6 images/s"
    counting.numbers |= {"net.top1_n100": 87, "net.speed": 900.5}
    (problem,) = checked(tree)
    assert problem.problem == ("expected 90.00 % (90 of 100) within 2, got 87.00 % (87 of 100)")


def test_one_changed_byte_of_the_file_refuses_its_claims_unmeasured(tree, counting):
    (tree / "net.bin").write_bytes(b"Net")
    problems = checked(tree)
    assert {problem.problem for problem in problems} == {
        f"it was measured on net.bin of SHA-256 {sha256_of(b'net')}, here is "
        f"{sha256_of(b'Net')}"
    }
    assert [p.subject.split(" (")[0] for p in problems] == [
        "claim 'net.speed'",
        "claim 'net.top1'",
        "claim 'net.top1_n100'",
    ]
    assert counting.full == set()


def test_a_missing_file_is_reported(tree, counting):
    (tree / "net.bin").unlink()
    assert checked(tree)[0].problem.endswith("here is no file")


def test_what_cannot_be_measured_here_is_no_mismatch(tree, counting):
    counting.numbers["net.top1"] = NotMeasured("no data")
    assert checked(tree) == []
    assert [o.reason for o in measure(ledger_of(tree))] == ["", "no data", ""]


FAILING = [
    (KeyError("images"), "raised KeyError: 'images'"),
    (ValueError("odd"), "raised ValueError: odd"),
    ("nine", "raised TypeError: it returned 'nine', which is no number"),
    (None, "raised TypeError: it returned None, which is no number"),
]


@pytest.mark.parametrize(("number", "said"), FAILING, ids=[said for _, said in FAILING])
def test_a_measure_that_fails_is_a_problem_of_its_claim(tree, counting, number, said):
    counting.numbers["net.speed"] = number
    (problem,) = checked(tree)
    assert problem.subject.startswith("claim 'net.speed' (stated in examples/plot.py:2, ")
    assert problem.problem == f"its measure 'speed', counting_of_tests:speed, {said}"
    assert problem.remedy == "mend the function, or what the ledger says of it"


@pytest.mark.parametrize("name", ["no_such_module:right", "counting_of_tests:wrong"])
def test_a_measure_that_is_not_there_is_a_problem_of_its_claim(tree, counting, name):
    path = tree / "claims.toml"
    path.write_text(path.read_text("utf-8").replace("counting_of_tests:speed", name), "utf-8")
    (problem,) = checked(tree)
    assert problem.problem.startswith(f"its measure 'speed', {name}, raised ")


def test_a_module_beside_the_ledger_is_found_and_no_installed_one_hidden(tree, monkeypatch):
    (tree / "json.py").write_text("raise SystemExit('taken for an installed module')\n")
    (tree / "counting_of_tests.py").write_text(
        "import json\n\ndef right(claim, full):\n"
        "    return json.loads('919') if claim.amount.total > 100 else 90\n\n"
        "def speed(claim, full):\n    return 900.5\n"
    )
    # Recorded, so that what the check imports is forgotten after the test.
    monkeypatch.delitem(sys.modules, "counting_of_tests", raising=False)
    before = list(sys.path)
    assert checked(tree) == []
    assert sys.path == before
    sys.modules.pop("counting_of_tests")


def test_numbers_of_numpy_are_numbers(tree, counting):
    numpy = pytest.importorskip("numpy")
    counting.numbers |= {"net.top1": numpy.int64(920), "net.speed": numpy.float32(1.5)}
    write(tree / "claims.toml")
    found = ledger_of(tree)
    assert found.claim("net.top1").amount.number == 920
    assert found.claim("net.speed").amount.number == 1.5


def test_writing_replaces_numbers_where_they_stand_and_fills_pages_in(tree, counting):
    counting.numbers |= {"net.top1": 920, "net.top1_n100": 91, "net.speed": 12}
    changed = write(tree / "claims.toml")
    assert [str(claim) for claim in changed] == ["12.0 images/s", "92.00 %", "91.00 %"]
    expected = LEDGER.format(sha256=sha256_of(b"net"))
    expected = expected.replace("number = 919", "number = 920").replace("900.5", "12")
    assert (tree / "claims.toml").read_text("utf-8") == expected.replace("= 90\n", "= 91\n")
    assert (tree / "README.rst").read_text("utf-8") == (
        "Right: |net.top1|.\n\n.. |net.top1| replace:: 92.00 %\n.. |no.id| replace:: kept\n"
    )
    assert checked(tree) == []


def test_writing_an_unchanged_tree_changes_nothing(tree, counting):
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    assert write(tree / "claims.toml") == []
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before


def test_writing_keeps_the_ends_of_lines(tree, counting):
    for name in ("claims.toml", "README.rst"):
        content = (tree / name).read_bytes().replace(b"\n", b"\r\n")
        (tree / name).write_bytes(content)
    counting.numbers["net.top1"] = 920
    write(tree / "claims.toml")
    for name in ("claims.toml", "README.rst"):
        content = (tree / name).read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") > 0
    assert checked(tree) == []


def test_writing_takes_a_new_file_over_once_all_its_numbers_are_measured(tree, counting):
    (tree / "net.bin").write_bytes(b"Net")
    counting.numbers["net.top1"] = NotMeasured("it takes minutes")
    before = (tree / "claims.toml").read_bytes()
    with pytest.raises(ClaimError) as caught:
        write(tree / "claims.toml")
    assert str(caught.value) == (
        "claim 'net.top1': its file net.bin has changed, and it was not measured: it takes "
        "minutes. Fix: run 'akida-lite claims --write --full', or mend the reason."
    )
    assert (tree / "claims.toml").read_bytes() == before
    counting.numbers["net.top1"] = 919
    assert write(tree / "claims.toml") == []
    assert ledger_of(tree).files == {"net.bin": sha256_of(b"Net")}


@pytest.mark.parametrize("number", [ValueError("odd"), 1001, -1])
def test_nothing_is_written_where_a_measure_fails(tree, counting, number):
    counting.numbers |= {"net.speed": 1, "net.top1": number}
    before = (tree / "claims.toml").read_bytes()
    with pytest.raises(ClaimError, match=r"claim 'net\.top1': "):
        write(tree / "claims.toml")
    assert (tree / "claims.toml").read_bytes() == before


def test_a_number_that_has_no_place_is_refused_with_what_to_do(tree, counting):
    path = tree / "claims.toml"
    text = path.read_text("utf-8").replace("top1_n100 = 90", "'top1_n100' = {'number' = 90}")
    path.write_text(text, "utf-8")
    counting.numbers["net.top1_n100"] = 91
    with pytest.raises(ClaimError) as caught:
        write(path)
    assert str(caught.value) == (
        "claim 'net.top1_n100': 91.00 % (91 of 100) was measured and cannot be written: its "
        "record has no 'number = ...', or takes no such number. Fix: write it as a number of "
        "its own, or mend the measure."
    )
    assert path.read_text("utf-8") == text


def test_writing_without_the_file_is_refused(tree, counting):
    (tree / "net.bin").unlink()
    with pytest.raises(ClaimError, match="here is no file"):
        write(tree / "claims.toml")


def test_outcomes_say_what_is_wrong(tree):
    claim = ledger_of(tree).claim("net.top1")
    assert Outcome(claim, 919).problem is Outcome(claim, reason="later").problem is None
    assert Outcome(claim, 918).problem == claim.mismatch(918)
