"""The command ``akida-lite``: every subcommand parses its arguments and calls public names.

Exit status: 0 if all is well, 1 if something that was checked is not, 2 for arguments and
files that cannot be used, with the reason on the standard error stream.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, TextIO

from akida_lite import __version__
from akida_lite.errors import AkidaLiteError, shown

__all__ = ["main"]

_GROUPS = ("training", "evaluation", "prediction", "inspection", "forms", "numbers")
_UNUSABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Left out, those of the process.

    Returns
    -------
    int
        0, 1 or 2; see the module.
    """
    _make_streams_usable()
    command = ""
    try:
        given = _parser().parse_args(_at_home(arguments))
        command = given.command
        # TensorFlow announces itself on every start unless told not to.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        status: int = given.run(given)
        sys.stdout.flush()
    except (AkidaLiteError, ModuleNotFoundError) as error:
        _say(f"akida-lite {command}: {error}")
        return _UNUSABLE
    except BrokenPipeError:
        # The reader of the output, such as `head`, has closed it.
        _drop_output()
        return 0
    except OSError as error:
        what = f"{error.filename!r}: {error.strerror}" if error.filename else error
        _say(f"akida-lite {command}: {shown(str(what))}")
        _drop_output()
        return _UNUSABLE
    return status


def _at_home(arguments: Sequence[str] | None) -> list[str]:
    """Return the arguments with ``~`` written out, which shells leave in ``--output=~/x``."""
    given = sys.argv[1:] if arguments is None else arguments
    cut = [each.rpartition("=") if each.startswith("--") else ("", "", each) for each in given]
    return [option + equals + os.path.expanduser(value) for option, equals, value in cut]


def _make_streams_usable() -> None:
    """Give output somewhere to go, whatever the shell has closed and the terminal can show."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed, as by >&-
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _say(text: str) -> None:
    # Where standard error is full as well, only the exit status tells of the failure.
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _drop(sys.stderr)


def _drop_output() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    """See that what a stream could not take is not tried again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Parser(argparse.ArgumentParser):
    """Spells out what a terminal would obey: a shell's ``*`` may stand for any name."""

    def error(self, message: str) -> NoReturn:
        super().error(shown(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="akida-lite",
        description="Train, convert, check and run networks in the manner of the Akida NSoC.",
        epilog="MODEL is a network of the zoo, a file of Model.save() or a .keras file.",
    )
    parser.add_argument("--version", action="version", version=f"akida-lite {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for group in _GROUPS:
        import_module(f"{__name__}.{group}").add_commands(commands)
    return parser
