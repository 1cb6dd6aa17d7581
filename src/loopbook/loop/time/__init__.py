"""Time of a loop: periods, steps, months in force, delays, and rows of numbers in time."""
