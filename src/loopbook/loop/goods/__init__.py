"""What moves in a walk: components, streams, and what a site model is asked and answers."""
