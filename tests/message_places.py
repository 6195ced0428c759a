"""Where the package says what is wrong, and which of these places spoke while code ran."""

import ast
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import akida_lite
from akida_lite.errors import AkidaLiteError, Problem

ROOT = Path(akida_lite.__file__).parent
ROOMS = (
    "conversion/",
    "nn/",
    "hardware/",
    "engine/inputs.py",
    "engine/options.py",
    "answers.py",
)
# Calls that make a message, and the functions that only hand one on.
_SPEAKING = ("Problem", "layer_problem", "problem", "_refuse", "_refusal")


@cache
def places():
    """Return (file, function, first line, last line) of every call that makes a message."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")) or [ROOT / room]:
            tree = ast.parse(path.read_text("utf-8"))
            for function in ast.walk(tree):
                if isinstance(function, ast.FunctionDef) and function.name not in _SPEAKING:
                    calls = [c for c in ast.walk(function) if isinstance(c, ast.Call)]
                    found += [
                        (str(path), function.name, call.lineno, call.end_lineno)
                        for call in calls
                        if _name_of(call) in _SPEAKING
                    ]
    return found


def _name_of(call):
    return getattr(call.func, "id", None) or getattr(call.func, "attr", None)


@contextmanager
def listening():
    """Yield a list that collects the places whose messages are made inside the block."""
    heard = []
    make = Problem.__init__

    def recorded(self, *args, **kwargs):
        make(self, *args, **kwargs)
        frame = sys._getframe(1)
        while frame is not None:
            file, line = frame.f_code.co_filename, frame.f_lineno
            here = [p for p in places() if p[0] == file and p[2] <= line <= p[3]]
            if here:
                heard.append(min(here, key=lambda place: place[3] - place[2]))
                return
            frame = frame.f_back

    Problem.__init__ = recorded
    try:
        yield heard
    finally:
        Problem.__init__ = make


def complaints(act):
    """Return what is complained about, returned or raised, and the places that said so."""
    with listening() as heard:
        try:
            answer = act()
        except AkidaLiteError as error:
            answer = error.problems
    problems = [each for each in answer or () if isinstance(each, Problem)]
    return problems, set(heard) if problems else set()
