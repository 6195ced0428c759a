"""``python -m akida_lite`` does what ``akida-lite`` does."""

import sys

from akida_lite.cli import main

sys.exit(main())
