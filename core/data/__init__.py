"""Files become tables: their dialect is found, they land as Parquet, DuckDB asks them, locked."""
