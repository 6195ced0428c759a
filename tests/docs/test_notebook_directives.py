"""No directive of Sphinx reaches a reader of a notebook."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from notebook_directives import without_directives
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

import akida_lite as al

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("plot_*.py"))
PAGE = "examples/cnn2snn/plot_6"
BASE = "https://docs.example/"


def plain(text, base=""):
    return without_directives(
        text, PAGE, SimpleNamespace(config=SimpleNamespace(html_baseurl=base))
    )


def test_a_box_becomes_a_title_with_its_text():
    text = "Before:\n\n.. admonition:: Try it\n\n   * One\n     line.\n   * Two.\n\nAfter."
    assert plain(text) == "Before:\n\n**Try it**\n\n* One\n  line.\n* Two.\n\nAfter."
    assert plain(".. admonition:: Last\n\n   No newline at its end.") == (
        "**Last**\n\nNo newline at its end.\n\n"
    )


def test_a_panel_becomes_its_place_and_the_code_that_shows_it():
    text = "See:\n\n.. live-model:: vgg_cifar10\n\n   Cover a part.\n   Watch.\n\n"
    call = 'al.web.panel(al.pretrained("vgg_cifar10"))'
    linked = "[this page](https://docs.example/examples/cnn2snn/plot_6.html)"
    for base, place in (("", "this page of the documentation"), (BASE, linked)):
        assert plain(text, base) == (
            f"See:\n\nIn a browser, {place} runs the network here. The same panel in this "
            f"notebook, without the internet, is a cell with `{call}`.\n\n"
        )
    shown = eval(call, {"al": al})._repr_html_()
    assert "<akida-lite-live" in shown


def test_a_directive_without_words_is_refused():
    with pytest.raises(ValueError, match=r"plot_6: a notebook has no words for .*'plot'"):
        plain(".. plot:: figure.py\n")


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_no_page_has_a_directive_that_would_be_left(script):
    for block in split_code_and_text_blocks(str(script))[1]:
        if block.type == "text":
            assert re.findall(r"^ *\.\. .*$", plain(block.content), re.MULTILINE) == []
