"""What settling needs to know of a contract, one file a law."""
