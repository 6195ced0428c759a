"""Keras and its backend, loaded without the lines that TensorFlow writes when it starts.

TensorFlow writes them before it reads TF_CPP_MIN_LOG_LEVEL, past Python, to the standard error
stream of the process. Importing this module before Keras is imported keeps them away;
TF_CPP_MIN_LOG_LEVEL=0 lets them through, and so does a failure.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module

from akida_lite.errors import require_keras


@contextmanager
def nothing_on_stderr() -> Iterator[None]:
    """Keep what the process writes to its standard error stream; show it after an exception."""
    try:
        terminal = os.dup(2)
    except OSError:  # the stream is closed
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(terminal, aside.read())
            raise
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
_quiet = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0"
try:
    with nothing_on_stderr() if _quiet else nullcontext():
        import_module("keras")
except ModuleNotFoundError as _error:
    require_keras("this part of akida_lite", _error)
    raise
