"""The only reader of the environment: `load()` gives valid settings or ends the start."""

from core.settings.environment import SettingsInvalid, load
from core.settings.fields import NUSD, ROOT, Settings, nusd

__all__ = ["NUSD", "ROOT", "Settings", "SettingsInvalid", "load", "nusd"]
