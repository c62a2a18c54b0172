"""Verified recipes, one a file: SQL that people can read, numbers as references, honest tests."""
