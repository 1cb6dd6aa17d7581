"""Files of plants and of commands: read, checked as a whole, posted all or nothing."""
