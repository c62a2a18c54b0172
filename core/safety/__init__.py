"""What must not be seen stays unseen."""

from core.safety.redaction import redact, redact_text

__all__ = ["redact", "redact_text"]
