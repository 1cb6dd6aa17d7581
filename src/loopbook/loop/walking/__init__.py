"""The walk of a loop: what its sites make and its contracts move, step by step."""
