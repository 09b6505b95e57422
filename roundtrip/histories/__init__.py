"""Histories: what is done to a store and its model, from bytes, from text, or by hand."""
