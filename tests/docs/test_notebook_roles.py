"""No role of Sphinx reaches a reader of a notebook."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from notebook_roles import without_roles
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

import akida_lite as al

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS.parent / "examples").rglob("plot_*.py"))
PAGE = "examples/cnn2snn/plot_0_quickstart"


class Titles(dict):
    def __missing__(self, name):
        return nodes.title("", f"Title of {name}")


def building(base=""):
    config = SimpleNamespace(html_baseurl=base)
    return SimpleNamespace(titles=Titles(), srcdir=DOCS, config=config)


@pytest.mark.parametrize(
    ("base", "written", "expected"),
    [
        ("", ":doc:`plot_6`", "“Title of examples/cnn2snn/plot_6”"),
        ("", ":doc:`the ladder </user_guide/training>`", "the ladder"),
        (
            "https://docs.example/",
            ":doc:`plot_6`",
            "[“Title of examples/cnn2snn/plot_6”]"
            "(https://docs.example/examples/cnn2snn/plot_6.html)",
        ),
        ("", ":cite:p:`krizhevsky2009`", "(Krizhevsky, 2009)"),
        ("", ":cite:t:`simonyan2014`", "Simonyan and Zisserman (2014)"),
        ("", ":cite:p:`howard2017`", "(Howard et al., 2017)"),
        ("", ":term:`event`", "event"),
        ("", ":term:`events <event>`", "events"),
        ("", ":func:`akida_lite.compare`", "`akida_lite.compare`"),
        ("", ":meth:`~akida_lite.Model.predict`", "`predict`"),
        ("", "a `literal` and 12:30 stay", "a `literal` and 12:30 stay"),
    ],
)
def test_a_role_becomes_words(base, written, expected):
    assert without_roles(written, PAGE, building(base)) == expected


def test_a_claim_becomes_its_number():
    id = "seed.vgg_cifar10.akida.top1"
    assert without_roles(f":claim:`{id}`", PAGE, building()) == str(al.claim(id))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_no_page_has_a_role_that_would_be_left(script):
    text = "\n".join(
        block.content
        for block in split_code_and_text_blocks(str(script))[1]
        if block.type == "text"
    )
    left = without_roles(text, PAGE, building())
    assert re.findall(r":[a-z:]+:`[^`]*`", left) == []
