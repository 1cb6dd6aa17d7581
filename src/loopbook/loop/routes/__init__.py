"""Routes of the flowsheets as processes of a loop: what they make, and what they cost."""
