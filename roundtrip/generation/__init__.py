"""How values of a layout are made: sources of choices, what fields are used for, and the generator itself.

`roundtrip.generate` is the entrance; this package imports no Hypothesis.
"""
