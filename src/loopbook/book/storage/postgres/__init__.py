"""The book on a PostgreSQL server."""
