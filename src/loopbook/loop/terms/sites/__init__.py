"""Laws of what sites cost, carry and accept, one file a law."""
