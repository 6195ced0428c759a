"""From Keras to integers: the only place where a float becomes an integer.

`convert` reads a quantized Keras model as a chain of blocks, folds each into integer
weights and thresholds, and returns the integer model. `check_compatibility` lists what
stands in the way, `quantize` makes the Keras model, `penalize_events` has training lower what
it costs to run, and `compare` holds the two together.
"""

from akida_lite import keras_start  # noqa: F401 (before anything imports Keras)
from akida_lite.conversion.comparing import compare
from akida_lite.conversion.converting import check_compatibility, convert
from akida_lite.conversion.events import penalize_events
from akida_lite.conversion.quantizing import quantize, quantize_layer

__all__ = [
    "check_compatibility",
    "compare",
    "convert",
    "penalize_events",
    "quantize",
    "quantize_layer",
]
