"""Commands that cut lots and join them."""
