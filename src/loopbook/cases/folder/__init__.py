"""A case folder, read and checked as a whole before anything is computed."""
