"""One drawn month of the case, told to a book."""
