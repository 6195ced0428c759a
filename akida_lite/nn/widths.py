"""The three widths by which a quantized network is asked for."""

from __future__ import annotations

import numpy as np

from akida_lite.errors import InputError, Problem

# Older releases of the original spell these arguments so.
_SINGULAR = {
    "weight_quantization": "weights_quantization",
    "input_weight_quantization": "input_weights_quantization",
}


def requested_widths(
    caller: str,
    weights: int,
    activ: int,
    inputs: int | None,
    spellings: dict[str, int | None],
) -> tuple[int, int, int]:
    """Return the bits of weights, activations and input weights; 0 for float.

    Parameters
    ----------
    caller : str
        Name of the function that was called, for messages.
    weights, activ : int
    inputs : int or None
        None for the same as `weights`.
    spellings : dict
        Keyword arguments without the plural s; they win.

    Raises
    ------
    TypeError
        If `spellings` has another name.
    InputError
        Lists every width that is not accepted.
    """
    given: dict[str, int | None] = {
        "weights_quantization": weights,
        "activ_quantization": activ,
        "input_weights_quantization": inputs,
    }
    for name, value in spellings.items():
        if name not in _SINGULAR:
            raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}")
        given[_SINGULAR[name]] = value
    if given["input_weights_quantization"] is None:
        given["input_weights_quantization"] = given["weights_quantization"]
    problems = []
    for name, value in given.items():
        lowest = 1 if name == "activ_quantization" else 2
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value not in (0, *range(lowest, 9)):
            text = f"{value!r:.60} is not 0 (float) or one of {lowest} to 8 (bits)"
            problems.append(Problem(f"{caller}: {name}", text, "choose one of them"))
    if problems:
        raise InputError(problems)
    first, second, third = (int(value or 0) for value in given.values())
    return first, second, third
