"""What `verify` stands on: packs read safely, files found again, queries and recipes re-run."""
