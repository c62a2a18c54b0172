"""Every setting as text, and the address the launcher waits at.

python -m core.settings            the text of .env.example
python -m core.settings markdown   the text of docs/settings.md
python -m core.settings address    "127.0.0.1 8501"
"""

from __future__ import annotations

import sys

from core.settings import SettingsInvalid, load
from core.settings.listing import example, markdown


def main(words: list[str]) -> int:
    """Print what is asked for. Wrong settings are told on standard error, with exit code 2."""
    if words == ["address"]:
        try:
            found = load()
        except SettingsInvalid as error:
            sys.stderr.write(f"{error}\n")
            return 2
        sys.stdout.write(f"{found.studio_host} {found.studio_port}\n")
        return 0
    sys.stdout.write(markdown() if words == ["markdown"] else example())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
