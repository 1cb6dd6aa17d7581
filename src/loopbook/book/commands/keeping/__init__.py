"""Commands that keep the book in order: holds, reversals and periods."""
