"""Unit operations and their parameters."""
