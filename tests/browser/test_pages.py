from pathlib import Path

import pytest
from browsing import HTML, PHONE

pytestmark = pytest.mark.browser

# Elements that stick out to the right, though nothing around them scrolls.
WIDE = """
const scrolls = e => e && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)
                           || scrolls(e.parentElement));
return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement))
    .map(e => e.outerHTML.slice(0, 120)).slice(0, 3);
"""
PAGE_WIDTH = "return document.documentElement.scrollWidth"

# The article scrolls sideways as a whole, which a reader sees as a page that is cut off.
ARTICLE = """
return [...document.querySelectorAll(".bd-article-container, .bd-content, .bd-main")]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className);
"""


def test_page_loads_in_silence_and_from_here_alone_and_fits_a_phone(browser, page):
    browser.open(page)
    assert browser.complaints() == []
    browser.resize(PHONE)
    assert browser.run(PAGE_WIDTH) <= PHONE, browser.run(WIDE)
    assert browser.run(ARTICLE) == []


@pytest.mark.parametrize("kind", ["html", "ipynb", "txt"])
def test_nothing_published_names_a_folder_of_the_machine_that_built_it(kind):
    folders = (f"{Path(__file__).parents[2]}/", "/site-packages/", "/ipykernel_")
    for path in HTML.rglob(f"*.{kind}"):
        text = path.read_text("utf-8")
        assert [folder for folder in folders if folder in text] == [], path.name
