"""The Merkle log over the book's events, its signed checkpoints, and proofs."""
