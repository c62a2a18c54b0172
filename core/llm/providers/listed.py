"""Every provider of data/providers.yaml: a new entry there is all that a new one needs."""

from __future__ import annotations

from core.llm.hosted import Hosted
from core.llm.provider import PROVIDERS
from core.settings.catalogue import catalogue

for _name, _entry in catalogue().get("models", {}).items():
    PROVIDERS.add(_name, Hosted(_name, _entry))
