"""Sphinx extension: what search engines, previews and keyboards meet on every page."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

_LENGTH = 200
# Pages that Sphinx makes from no document.
_MADE = {
    "404": "This page does not exist.",
    "genindex": "Every name in the reference, from A to Z.",
    "py-modindex": "The modules of akida_lite.",
    "search": "Search these pages.",
}
# A preview needs addresses that hold anywhere, so without a base there is none.
_ABSOLUTE = re.compile(r'<meta property="og:(?:url|image)[^>]*>\s*')


def complete_head(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give every page a description, and no address that only holds in one place."""
    tags: str = context.get("metatags", "")
    if not app.config.html_baseurl:
        tags = _ABSOLUTE.sub("", tags)
    if 'name="description"' not in tags:
        text = _MADE.get(page) or _first_sentence(doctree)
        if page.startswith("_modules/"):
            text = f"Source code of {page.removeprefix('_modules/').replace('/', '.')}."
        if text:
            tags += f'<meta name="description" content="{html.escape(text)}" />\n'
    context["metatags"] = tags


def _first_sentence(doctree: nodes.document | None) -> str:
    """Return the first paragraph, of an object's docstring where the page is about one."""
    if doctree is None:
        return ""
    docstring = next(iter(doctree.findall(addnodes.desc_content)), doctree)
    paragraph = next(iter(docstring.findall(nodes.paragraph)), None)
    return "" if paragraph is None else paragraph.astext().replace("\n", " ")[:_LENGTH]


def keep_own_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Unlink names of other packages in an example's code: each link is a stop of the Tab key.

    The gallery links every name it can resolve, numpy's ``array`` as often as it occurs.
    """
    for link in list(doctree.findall(nodes.reference)):
        modules = [name for name in link["classes"] if "-backref-module-" in name]
        if modules and not any("akida_lite" in name for name in modules):
            link.parent.replace(link, list(link.children))


def write_robots(app: Sphinx, error: Exception | None) -> None:
    """Let every robot in, and tell it where the sitemap is."""
    if error is None and app.builder.name == "html":
        lines = ["User-agent: *", "Allow: /"]
        if app.config.html_baseurl:
            lines.append(f"Sitemap: {app.config.html_baseurl.rstrip('/')}/sitemap.xml")
        Path(app.outdir, "robots.txt").write_text("\n".join(lines) + "\n", "utf-8")


_TO_REFERENCE = re.compile(r"(?P<page>gen/api/(?P<name>[\w.]+)\.html)#(?P<anchor>[\w.]+)")


def mend_ways_back(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let source code lead back to where its objects are documented.

    Sphinx takes all objects of a module to be documented under the module of the first one.
    """
    if page.startswith("_modules/"):
        context["body"] = _TO_REFERENCE.sub(_way_back, context["body"])


def _way_back(link: re.Match[str]) -> str:
    name, anchor = link["name"], link["anchor"]
    object_and_member = anchor.partition("." + name.rpartition(".")[2])
    known = not object_and_member[1] or anchor.startswith(name)
    return link[0] if known else f"{link['page']}#{name}{object_and_member[2]}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the events of a build."""
    # After the extension that writes the tags of previews.
    app.connect("html-page-context", complete_head, priority=900)
    app.connect("html-page-context", mend_ways_back)
    app.connect("doctree-resolved", keep_own_links, priority=900)
    app.connect("build-finished", write_robots)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
