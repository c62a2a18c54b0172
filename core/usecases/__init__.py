"""Use cases: one operation a file, known by being here."""
