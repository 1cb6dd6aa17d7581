"""Commands that report what processes took and made."""
