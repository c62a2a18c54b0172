"""Every setting as text: .env.example and docs/settings.md are made here."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from core.settings.fields import is_secret, settable


def _text(default: Any) -> str:
    """A default as it is written in an environment file."""
    if default is None or default == {}:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(default) if isinstance(default, tuple) else str(default)


def _section(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra["section"]) if isinstance(extra, dict) else ""


def example() -> str:
    """The text of .env.example: every setting, what it does, and its default, commented out."""
    lines = [
        "# Every setting with its default. Made by `python -m core.settings > .env.example`.",
        "# Copy a line to .env, or set it in the environment (which wins). Empty means default.",
        "# A secret may also stand in a file: NAME_FILE=/path instead of NAME=value.",
    ]
    section = ""
    for name, field in settable().items():
        if _section(field) != section:
            section = _section(field)
            lines += ["", f"# --- {section}"]
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
        "environment or in `.env`; the environment wins, empty means default. Each secret may",
        "also stand in a file: `NAME_FILE=/path`. `FLAG_NAME=on` overrides a flag.",
        "",
        "| setting | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in settable().items():
        default = f"`{_text(field.default)}`" if _text(field.default) else ""
        secret = " (secret)" if is_secret(field) else ""
        lines.append(f"| `{name.upper()}` | {default} | {field.description}{secret} |")
    return "\n".join([*lines, ""])
