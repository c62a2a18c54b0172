"""Pieces of screen. They draw and return values; what is decided, core decides."""
