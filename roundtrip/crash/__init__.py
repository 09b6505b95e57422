"""Crash states: every image that a power failure can leave of a history, and what recovery makes of each."""
