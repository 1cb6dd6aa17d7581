"""Commands with which lots go from place to place and from owner to owner."""
