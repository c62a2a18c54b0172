"""The only door to a model. Every attempt is a step: gated, held, streamed, settled."""

from core.llm.config import ModelPrice, ModelSettings
from core.llm.gateway import Gateway
from core.llm.messages import Message, Reply, ToolCall, ToolSpec, Usage

__all__ = [
    "Gateway",
    "Message",
    "ModelPrice",
    "ModelSettings",
    "Reply",
    "ToolCall",
    "ToolSpec",
    "Usage",
]
