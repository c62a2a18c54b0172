"""Alembic's scripts. A feature's tables are found by being there: every records.py is read."""
