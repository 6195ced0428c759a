"""The one script that pages load: kernel, engine, loading, and the panel."""

from __future__ import annotations

import base64
import json
from functools import cache
from importlib.resources import files

ENGINE = ("engine.js", "loading.js")
PANEL = ("drawings.js", "resampling.js", "pictures.js", "views.js", "sources.js", "panel.js")


def kernel() -> bytes:
    """Return the kernel, assembled from ``kernel.wat``."""
    return files("akida_lite.web").joinpath("kernel.wasm").read_bytes()


@cache
def bundle(names: tuple[str, ...] = ENGINE + PANEL) -> str:
    """Return the text of a script that defines ``akidaLite``, and the element of the panel.

    A page may run it several times, as notebooks do; the first one counts.
    """
    encoded = base64.b64encode(kernel()).decode()
    decoded = f'Uint8Array.from(atob("{encoded}"), (character) => character.charCodeAt(0))'
    parts = [
        f"const KERNEL = () => {decoded};",
        f"const akidaLiteStyle = {json.dumps(_text('panel.css'))};",
        *map(_text, names),
        "globalThis.akidaLite = akidaLite;",
    ]
    return "\n".join(["if (!globalThis.akidaLite) {", *parts, "}", ""])


def _text(name: str) -> str:
    return files("akida_lite.web").joinpath(name).read_text("utf-8")
