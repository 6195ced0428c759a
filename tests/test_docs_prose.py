"""A number that says how good or how fast something is stands in the ledger only.

Pages print it with the role ``:claim:`` or compute it; typed into prose it would go stale
unseen. Doctests are left out: they are run.
"""

import ast
import re
from pathlib import Path

import pytest

from akida_lite.claims.writing import refill
from akida_lite.published import ledger

ROOT = Path(__file__).parents[1]

BARE = re.compile(
    r"""
      \d(?:[\d.,]*\d)?\s*(?:\\?%|percent\b|per\ cent\b|percentage\ points?\b)   # accuracy
    | \d\s*(?:images|frames|inferences|img)\s*(?:/\s*s\b|per\ second|a\ second)   # rate
    | \d\s*(?:fps|FPS|TOPS|GMAC/s)\b
    | \d\s*(?:ns|µs|ms|s|seconds?|milliseconds?)\s*(?:/|per|an|for\ each)\s*image # latency
    | \d\s*(?:x|×|times)\s*(?:faster|slower|as\ fast|as\ slow|the\ speed|less|fewer|smaller)
    | accurac(?:y|ies)(?:\s+(?:of|is|was|reaches)|\s*:)\s*0?\.\d                 # 0.93
    """,
    re.VERBOSE,
)

SUBSTITUTION = re.compile(r"^\.\. \|(?P<id>[\w.]+)\| replace:: (?P<text>.*)$", re.MULTILINE)
DOCTEST = re.compile(r"^[ ]*>>> (?:.*\S.*\n?)+", re.MULTILINE)
GENERATED = ("docs/_build/", "docs/examples/", "docs/gen/")


def blanked(pattern, text):
    """Return `text` with every match emptied, lines kept in their places."""
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)


def pages():
    """Yield name and prose of every text a reader meets."""
    for pattern in ("*.rst", "docs/**/*.rst", "examples/**/*.rst"):
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(GENERATED):
                text = path.read_text("utf-8")
                yield name, blanked(SUBSTITUTION, text)
    for path in sorted(ROOT.glob("examples/**/*.py")):
        yield path.relative_to(ROOT).as_posix(), script_prose(path.read_text("utf-8"))
    for path in sorted(ROOT.glob("akida_lite/**/*.py")):
        yield path.relative_to(ROOT).as_posix(), docstrings(path.read_text("utf-8"))


def script_prose(source):
    """Return a gallery script's title and comments, code emptied."""
    tree = ast.parse(source)
    first = tree.body[0]
    end = first.end_lineno if ast.get_docstring(tree, clean=False) is not None else 0
    return "\n".join(
        line if number <= end or line.startswith("#") else ""
        for number, line in enumerate(source.splitlines(), start=1)
    )


def docstrings(source):
    """Return the docstrings of a module, everything else and doctests emptied."""
    kept = [""] * (source.count("\n") + 1)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                lines = blanked(DOCTEST, node.value.value).split("\n")
                kept[node.lineno - 1 : node.lineno - 1 + len(lines)] = lines
    return "\n".join(kept)


def bare_numbers(name, prose):
    """Return the bare numbers of a text as ``name:line: number``."""
    return [
        f"{name}:{prose.count(chr(10), 0, match.start()) + 1}: {match[0]!r}"
        for match in BARE.finditer(prose)
    ]


PAGES = dict(pages())


@pytest.mark.parametrize("name", PAGES)
def test_prose_states_no_number_that_the_ledger_does_not_hold(name):
    assert bare_numbers(name, PAGES[name]) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "VGG reaches 91.30 % on the test set.",
        "It loses 2\\% of accuracy.",
        "a drop of 2 percentage points",
        "about 900 images/s",
        "500 frames per second",
        "Every image takes 3 ms per image.",
        "It is 4 times faster than Keras.",
        "2.5× faster",
        "an accuracy of 0.931",
        "accuracy: .93",
    ],
)
def test_a_bare_number_is_found(sentence):
    assert bare_numbers("page", f"\n{sentence}")[0].startswith("page:2: ")


