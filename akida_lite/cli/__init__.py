"""The command ``akida-lite``: every subcommand parses its arguments and calls public names.

Exit status: 0 if all is well, 1 if something that was checked is not, 2 for arguments and
files that cannot be used, with the reason on the standard error stream.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from akida_lite import __version__
from akida_lite.cli import evaluation, files, inspection, numbers, training
from akida_lite.errors import AkidaLiteError

__all__ = ["main"]

_UNUSABLE = 2
_INTERRUPTED = 130  # what shells report for a command ended by Ctrl+C


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
    given = _parser().parse_args(arguments)
    # TensorFlow announces itself on every start unless told not to.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        status: int = given.run(given)
        sys.stdout.flush()
    except (AkidaLiteError, ModuleNotFoundError) as error:
        print(f"akida-lite {given.command}: {error}", file=sys.stderr)
        return _UNUSABLE
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Nothing may be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        what = f"{error.filename!r}: {error.strerror}" if error.filename else error
        print(f"akida-lite {given.command}: {what}", file=sys.stderr)
        return _UNUSABLE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="akida-lite",
        description="Train, convert, check and run networks in the manner of the Akida NSoC.",
        epilog="MODEL is a network of the zoo, a file of Model.save() or a .keras file.",
    )
    parser.add_argument("--version", action="version", version=f"akida-lite {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for group in (training, evaluation, inspection, files, numbers):
        group.add_commands(commands)
    return parser
