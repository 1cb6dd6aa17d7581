"""Unit operations, each in a file of its own; `ours` lists them, a line each."""
