"""One drawn month of the case, posted to a book."""
