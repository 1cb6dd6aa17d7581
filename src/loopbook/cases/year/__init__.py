"""The yearly model of a case: supply, plants, mass, money, carbon."""
