"""Text of a page for readers without Sphinx: its directives become headings and sentences."""

from __future__ import annotations

import re
from textwrap import dedent

from sphinx.environment import BuildEnvironment

_DIRECTIVE = re.compile(
    r"^\.\. (?P<name>[a-z-]+):: *(?P<title>.*)\n(?P<body>(?:(?:[ ]+.*)?\n|[ ]+.*$)*)",
    re.MULTILINE,
)


def without_directives(markdown: str, page: str, env: BuildEnvironment) -> str:
    """Return the text of a notebook's cell with every directive replaced.

    A box becomes a bold title with its text below. A panel that runs networks in the
    browser becomes a sentence that says where it runs, and the line of code that puts it
    into the notebook, which needs no network.

    Parameters
    ----------
    markdown : str
    page : str
        Document that the text belongs to, such as ``"examples/cnn2snn/plot_0_quickstart"``.
    env : BuildEnvironment
        Of the build: its address of the pages, if any, is linked.

    Raises
    ------
    ValueError
        If it has a directive that nobody has found words for.
    """

    def plain(found: re.Match[str]) -> str:
        name, title = found["name"], found["title"].strip()
        body = dedent(found["body"]).strip()
        if name == "admonition":
            return f"**{title}**\n\n{body}\n\n"
        if name == "live-model":
            base = env.config.html_baseurl.rstrip("/")
            place = (
                f"[this page]({base}/{page}.html)" if base else "this page of the documentation"
            )
            calls = "; ".join(f'al.web.panel(al.pretrained("{n}"))' for n in title.split())
            return (
                f"In a browser, {place} runs the network here. The same panel in this "
                f"notebook, without the internet, is a cell with `{calls}`.\n\n"
            )
        raise ValueError(f"{page}: a notebook has no words for the directive {name!r}")

    return _DIRECTIVE.sub(plain, markdown)
