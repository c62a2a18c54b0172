"""Formats of a deck, one a file: a function decorated with `core.insight.export.export`."""
