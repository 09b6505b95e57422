"""`shardproof inspect --html`: a file, sound or damaged, or a whole store, as one self-contained page."""

from .files import file_content
from .model import LARGEST, USUAL, Content, Limits
from .page import page_of
from .stores import extent_size_of, store_content

__all__ = ["LARGEST", "USUAL", "Content", "Limits", "extent_size_of", "file_content", "page_of", "store_content"]
