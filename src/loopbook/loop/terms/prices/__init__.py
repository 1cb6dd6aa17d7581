"""Laws of prices and payments between seller and buyer, one file a law."""
