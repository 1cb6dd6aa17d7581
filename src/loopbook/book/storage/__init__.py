"""Where a book is kept: the protocol, what both databases share, and one folder for each."""
