"""Rules between the rows of a loop, one file a kind of rule."""
