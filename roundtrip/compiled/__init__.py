"""The engine compiled ahead of time, from the same sources, for volume (docs/decisions/0015).

`build` makes it with mypyc, `loading` puts it in the place of the sources in one process. Planting bugs and tracing
lines need the sources.
"""
