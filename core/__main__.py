"""The command line: `python -m core ask sales.csv --question "Why did revenue fall?"`.

Every command is one file in `core/commands/`, found by being there.
"""

from __future__ import annotations

import sys

from core.commands import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
