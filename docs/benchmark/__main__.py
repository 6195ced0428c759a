"""``python docs/benchmark``: the command, and each task in the process that it starts."""

import os
import sys
from pathlib import Path

# Python looks for modules inside a folder that it runs. This package lies beside it, and a
# user's own model where the command is given.
sys.path[:1] = [str(Path(__file__).resolve().parents[1]), os.getcwd()]

from benchmark.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
