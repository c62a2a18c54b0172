"""Doors to models that make or read something else than text. Each is a priced, gated step."""
