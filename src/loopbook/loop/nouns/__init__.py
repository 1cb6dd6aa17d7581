"""The nouns of a loop, a table each: what their columns are called, hold and mean."""
