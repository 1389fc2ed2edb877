"""``python -m numtile`` is the command ``numtile``."""

import sys

from .cli import main

sys.exit(main())
