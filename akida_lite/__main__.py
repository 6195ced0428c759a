"""``python -m akida_lite`` does what ``akida-lite`` does."""

import sys

from akida_lite.cli import main

# Processes that a command starts import this module under another name.
if __name__ == "__main__":
    sys.exit(main())
