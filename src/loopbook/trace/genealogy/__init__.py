"""Who came from whom, by element: arrays, loops over them, and questions to a cold book."""
