"""Laws of policies, one file a law."""
