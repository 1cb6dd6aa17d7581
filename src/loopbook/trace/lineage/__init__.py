"""The way of one lot as a picture or a file."""
