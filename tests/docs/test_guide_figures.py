"""The guide shows the pictures that its build draws, with words, and in boxes that scroll."""

import re
from pathlib import Path

import pytest
from docutils import nodes
from gallery import let_figures_scroll
from guide_figures import FIGURES
from sphinx_gallery.directives import imgsgnode

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide"
IMAGE = re.compile(
    r"^\.\. image:: /gen/guide_(\w+)\.png\n   :class: drawn\n   :alt: (.+)$", re.MULTILINE
)


def test_every_picture_is_drawn_and_shown_once_and_said_in_words():
    shown = [each for page in GUIDE.glob("*.rst") for each in IMAGE.findall(page.read_text())]
    assert sorted(name for name, _ in shown) == sorted(FIGURES)
    assert all(len(words) > 40 for _, words in shown)


@pytest.mark.parametrize(
    ("figure", "boxed"),
    [
        (imgsgnode("", **{"class": ["sphx-glr-single-img"]}), True),
        (imgsgnode("", **{"class": ["sphx-glr-multi-img"]}), False),
        (imgsgnode("", **{"class": None}), False),
        (nodes.image(classes=["drawn"]), True),
        (nodes.image(classes=["hero"]), False),
    ],
)
def test_a_figure_that_stands_alone_gets_a_box(figure, boxed):
    document = nodes.document(None, None)
    document += nodes.section("", figure)
    let_figures_scroll(None, document)
    assert ("figure-scrolls" in figure.parent.get("classes", [])) is boxed
    assert figure.parent.children == [figure]
