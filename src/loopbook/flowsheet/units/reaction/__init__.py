"""Units that turn components into each other, by stoichiometry only."""
