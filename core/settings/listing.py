"""Every setting as text: .env.example and docs/settings.md are made here."""

from __future__ import annotations

from typing import Any

from core.settings.fields import is_secret, section, settable


def _text(default: Any) -> str:
    """A default as it is written in an environment file."""
    if default is None or default == {}:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def example() -> str:
    """The text of .env.example: every setting, what it does, and its default, commented out."""
    lines = [
        "# Every setting with its default. Made by `python -m core.settings > .env.example`.",
        "# Copy a line to .env, or set it in the environment (which wins). Empty means default.",
        "# A secret or a provider's address may also stand in a file: NAME_FILE=/path.",
    ]
    here = ""
    for name, field in settable().items():
        if section(field) != here:
            here = section(field)
            lines += ["", f"# --- {here}"]
        lines += [
            f"# {str(field.description).rstrip('.')}.",
            f"#{name.upper()}={_text(field.default)}",
        ]
    lines += ["", "# --- Flags", "# FLAG_NAME=on or off overrides a flag of data/flags.yaml.", ""]
    return "\n".join(lines)


def markdown() -> str:
    """The text of docs/settings.md: a table of every setting."""
    lines = [
        "# Settings",
        "",
        "Made by `python -m core.settings markdown > docs/settings.md`. Set them in the",
        "environment or in `.env`; the environment wins, empty means default. Each secret and each",
        "provider's address may also stand in a file: `NAME_FILE=/path`. `FLAG_NAME=on` overrides",
        "a flag.",
        "",
        "| setting | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in settable().items():
        default = f"`{_text(field.default)}`" if _text(field.default) else ""
        secret = " (secret)" if is_secret(field) else ""
        lines.append(f"| `{name.upper()}` | {default} | {field.description}{secret} |")
    return "\n".join([*lines, ""])
