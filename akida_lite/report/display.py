"""Whether what an expression gives is shown without being printed."""

from __future__ import annotations

import builtins
import os
import sys
from typing import TypeVar

T = TypeVar("T")


def results_show_themselves() -> bool:
    """Return whether somebody displays the value of an expression that stands alone.

    A notebook and an interactive prompt do, and so do the pages of the gallery, whose
    builder sets the environment variable AKIDA_LITE_RESULTS_SHOWN.
    """
    at_a_prompt = hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")
    return at_a_prompt or bool(os.environ.get("AKIDA_LITE_RESULTS_SHOWN"))


def show(result: T) -> T:
    """Print a result where results do not show themselves, and return it.

    The last line of a notebook's cell shows its value; the same line of a script shows
    nothing. With this around the value, both show it once.

    Parameters
    ----------
    result : object
        A summary, statistics, a comparison, a table, or anything that prints.

    Returns
    -------
    object
        `result`.
    """
    if not results_show_themselves():
        print(result)
    return result
