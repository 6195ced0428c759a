"""Whether what an expression gives is shown without being printed."""

from __future__ import annotations

import builtins
import os
import sys


def results_show_themselves() -> bool:
    """Return whether somebody displays the value of an expression that stands alone.

    A notebook and an interactive prompt do, and so do the pages of the gallery, whose
    builder sets the environment variable AKIDA_LITE_RESULTS_SHOWN.
    """
    at_a_prompt = hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")
    return at_a_prompt or bool(os.environ.get("AKIDA_LITE_RESULTS_SHOWN"))
