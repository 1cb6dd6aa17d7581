"""Tables of results that a loop declares: formulas over what was walked, priced and burdened."""
