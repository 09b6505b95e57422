"""Faults: a disk on which things go wrong, the atlas of what may follow, and the runs that hold the store to it."""
