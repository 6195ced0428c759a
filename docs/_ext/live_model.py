"""Networks of the zoo that run where a page shows them.

``.. live-model:: vgg_cifar10 mobilenet_cifar10`` puts a panel there, in which one picture
goes through all networks that are named. Its content, a sentence, says what there is to see.

The weights are loaded when the reader asks for them, and pages share them: they stand once
below ``_static/live``.
"""

from __future__ import annotations

import re
import shutil
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import akida_lite as al

EXPORTS = Path(__file__).resolve().parents[1] / "gen" / "live"
PLACE = "_static/live"
SCRIPT = "akida-lite.js"

_PACKAGE = Path(al.__file__).parent
_STILL = re.compile(r'<img alt="[^"]*" src="[^"]*"[^>]*>')


class LiveModel(SphinxDirective):
    """Put a panel with one or more networks of the zoo on a page."""

    required_arguments = 1
    optional_arguments = 8
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the panel, and the script that brings it to life."""
        known = al.zoo.NETWORKS
        for name in self.arguments:
            if name not in known:
                names = ", ".join(map(repr, known))
                raise self.error(f"network {name!r} is none of {names}")
        folders = [exported(name) for name in self.arguments]
        root = "../" * self.env.docname.count("/") + PLACE
        sources = " ".join(f"{root}/{name}.js" for name in self.arguments)
        size = sum((folder / "model.js").stat().st_size for folder in folders)
        still = _STILL.search((folders[0] / "index.html").read_text("utf-8"))
        sentence = " ".join(self.content) or f"{' and '.join(self.arguments)}, live."
        html = (
            f'<akida-lite-live src="{sources}" '
            f'note="loads {size / 1e6:.1f} MB; nothing leaves this browser">'
            f"{still[0] if still else ''}<p>{escape(sentence)}</p></akida-lite-live>"
            f'<script src="{root}/{SCRIPT}" defer></script>'
        )
        return [nodes.raw("", html, format="html")]


def exported(name: str) -> Path:
    """Return the folder of a network's page, written anew where anything behind it changed.

    Parameters
    ----------
    name : str
        Of a network of the zoo.
    """
    folder = EXPORTS / name
    network = al.zoo.NETWORKS[name]
    behind = [
        *(_PACKAGE / "web").iterdir(),
        *(_PACKAGE / "zoo" / "weights").glob(f"{network.recipe()}*"),
    ]
    index = folder / "index.html"
    newest = max(path.stat().st_mtime for path in behind if path.is_file())
    if not index.exists() or index.stat().st_mtime < newest:
        folder.parent.mkdir(parents=True, exist_ok=True)
        images, labels = network.dataset.sample()
        # The first image of each class.
        samples = images[np.unique(labels, return_index=True)[1]]
        al.pretrained(name).to_web(folder, samples=samples)
    return folder


def publish(app: Sphinx, error: Exception | None) -> None:
    """Copy the exported weights, and one script for all, to where the panels look."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / PLACE
    for folder in sorted(path for path in EXPORTS.glob("*") if path.is_dir()):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "model.js", target / f"{folder.name}.js")
        shutil.copy(folder / SCRIPT, target / SCRIPT)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive with Sphinx."""
    app.add_directive("live-model", LiveModel)
    app.connect("build-finished", publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
