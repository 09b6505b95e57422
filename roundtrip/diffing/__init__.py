"""The difference of two files of one format: by field, insert-aware, causes apart from consequences."""

from .applying import apply_differences, plain_of_tree
from .files import FileComparison, PartDifference
from .frames import WORDS, FrameDifference, compare_frames
from .reading import FramePart, Source, read_part
from .rendering import Rendering
from .report import Summary, as_dict

__all__ = [
    "WORDS",
    "FileComparison",
    "FrameDifference",
    "FramePart",
    "PartDifference",
    "Rendering",
    "Source",
    "Summary",
    "apply_differences",
    "as_dict",
    "compare_frames",
    "plain_of_tree",
    "read_part",
]
