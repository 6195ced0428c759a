"""Train, quantize, convert, check and run networks in the manner of the Akida NSoC.

Importing the package is quick and needs numpy only; what needs Keras, matplotlib or ONNX
is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Each public name has the module that holds it; the name of a module, the module itself.
_PUBLIC = {
    "AKD1000": "hardware",
    "AkidaLiteError": "errors",
    "ArgumentError": "errors",
    "ClaimError": "errors",
    "Classifier": "classifier",
    "ConversionError": "errors",
    "DatasetError": "errors",
    "FileFormatError": "errors",
    "HardwareError": "errors",
    "InputError": "errors",
    "LayerError": "errors",
    "Model": "model",
    "Problem": "errors",
    "check_compatibility": "conversion",
    "claim": "published",
    "claims": "claims",
    "claims_by_layer": "published",
    "claims_table": "published",
    "compare": "conversion",
    "convert": "conversion",
    "datasets": "datasets",
    "engine": "engine",
    "hardware": "hardware",
    "layers": "layers",
    "load_keras": "nn",
    "nn": "nn",
    "parallel": "parallel",
    "penalize_events": "conversion",
    "plots": "report.plots",
    "pretrained": "zoo.integers",
    "quantize": "conversion",
    "quantize_layer": "conversion",
    "show": "report.display",
    "table": "tables",
    "training": "training",
    "web": "web",
    "zoo": "zoo",
}

__all__ = ["__version__", *_PUBLIC]

if TYPE_CHECKING:
    __version__: str
    from akida_lite import claims as claims
    from akida_lite import datasets as datasets
    from akida_lite import engine as engine
    from akida_lite import hardware as hardware
    from akida_lite import layers as layers
    from akida_lite import nn as nn
    from akida_lite import parallel as parallel
    from akida_lite import training as training
    from akida_lite import web as web
    from akida_lite import zoo as zoo
    from akida_lite.classifier import Classifier as Classifier
    from akida_lite.conversion import check_compatibility as check_compatibility
    from akida_lite.conversion import compare as compare
    from akida_lite.conversion import convert as convert
    from akida_lite.conversion import penalize_events as penalize_events
    from akida_lite.conversion import quantize as quantize
    from akida_lite.conversion import quantize_layer as quantize_layer
    from akida_lite.errors import AkidaLiteError as AkidaLiteError
    from akida_lite.errors import ArgumentError as ArgumentError
    from akida_lite.errors import ClaimError as ClaimError
    from akida_lite.errors import ConversionError as ConversionError
    from akida_lite.errors import DatasetError as DatasetError
    from akida_lite.errors import FileFormatError as FileFormatError
    from akida_lite.errors import HardwareError as HardwareError
    from akida_lite.errors import InputError as InputError
    from akida_lite.errors import LayerError as LayerError
    from akida_lite.errors import Problem as Problem
    from akida_lite.hardware import AKD1000 as AKD1000
    from akida_lite.model import Model as Model
    from akida_lite.nn import load_keras as load_keras
    from akida_lite.published import claim as claim
    from akida_lite.published import claims_by_layer as claims_by_layer
    from akida_lite.published import claims_table as claims_table
    from akida_lite.report import plots as plots
    from akida_lite.report.display import show as show
    from akida_lite.tables import table as table
    from akida_lite.zoo.integers import pretrained as pretrained


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = _PUBLIC[name]
    try:
        module = import_module(f"{__name__}.{room}")
    except ModuleNotFoundError as error:
        from akida_lite.errors import require_keras

        require_keras(f"{__name__}.{name}", error)
        raise
    found = module if name == room.rpartition(".")[2] else getattr(module, name)
    globals()[name] = found
    return found


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("akida_lite")
    except PackageNotFoundError:  # a copy of the source that is not installed
        return "0+unknown"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
