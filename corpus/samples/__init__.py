"""Samples: the values and the damage, chosen by hand, that kept files are made of. One module per structure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import (
    chunk,
    chunk_v2,
    extent_header,
    lsm_data,
    lsm_data_v2,
    lsm_filter,
    lsm_footer,
    lsm_index,
    superblock,
    tree_metadata,
)
from .model import Append, Become, Flaw, Flip, Insert, Keep, Put, Sample, Samples

#: Format name and version -> its samples.
SAMPLES: Final[Mapping[tuple[str, int], Samples]] = MappingProxyType(
    {
        ("extent_header", 1): extent_header.SAMPLES,
        ("chunk", 1): chunk.SAMPLES,
        ("chunk", 2): chunk_v2.SAMPLES,
        ("superblock", 1): superblock.SAMPLES,
        ("tree_metadata", 1): tree_metadata.SAMPLES,
        ("lsm_page.data", 1): lsm_data.SAMPLES,
        ("lsm_page.data", 2): lsm_data_v2.SAMPLES,
        ("lsm_page.index", 1): lsm_index.SAMPLES,
        ("lsm_page.filter", 1): lsm_filter.SAMPLES,
        ("lsm_page.footer", 1): lsm_footer.SAMPLES,
    }
)

__all__ = ["SAMPLES", "Append", "Become", "Flaw", "Flip", "Insert", "Keep", "Put", "Sample", "Samples"]
