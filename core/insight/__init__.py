"""Insight Lab: questions to decks, evidence or silence."""

from core.insight.ask import Answered, Question
from core.insight.export import EXPORTS
from core.insight.inquiry import load
from core.insight.slides import Deck

__all__ = ["EXPORTS", "Answered", "Deck", "Question", "load"]
