"""What is reached by HTTP besides the pages. Each file is handed the open studio."""
