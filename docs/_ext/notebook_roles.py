"""Text of a page for readers without Sphinx: its roles become plain words and links."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path

from pybtex.database import parse_file
from sphinx.environment import BuildEnvironment

from akida_lite import claim

_ROLE = re.compile(r":(?P<role>[a-z]+(?::[a-z]+)?):`(?P<text>[^`]+)`")
_NAMED = re.compile(r"(?P<words>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)


def without_roles(markdown: str, page: str, env: BuildEnvironment) -> str:
    """Return the text of a notebook's cell with every role replaced.

    Parameters
    ----------
    markdown : str
    page : str
        Document that the text belongs to, such as ``"examples/cnn2snn/plot_0_quickstart"``.
    env : BuildEnvironment
        Of the build: it knows the titles of documents.
    """

    def plain(found: re.Match[str]) -> str:
        role, text = found["role"], found["text"].replace("\n", " ")
        named = _NAMED.fullmatch(text)
        words, target = (named["words"], named["target"]) if named else ("", text)
        if role == "claim":
            return str(claim(target))
        if role.startswith("cite:"):
            return _citation(target, env.srcdir, within=role == "cite:p")
        if role == "doc":
            return _document(words, target, page, env)
        if role in ("term", "ref"):
            return words or target
        if target.startswith("~"):
            # A tilde asks for the last part of an object's name.
            target = target.rpartition(".")[2]
        return words or f"`{target}`"

    return _ROLE.sub(plain, markdown)


def _document(words: str, target: str, page: str, env: BuildEnvironment) -> str:
    folder = "" if target.startswith("/") else posixpath.dirname(page)
    name = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
    words = words or f"“{env.titles[name].astext()}”"
    base = env.config.html_baseurl.rstrip("/")
    return f"[{words}]({base}/{name}.html)" if base else words


def _citation(key: str, folder: str | Path, *, within: bool) -> str:
    entry = _bibliography(Path(folder, "references.bib")).entries[key.strip()]
    names = [" ".join(person.last_names) for person in entry.persons["author"]]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    year = entry.fields["year"]
    return f"({authors}, {year})" if within else f"{authors} ({year})"


@cache
def _bibliography(path: Path) -> object:
    return parse_file(str(path))
