"""Doubt: what formulas are worth in many draws, and which inputs move them most."""
