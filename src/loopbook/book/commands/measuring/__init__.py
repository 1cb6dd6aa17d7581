"""Commands that report what scales, laboratories and stock-takes found."""
