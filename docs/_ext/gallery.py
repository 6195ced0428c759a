"""Sphinx extension: gallery pages start from the same state, and phones show their figures.

A page finds what a new process would find, whichever page ran before it.
"""

from __future__ import annotations

import linecache
import random
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx_gallery.directives import imgsgnode

_format_warning = warnings.formatwarning


def reset(gallery_conf: dict[str, Any], page: str) -> None:
    """Seed every generator and drop what the page before has left behind.

    Parameters
    ----------
    gallery_conf : dict
    page : str
        File name of the page about to run.
    """
    random.seed(0)
    # Pages draw from their own Generator; this catches a library that does not.
    np.random.seed(0)  # noqa: NPY002
    _filter_warnings_as_python_does()
    warnings.formatwarning = as_run_from_its_folder
    keras = sys.modules.get("keras")
    if keras is not None:
        # Also restarts the numbering of unnamed layers, which pages print.
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)


def _filter_warnings_as_python_does() -> None:
    """Show a page the warnings that its script shows, whatever Sphinx has asked for."""
    warnings.resetwarnings()
    for hidden in (
        DeprecationWarning,
        PendingDeprecationWarning,
        ImportWarning,
        ResourceWarning,
    ):
        warnings.simplefilter("ignore", hidden)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")


def as_run_from_its_folder(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """Return a warning's text with the name of its file, without the build machine's folders.

    Parameters
    ----------
    message, category, filename, lineno, line
        As for `warnings.formatwarning`.
    """
    source = linecache.getline(filename, lineno) if line is None else line
    return _format_warning(message, category, Path(filename).name, lineno, source)


def let_figures_scroll(app: Sphinx, document: nodes.document) -> None:
    """Put each figure into a box: where the screen is narrower than its words, it scrolls."""
    # Of the gallery's, those that stand alone; of the guide's, those that the build draws.
    alone = [
        *(
            n
            for n in document.findall(imgsgnode)
            if "sphx-glr-single-img" in (n["class"] or ())
        ),
        *(n for n in document.findall(nodes.image) if "drawn" in n["classes"]),
    ]
    for figure in alone:
        # The second class has the theme let a keyboard scroll the box where there is a need.
        box = nodes.container(classes=["figure-scrolls", "pst-scrollable-table-container"])
        figure.replace_self(box)
        box += figure


def setup(app: Sphinx) -> dict[str, bool]:
    """Wrap figures once a page has been read."""
    app.connect("doctree-read", let_figures_scroll)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
