"""Insight Lab's pieces: sources, question, run, deck."""
