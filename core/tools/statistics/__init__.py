"""Honest tests on numpy arrays. Pure functions: no tables, no randomness, no state.

Rows of real tables are rarely independent. Every p here is the largest of several: rows as they
are, neighbours in blocks, rows of one entity together, and the series with its memory taken out.
"""
