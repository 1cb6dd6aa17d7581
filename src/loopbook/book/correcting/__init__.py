"""Corrections: what changes in a command, how it is judged, and what it posts."""
