"""Every link inside the built documentation leads to a file and an anchor that exist."""

from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from browsing import HTML

pytestmark = pytest.mark.browser

# What buttons have in place of an address, and elements without any.
NOWHERE = {"#", "", None}


class Links(HTMLParser):
    """Where a page leads to, and where in it others may lead."""

    def __init__(self):
        super().__init__()
        self.targets, self.anchors = set(), set()

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.anchors |= {named[key] for key in ("id", "name") if named.get(key)}
        self.targets |= {named["href"]} if named.get("href") else set()
        # The live panel reads several files.
        self.targets |= set(
            (named.get("src") or "").split() if "-" in tag else [named.get("src")]
        )
        for source in (named.get("srcset") or "").split(","):
            self.targets |= set(source.split()[:1])


@cache
def links(path):
    """Return what a page leads to, and its anchors."""
    parser = Links()
    parser.feed(path.read_text("utf-8"))
    return parser.targets - NOWHERE, parser.anchors


def broken(path, root=HTML):
    """Return the links of a page that lead nowhere, but for those to other sites."""
    found = []
    for target in sorted(links(path)[0]):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        place = unquote(parts.path)
        start = root / place.lstrip("/") if place.startswith("/") else path.parent / place
        file = (start if place else path).resolve()
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            found.append(target)
        elif parts.fragment and file.suffix == ".html":
            anchor = unquote(parts.fragment)
            if anchor not in links(file)[1]:
                found.append(target)
    return found


def test_links_inside_the_site_lead_somewhere(page):
    assert broken(HTML / page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "b.html").write_text('<p id="here"><img src="a.png">')
    page = tmp_path / "a.html"
    page.write_text(
        '<a href="b.html#here"><a href="b.html#there"><a href="c.html"><a href="#x">'
    )
    assert broken(page, tmp_path) == ["#x", "b.html#there", "c.html"]
