"""Sphinx extension: the gallery's notebooks are executed, held against their pages, published.

They run in a process of their own. One that fails, or shows anything else than its page
does, is a warning at that page, so that the build fails. The published ones carry the
outputs they were checked with.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
from notebook_directives import without_directives
from notebook_outputs import cell_output, first_difference, page_outputs
from notebook_roles import without_roles
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx_gallery.notebook import jupyter_notebook, save_notebook
from sphinx_gallery.py_source_parser import remove_config_comments, split_code_and_text_blocks

DOCS = Path(__file__).resolve().parents[1]
EXAMPLES = DOCS.parent / "examples"
PAGES = DOCS / "examples"
CHECKED = DOCS / "_build" / "notebooks"

NBVAL = (
    "--nbval",
    "--nbval-current-env",
    "--nbval-cell-timeout=300",
    "--nbval-kernel-startup-timeout=120",
    # nbval compares with stored outputs, of which there are none yet.
    *("-p", "notebook_keeping", "-p", "no:cacheprovider", "-o", "addopts=-ra"),
)

logger = logging.getLogger(__name__)


class Check:
    """The execution of the notebooks that belong to one build."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.notebooks: list[Path] = []

    def start_beside_pages(self, app: Sphinx) -> None:
        """Begin before the pages run: sooner done, but what they time is not to be trusted."""
        if app.config.notebooks_beside_pages:
            self._start(app)

    def start_after_pages(self, app: Sphinx) -> None:
        """Begin once the pages have run."""
        if not app.config.notebooks_beside_pages:
            self._start(app)

    def _start(self, app: Sphinx) -> None:
        gallery = app.config.sphinx_gallery_conf
        if not gallery["plot_gallery"]:
            return
        shutil.rmtree(CHECKED, ignore_errors=True)
        for script in sorted(EXAMPLES.rglob("*.py")):
            name = script.relative_to(EXAMPLES)
            # sphinx-gallery matches paths, which have a slash before every name.
            if re.search(gallery["filename_pattern"], f"/{name.as_posix()}"):
                notebook = CHECKED / name.with_suffix(".ipynb")
                write_notebook(script, notebook, gallery)
                self.notebooks.append(notebook)
        if self.notebooks:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *NBVAL, *map(str, self.notebooks)],
                cwd=DOCS.parent,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def finish(self, app: Sphinx, error: Exception | None) -> None:
        """Show what came out; publish the notebooks unless one fails."""
        if self.process is None:
            return
        if error is not None:
            self.process.terminate()
            return
        shown, _ = self.process.communicate()
        print(shown, end="")
        if self.process.returncode:
            logger.warning("a notebook fails: see above", type="notebooks")
            return
        for notebook in self.notebooks:
            published = PAGES / notebook.relative_to(CHECKED)
            place = published.relative_to(DOCS).with_suffix("").as_posix()
            found = differences(notebook, published)
            for difference in found:
                logger.warning("%s", difference, location=place, type="notebooks")
            if not found:
                _publish_one(notebook, published, place, app.env)
        publish(Path(app.outdir))


def write_notebook(script: Path, notebook: Path, gallery: dict[str, Any]) -> None:
    """Write the notebook of an example, as sphinx-gallery does once the page has run.

    Parameters
    ----------
    script, notebook : path
        Read and written.
    gallery : dict
        sphinx-gallery's configuration.
    """
    _, blocks = split_code_and_text_blocks(str(script))
    cleaned = [b._replace(content=remove_config_comments(b.content)) for b in blocks]
    if cleaned[-1].content.isspace():
        # It held configuration only.
        del cleaned[-1]
    notebook.parent.mkdir(parents=True, exist_ok=True)
    save_notebook(jupyter_notebook(cleaned, gallery, notebook.parent), notebook)


def differences(executed: Path, published: Path) -> list[str]:
    """Return a sentence for each cell that differs from the notebook or the page published.

    Parameters
    ----------
    executed : path
        Notebook with outputs.
    published : path
        sphinx-gallery's notebook, which has the page, ``.rst``, beside it.
    """
    cells = nbformat.read(executed, as_version=4).cells
    sources = [cell.source for cell in nbformat.read(published, as_version=4).cells]
    if [cell.source for cell in cells] != sources:
        return ["the notebook that was checked is not the one of the page"]
    # The first cell, which says what to install, is not on the page.
    code = [cell for cell in cells if cell.cell_type == "code"][1:]
    shown = page_outputs(published.with_suffix(".rst").read_text("utf-8"))
    found = []
    for cell, on_page in zip(code, shown, strict=True):
        difference = first_difference(on_page, cell_output(cell.outputs))
        if difference:
            found.append(f"below {cell.source.splitlines()[0]!r} {difference}")
    return found


def _publish_one(executed: Path, published: Path, page: str, env: BuildEnvironment) -> None:
    """Write an executed notebook with words in place of Sphinx's roles and directives."""
    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = without_roles(without_directives(cell.source, page, env), page, env)
    nbformat.write(notebook, published)


def publish(html: Path) -> None:
    """Put the executed notebooks of all pages among the downloads, loose and zipped.

    Parameters
    ----------
    html : path
        The built pages. Sphinx has copied the archives of all of them anew, with notebooks
        as yet unexecuted.
    """
    notebooks = {notebook.name: notebook.read_bytes() for notebook in PAGES.rglob("*.ipynb")}
    for download in html.glob("_downloads/*/*.ipynb"):
        if download.name in notebooks:
            download.write_bytes(notebooks[download.name])
    for archive in html.glob("_downloads/*/*.zip"):
        _renew(archive, notebooks)
    with zipfile.ZipFile(html / "akida_lite_examples.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        for page in sorted([*PAGES.rglob("plot_*.py"), *PAGES.rglob("plot_*.ipynb")]):
            zipped.write(page, page.relative_to(PAGES))
        zipped.write(DOCS / "_static" / "requirements.txt", "requirements.txt")


def _renew(archive: Path, notebooks: dict[str, bytes]) -> None:
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, notebooks.get(Path(name).name, content))


def setup(app: Sphinx) -> dict[str, Any]:
    """Run around sphinx-gallery, which is at 500, and before the claims are measured."""
    check = Check()
    app.add_config_value("notebooks_beside_pages", False, "", (bool,))
    app.connect("builder-inited", check.start_beside_pages, priority=400)
    app.connect("builder-inited", check.start_after_pages, priority=600)
    app.connect("build-finished", check.finish, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
