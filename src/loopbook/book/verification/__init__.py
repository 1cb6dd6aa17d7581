"""Compute everything again: seals, legs, edges, balances, the log."""
