"""What a cell of a loop holds: quantities, amounts, conditions, days."""
