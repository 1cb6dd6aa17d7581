"""Money and carbon of a walk: who pays whom, what sites cost and carry, who owns what is left."""
