"""What a flowsheet costs and emits, and how sure that is."""
