"""Run integer layers on images: the specification, and the same bits faster.

``run(layers, x)`` gives the output of the last layer, ``trace`` that of every layer. The
backend ``"reference"`` is written to be read and defines what is right; ``"numpy"`` and
``"fast"``, the quickest that is installed, give the same integers.
"""

from akida_lite.engine.program import Backend, Program
from akida_lite.engine.running import BACKENDS, EventCount, RunRecord, run, trace

__all__ = ["BACKENDS", "Backend", "EventCount", "Program", "RunRecord", "run", "trace"]
