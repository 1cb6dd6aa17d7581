"""Commands with which lots leave the book."""
