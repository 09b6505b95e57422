"""Minimizing a folder of kept files: fewest files that still show every feature, every pair and every verdict."""
