"""What the rest of the book and other rooms ask of a database; every query is written here."""
