"""Any Sphinx project prints claims, and fails at page and line; it needs no Keras."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# The whole project: five lines, a ledger of two and a measure of two.
PROJECT = {
    "conf.py": 'extensions = ["akida_lite.claims.sphinx"]\n',
    "index.rst": "Book\n====\n\nIt has :claim:`book.words`.\n",
    "claims.toml": 'measures.words = "counting:words"\n'
    'book.words = {what = "Words", number = 5, unit = "words", measure = "words"}\n',
    "counting.py": "def words(claim, full):\n"
    "    return len(open('index.rst').read().split())\n",
}
WRONG = (
    "WARNING: claim 'book.words': expected 6 words, got 5 words. Fix: find out what changed "
    "it; if the change is meant, run 'akida-lite claims --write'. [claims]"
)
# Python runs it at its start: no room that needs Keras can be imported.
WITHOUT_KERAS = "import sys\nsys.modules['keras'] = sys.modules['tensorflow'] = None\n"


@pytest.fixture
def project(tmp_path):
    """The project, and a Python in which Keras and TensorFlow cannot be imported."""
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").write_text(WITHOUT_KERAS, "utf-8")
    return tmp_path


def run(project, *arguments):
    """Run a module in the project's folder; return status and lines of both streams."""
    package = Path(__file__).parents[2]
    path = os.pathsep.join([str(project / "python"), str(package)])
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def build(project, *options):
    """Build strictly; return status, warnings and the page."""
    arguments = ("-qnW", "--keep-going", "-D", "html_theme=basic", *options, ".", "_build")
    status, _, said = run(project, "sphinx", *arguments)
    page = project / "_build" / "index.html"
    return status, said, page.read_text("utf-8") if page.is_file() else ""


def replace(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_the_environment_of_these_tests_has_no_keras(project):
    status, _, said = run(project, "keras")
    assert status == 1
    assert "keras" in said[-1]


def test_a_right_number_is_printed_and_a_wrong_one_fails_with_page_line_and_both(project):
    status, said, page = build(project)
    assert (status, said) == (0, [])
    assert '<span class="claim-number">5 words</span>' in page
    assert '<sup class="claim-mark claim-measured">measured</sup>' in page
    replace(project / "claims.toml", "number = 5", "number = 6")
    status, said, _ = build(project)
    assert (status, said) == (1, [f"index.rst:4: {WRONG}", f"claims.toml:2: {WRONG}"])
    # The page changes, the ledger stays: what was built before hides nothing.
    replace(project / "index.rst", "It has", "It now has")
    status, said, page = build(project)
    assert (status, said) == (0, [])
    assert "6 words" in page


def test_the_command_line_checks_the_ledger_of_any_project(project):
    command = ("akida_lite", "claims", "--check", "claims.toml")
    assert run(project, *command) == (
        0,
        ["book.words: 5 words, as published", "1 of 1 claims measured, 0 not as published"],
        [],
    )
    replace(project / "claims.toml", "number = 5", "number = 6")
    status, lines, _ = run(project, *command)
    assert (status, lines[0]) == (1, "book.words: 5 words, differs")
    assert lines[1].startswith(
        "claim 'book.words' (stated in index.rst:4, claims.toml:2): expected 6 words, got 5 "
    )
    assert run(project, "akida_lite", "claims", "--write", "claims.toml")[:2] == (
        0,
        ["book.words: 5 words", "1 claims changed"],
    )
    assert run(project, *command)[0] == 0


def test_a_table_lists_records_and_numbers_link_to_it(project):
    replace(
        project / "claims.toml",
        "}\n",
        ', original = "old.words"}\nsources.old = "An old book."\n'
        'old.words = {what = "R&D", number = 4, unit = "words", source = "old"}\n',
    )
    with (project / "index.rst").open("a") as page:
        page.write("\n.. claims-table::\n   :kind: measured\n\n")
        page.write(".. claims-table::\n   :ids: old.*\n\n.. claims-table::\n   :ids: no\n")
    replace(project / "claims.toml", "number = 5", "number = 17")
    status, said, page = build(project)
    assert (status, said) == (0, [])
    assert 'href="#claim-book-words"' in page
    measured, quoted = page.split("<table")[1:]
    for cell in ("Words", "4 words", "17 words", "words()", "This build"):
        assert cell in measured
    for cell in ("R&amp;D", "4 words", "quoted: An old book."):
        assert cell in quoted
    assert "This build" not in quoted
    assert "None yet." in quoted
    replace(project / "claims.toml", "number = 17", "number = 16")
    status, said, _ = build(project)
    assert [line.split(": WARNING: claim 'book.words'")[0] for line in said] == [
        "index.rst:4",
        "index.rst:6",
        "claims.toml:2",
    ]


def test_a_build_that_measures_nothing_says_so_in_its_table(project):
    with (project / "index.rst").open("a") as page:
        page.write("\n.. claims-table::\n")
    replace(project / "claims.toml", "number = 5", "number = 1")
    status, said, page = build(project, "-D", "claims_measure=0")
    assert (status, said) == (0, [])
    assert "not measured in this build" in page


def test_pages_are_read_in_parallel(project):
    for number in range(8):
        text = f"Page {number}\n======\n\nAgain :claim:`book.words`.\n"
        (project / f"page{number}.rst").write_text(text, "utf-8")
    with (project / "index.rst").open("a") as page:
        page.write("\n.. claims-table::\n\n.. toctree::\n   :glob:\n\n   page*\n")
    replace(project / "claims.toml", "number = 5", "number = 11")
    assert build(project, "-j", "2")[:2] == (0, [])
    page = (project / "_build" / "page3.html").read_text("utf-8")
    assert 'href="index.html#claim-book-words"' in page


def test_an_unknown_id_is_an_error_at_its_line(project):
    replace(project / "index.rst", "book.words", "book.word")
    status, said, _ = build(project)
    assert status == 1
    assert said[0].endswith(
        "index.rst:4: ERROR: claim 'book.word': the ledger has no such number. Fix: use one of "
        "its 1 ids, for instance book.words; 'akida-lite claims' lists them. [docutils]"
    )


OPTIONS = [
    ("kind", "guessed", '"guessed" unknown; choose from "measured", or "quoted"'),
    ("ids", "[", "'[' is no regular expression: unterminated character set at position 0"),
]


@pytest.mark.parametrize(("option", "value", "said"), OPTIONS)
def test_an_option_that_means_nothing_is_an_error_at_its_line(project, option, value, said):
    with (project / "index.rst").open("a") as page:
        page.write(f"\n.. claims-table::\n   :{option}: {value}\n")
    status, lines, _ = build(project)
    assert status == 1
    assert lines[0].split(":")[1] == "6"
    assert said in "".join(lines)


def test_a_ledger_that_cannot_be_read_stops_the_build_with_one_line(project):
    replace(project / "claims.toml", 'what = "Words", ', "")
    assert build(project)[:2] == (
        1,
        ["claim 'book.words': field 'what' is missing. Fix: say what the number says."],
    )
    status, said, _ = build(project, "-D", "claims_ledger=no.toml")
    assert status == 1
    assert said[-1].startswith("[Errno 2] No such file or directory: '")
