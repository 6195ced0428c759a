"""Run integer models in a browser: an engine in JavaScript and WebAssembly, and its panel.

`Model.to_web` writes a page of its own; `panel` shows a model where it stands, in a gallery
page or a notebook. The engine gives the integers of the reference backend.
"""

from akida_lite.web.folder import write_folder
from akida_lite.web.panels import Panel, panel

__all__ = ["Panel", "panel", "write_folder"]
