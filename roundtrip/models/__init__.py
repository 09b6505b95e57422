"""Executable reference models: obviously right, with the interface of the real parts."""
