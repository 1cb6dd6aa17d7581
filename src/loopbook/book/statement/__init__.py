"""The metal statement of a period, its uncertainty, and the accounts of runs."""
