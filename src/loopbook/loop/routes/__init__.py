"""Routes of the flowsheets as processes of a loop: what they cost."""
