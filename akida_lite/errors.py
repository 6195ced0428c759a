"""Every error a user can meet says where, what was received, what is accepted and the fix.

One sentence shape serves the whole package, so messages can be tested as text and
listed side by side::

    layer 'conv_3' (QuantizedConv2D): <what is wrong>. Fix: <what to do>.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Messages escape these categories: control and format characters, surrogates, code points
# that are unassigned or private, line and paragraph separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def shown(text: str) -> str:
    r"""Return `text` with everything that is not seen, or that steers a terminal, spelled out.

    Names come from files of strangers: whatever prints one passes it through here.

    Examples
    --------
    >>> print(shown("conv" + chr(27) + "[2J" + chr(10) + "conv_1"))
    conv\x1b[2J\nconv_1
    """
    if text.isprintable():
        return text
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in _UNSEEN else c for c in text)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it is, and how to mend it.

    Attributes
    ----------
    subject : str
        What the problem is about: ``"layer 'conv_3' (QuantizedConv2D)"``, ``"input"``,
        ``"file 'model.npz'"``.
    problem : str
        The received value and the accepted ones.
    remedy : str
        What to do, as an imperative.
    layer : str or None
        Name of the layer, where the problem belongs to one.
    rule : str or None
        Identifier of the hardware rule that is broken, where there is one.
    """

    subject: str
    problem: str
    remedy: str
    layer: str | None = None
    rule: str | None = None

    def __str__(self) -> str:
        return shown(f"{self.subject}: {self.problem}. Fix: {self.remedy}.")


def layer_problem(
    layer: str, kind: str, problem: str, remedy: str, rule: str | None = None
) -> Problem:
    """Return a :class:`Problem` about the layer called `layer`, of type `kind`."""
    return Problem(f"layer {layer!r} ({kind})", problem, remedy, layer, rule)


class AkidaLiteError(Exception):
    """Base of the package's errors; holds every problem found, not only the first.

    Parameters
    ----------
    problems : Problem or sequence of Problem
        At least one.
    """

    # Keras makes every error in a layer's call anew from its text, unless it has this mark.
    _keras_call_info_injected = True

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[AkidaLiteError], tuple[tuple[Problem, ...]]]:
        # Default unpickling passes `args`, which is the message, not the problems.
        return type(self), (self.problems,)


class ConversionError(AkidaLiteError, ValueError):
    """The Keras model has no integer equivalent; lists every reason."""


class HardwareError(AkidaLiteError, ValueError):
    """The integer model breaks rules of a device; lists every layer and rule."""


class LayerError(AkidaLiteError, ValueError):
    """The arrays of an integer layer contradict each other or their declared widths."""


class InputError(AkidaLiteError, ValueError):
    """Data given to a model has the wrong type, rank, shape or range."""


class ArgumentError(AkidaLiteError, TypeError):
    """A quantized Keras layer is made with an argument that no integer layer has."""


class FileFormatError(AkidaLiteError, ValueError):
    """A file is not what its name or header says: damaged, foreign or from the future."""


class DatasetError(AkidaLiteError, RuntimeError):
    """No source could deliver a data set, or what came has the wrong checksum."""


class ClaimError(AkidaLiteError, ValueError):
    """A published number is unknown, or is not what was measured."""


def require_keras(name: str, error: ModuleNotFoundError) -> None:
    """Say how to install Keras, where that is why something could not be imported.

    Parameters
    ----------
    name : str
        Full name of what was asked for.
    error : ModuleNotFoundError
        Why it could not be imported.

    Raises
    ------
    ModuleNotFoundError
        If Keras or TensorFlow is what is missing.
    """
    if error.name in ("keras", "tensorflow"):
        raise ModuleNotFoundError(
            f"{name} needs Keras, which is not installed. "
            "Fix: python -m pip install 'akida_lite[keras]'.",
            name=error.name,
        ) from error
