"""``akida-lite``, and ``python -m akida_lite``, start here: Ctrl+C is quiet from here on."""

import sys


def main() -> int:
    """Run the command line and return its exit status.

    Returns
    -------
    int
        That of :func:`akida_lite.cli.main`, or 130 after Ctrl+C, as shells report it.
    """
    try:
        # Imports take time, in which a user may press Ctrl+C.
        from akida_lite.cli import main as command

        return command()
    except KeyboardInterrupt:
        return 130


# Processes that a command starts import this module under another name.
if __name__ == "__main__":
    sys.exit(main())
