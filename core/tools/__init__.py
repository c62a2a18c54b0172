"""What a model may call. A tool is one file; recipes are verified questions to a table."""
