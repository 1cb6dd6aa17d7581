"""Scenarios: numbers of a loop are drawn within their ranges, and figures of all are kept."""
