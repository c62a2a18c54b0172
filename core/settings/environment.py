"""Reading the environment, then `.env`: the only place that does.

The environment wins; an empty value counts as unset. Each secret, and each key and address of a
provider, may also come from a file: SECRET_KEY_FILE=/run/secrets/key. Values that cannot be used
end the start with their names and the way out, never with a secret in the message.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from core.errors import Invalid
from core.settings.catalogue import credentials
from core.settings.fields import ROOT, Settings, is_secret, settable

FLAG = "FLAG_"  # FLAG_INSIGHT=off overrides the flag `insight`
OWN = "STUDIO_"  # nobody else's names begin with it, so an unknown one is a typo
EMPTY: Mapping[str, str] = {}


class SettingsInvalid(Invalid):
    """A setting cannot be used. The message names it and says what is wrong with it."""

    code = "settings_invalid"


def load(env: Mapping[str, str] | None = None, env_file: Path | None = ROOT / ".env") -> Settings:
    """The settings of this process, valid. Raises SettingsInvalid.

    `env` stands in for the environment and `env_file` for .env; None reads no file.
    """
    layers = {".env": _read(env_file), "the environment": os.environ if env is None else env}  # noqa: TID251 - the one place
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    notes: list[str] = []
    for place, layer in layers.items():  # the later layer wins
        given = {name: value for name, value in layer.items() if value.strip()}
        found = {name: _given(name, field, given, place) for name, field in settable().items()}
        found = {name: value for name, value in found.items() if value is not None}
        values |= found
        origin |= dict.fromkeys(found, place)
        flags = {n.removeprefix(FLAG).lower(): v for n, v in given.items() if n.startswith(FLAG)}
        values["flags"] = values.get("flags", {}) | flags
        notes += _typos(given, place)
    keys = {name: values.pop(name.lower()) for name in credentials() if name.lower() in values}
    try:
        return Settings(**values, credentials=keys, notes=tuple(notes))
    except ValidationError as error:
        raise _invalid(error, values, origin, notes) from None  # its text would hold the values


def _read(env_file: Path | None) -> Mapping[str, str]:
    if env_file is None or not env_file.is_file():
        return EMPTY
    try:
        found = dotenv_values(env_file, interpolate=False)  # a password may hold a dollar sign
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsInvalid(
            f"{env_file.name} cannot be read: {reason}.", hint="Mend the file or take it away."
        ) from None
    return {name: value or "" for name, value in found.items()}


def _given(name: str, field: FieldInfo, given: Mapping[str, str], place: str) -> str | None:
    """The value of one setting in one layer, from its file when it is a secret."""
    key = name.upper()
    value, path = given.get(key), given.get(f"{key}_FILE")
    if path is None or not is_secret(field):
        return value
    if value is not None:
        raise SettingsInvalid(
            f"{key} and {key}_FILE are both set in {place}.", hint="Take one of them away."
        )
    try:
        text = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsInvalid(
            f"{key}_FILE names a file that cannot be read: {reason}.",
            hint="Mend the path or take the setting away.",
        ) from None
    if not text:
        raise SettingsInvalid(f"{key}_FILE names an empty file.", hint="Write the secret into it.")
    return text


def _typos(given: Mapping[str, str], place: str) -> list[str]:
    """A sentence for each name that looks like a setting and is none.

    In the environment only our own prefix is ours to judge; .env is ours altogether.
    """
    known = {name.upper() for name in settable()}
    known |= {f"{name.upper()}_FILE" for name, field in settable().items() if is_secret(field)}
    found = []
    for name in sorted(set(given) - known):
        near = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
        ours = name.startswith(OWN) or (place == ".env" and not name.startswith(FLAG) and near)
        if ours:
            meant = f" Did you mean {near[0]}?" if near else ""
            found.append(f"{name} in {place} is not a setting.{meant}")
    return found


def _invalid(
    error: ValidationError, values: Mapping[str, Any], origin: Mapping[str, str], notes: list[str]
) -> SettingsInvalid:
    """One sentence with every setting that is wrong. Values of secrets stay out of it."""
    wrong = []
    for item in error.errors(include_context=False, include_input=False, include_url=False):
        reason = item["msg"].removeprefix("Value error, ")
        name = str(item["loc"][0]) if item["loc"] else ""
        if name == "credentials":
            said = [part.partition(": ") for part in reason.split("; ")]
            wrong += [_sentence(key.lower(), "", why, origin) for key, _, why in said]
            continue
        if not name:
            wrong.append(reason)
            continue
        inside = [str(step) for step in item["loc"][1:] if not str(step).startswith("[")]
        reason += f" (at {', '.join(inside)})" if inside else ""
        shown = "" if is_secret(Settings.model_fields[name]) else f" is {values.get(name)!r} and"
        wrong.append(_sentence(name, shown, reason, origin))
    hint = ".env.example lists every setting with its default; an empty value is the default."
    return SettingsInvalid("; ".join(wrong) + ".", hint=" ".join([*notes, hint]))


def _sentence(name: str, shown: str, reason: str, origin: Mapping[str, str]) -> str:
    place = origin.get(name, "the defaults")
    why = f"{reason[:1].lower()}{reason[1:]}"
    return f"{name.upper()} in {place}{shown} cannot be used: {why}"
