"""Commands with which lots come into the book."""
