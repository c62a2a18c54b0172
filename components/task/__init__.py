"""A page for any operation, derived from its registration: form, progress, result."""
