"""The same cells as text and as HTML that a page's own colours and a keyboard can reach."""

from html.parser import HTMLParser

import pytest

from akida_lite.tables import Column, Table

COLUMNS = [Column("Layer\n(type)"), Column("Events", "right"), Column("Note")]
TABLE = Table(
    "A <run>",
    COLUMNS,
    [["conv\n(Convolutional)", "1,234", "a & b"], ["dense", "7", ""]],
    "Events: what is not zero.",
    ["conv: " + "too many words " * 10 + "to fit", "dense: short"],
)


class Outline(HTMLParser):
    """Tags in order, their attributes, and whether they are closed in order."""

    VOID = ("br",)

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_text_aligns_columns_and_wraps_what_is_below():
    assert TABLE.text() == "\n".join(
        [
            "A <run>",
            "Layer            Events  Note",
            "(type)",
            "------------------------------",
            "conv              1,234  a & b",
            "(Convolutional)",
            "dense                 7",
            "Events: what is not zero.",
            "[1] conv: too many words too many words too many words too many words too many "
            "words too many",
            "    words too many words too many words too many words too many words to fit",
            "[2] dense: short",
        ]
    )


def test_html_is_a_table_with_caption_and_scopes():
    outline = Outline(TABLE.html())
    assert len(outline.named("caption")) == 1
    scopes = [attrs["scope"] for attrs in outline.named("th")]
    assert scopes == ["col"] * 3 + ["row"] * 2
    assert len(outline.named("td")) == 4
    assert len(outline.named("li")) == 2


def test_html_escapes_what_is_text():
    html = TABLE.html()
    assert "A &lt;run&gt;" in html
    assert "a &amp; b" in html
    assert "conv<br>(Convolutional)" in html


def test_html_scrolls_by_keyboard_and_leaves_colours_to_the_page():
    outline = Outline(TABLE.html())
    box = outline.named("div")[0]
    assert box["style"] == "overflow-x: auto"
    assert (box["tabindex"], box["role"]) == ("0", "group")
    assert box["aria-label"] == "A <run>"
    styles = " ".join(attrs.get("style", "") for _, attrs in outline.tags)
    assert "color" not in styles
    assert "background" not in styles


def test_a_quotation_mark_in_the_caption_stays_in_the_label():
    table = Table('the "best"', COLUMNS[:1], [["x"]])
    assert Outline(table.html()).named("div")[0]["aria-label"] == 'the "best"'


@pytest.mark.parametrize("form", ["text", "html"])
def test_a_row_with_too_few_cells_is_no_table(form):
    with pytest.raises(ValueError, match="zip"):
        getattr(Table("", COLUMNS, [["only", "two"]]), form)()
