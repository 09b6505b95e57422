"""Covering files: made from a layout, so that every feature of it is shown by some kept file."""

from .adding import Added, Options, add_missing
from .explaining import Explaining

__all__ = ["Added", "Explaining", "Options", "add_missing"]