@pytest.mark.parametrize(
    "sentence",
    [
        ":claim:`seed.vgg_cifar10.akida.top1` on the test set",
        "The first 1,000 images, each of 32 x 32 pixels.",
        "In 2020, at 4 bits, with 2 times as many filters.",
        "It waits 2 seconds.",
    ],
)
def test_other_numbers_are_left_alone(sentence):
    assert bare_numbers("page", sentence) == []


def test_comments_and_title_of_a_script_are_prose_and_code_is_not():
    script = '"""\nTitle\n=====\n"""\n# %%\n# Text, 5 %.\nvalue = "6 %"\n'
    assert bare_numbers("page", script_prose(script)) == ["page:6: '5 %'"]


def test_docstrings_are_prose_and_doctests_are_not():
    module = 'def f():\n    """It is 5 %.\n\n    >>> f()\n    6 %\n    """\n    return "7 %"\n'
    assert bare_numbers("page", docstrings(module)) == ["page:2: '5 %'"]


README = (ROOT / "README.rst").read_text("utf-8")


def test_the_readme_prints_what_the_ledger_says():
    printed = {match["id"]: match["text"] for match in SUBSTITUTION.finditer(README)}
    assert printed == {id: str(ledger().claims[id]) for id in printed}


def test_the_readme_states_the_accuracy_of_both_deployed_networks():
    stated = set(re.findall(r"\|([a-z][\w.]+)\|$", README, re.MULTILINE))
    assert stated == {match["id"] for match in SUBSTITUTION.finditer(README)}
    for network in ("vgg_cifar10", "mobilenet_cifar10"):
        assert {f"{network}.keras.top1", f"{network}.akida.top1"} <= stated


def test_a_changed_number_in_the_readme_is_seen_and_written_back(tmp_path):
    id = "vgg_cifar10.akida.top1"
    readme = tmp_path / "README.rst"
    readme.write_text(README.replace(f"|{id}| replace:: ", f"|{id}| replace:: 1"), "utf-8")
    assert readme.read_text("utf-8") != README
    refill(readme, ledger().claims)
    assert readme.read_text("utf-8") == README


def test_every_claim_that_a_page_names_exists():
    named = re.compile(r":claim:`([^`]+)`|\bclaim\(\s*[\"']([^\"']+)[\"']")
    texts = [*ROOT.glob("docs/**/*.rst"), *ROOT.glob("examples/**/*.py")]
    found = {
        match[1] or match[2]
        for path in texts
        if not path.relative_to(ROOT).as_posix().startswith(GENERATED)
        for match in named.finditer(path.read_text("utf-8"))
    }
    assert found <= set(ledger().claims)


# Keras finds a loss of this name that takes what it is given for probabilities.
OF_PROBABILITIES = re.compile(r"""[\"'](?:sparse_)?categorical_crossentropy[\"']""")


def losses_by_name(text):
    """Return the losses of probabilities that the compile calls of a text name by a string."""
    calls = re.split(r"\.compile\(", text)[1:]
    return [found[0] for call in calls for found in OF_PROBABILITIES.finditer(call[:300])]


SHOWN = [*ROOT.glob("*.rst"), *ROOT.glob("docs/*.rst"), *ROOT.glob("docs/[!_]*/**/*.rst")]
CODE = [*ROOT.glob("examples/**/*.py"), *ROOT.glob("akida_lite/**/*.py")]


@pytest.mark.parametrize("path", [*SHOWN, *CODE], ids=lambda path: path.name)
def test_networks_that_return_scores_are_compiled_with_a_loss_of_scores(path):
    assert losses_by_name(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('model.compile("adam", "sparse_categorical_crossentropy")', 1),
        ("model.compile(\n    optimizer='adam',\n    loss='categorical_crossentropy',\n)", 1),
        ("model.compile('adam', SparseCategoricalCrossentropy(from_logits=True))", 0),
        ('The name "sparse_categorical_crossentropy" stands for probabilities.', 0),
    ],
)
def test_a_loss_of_probabilities_is_found_where_it_is_used(code, found):
    assert len(losses_by_name(code)) == found
