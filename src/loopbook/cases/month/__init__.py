"""The month of a case: its settings, its record, and where the metal of its cells came from."""
