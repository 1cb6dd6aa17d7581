"""What may be reported to the book: commands, and the planners that make events of them."""
