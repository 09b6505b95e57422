"""Reference decoders: the eight structures read by hand, each in all its versions, from their documented layout alone.

They exist to disagree when the schemas, or what is generated from them, are wrong. So nothing here comes
from the other rooms or from a CRC library; every offset and every bound was typed in from the layout
tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from . import chunk, extent_header, lsm_page, superblock, tree_metadata
from .context import seed_of
from .crc import crc32c
from .header import Buffer
from .refusal import RULES, Refusal

Decoder = Callable[[Buffer, int], dict[str, Any]]
PrefixDecoder = Callable[[Buffer, int], tuple[dict[str, Any], int]]


def _in_bytes(decode_prefix: PrefixDecoder) -> PrefixDecoder:
    """The decoder, for views whose items are not single bytes in one row too; those are copied."""

    def decode(data: Buffer, seed: int) -> tuple[dict[str, Any], int]:
        if isinstance(data, memoryview) and (data.ndim != 1 or data.itemsize != 1):
            data = data.tobytes()
        return decode_prefix(data, seed)

    return decode


def _exact(decode_prefix: PrefixDecoder) -> Decoder:
    """The decoder that also refuses bytes after the frame, as `trailing`."""

    def decode(data: Buffer, seed: int) -> dict[str, Any]:
        value, consumed = decode_prefix(data, seed)
        size = data.nbytes if isinstance(data, memoryview) else len(data)
        if size > consumed:
            raise Refusal("trailing", f"the frame ends {size - consumed} bytes before the input", consumed)
        return value

    return decode


# name (name@2 of version 2) -> decode_prefix(data, seed) -> (value, size of the frame in bytes)
PREFIX_DECODERS: Mapping[str, PrefixDecoder] = MappingProxyType(
    {
        "extent_header": _in_bytes(extent_header.decode_prefix),
        "chunk": _in_bytes(chunk.decode_prefix),
        "chunk@2": _in_bytes(chunk.decode_2_prefix),
        "superblock": _in_bytes(superblock.decode_prefix),
        "tree_metadata": _in_bytes(tree_metadata.decode_prefix),
        "lsm_page.data": _in_bytes(lsm_page.decode_data_prefix),
        "lsm_page.data@2": _in_bytes(lsm_page.decode_data_2_prefix),
        "lsm_page.index": _in_bytes(lsm_page.decode_index_prefix),
        "lsm_page.filter": _in_bytes(lsm_page.decode_filter_prefix),
        "lsm_page.footer": _in_bytes(lsm_page.decode_footer_prefix),
    }
)

# name -> decode(data, seed) -> value; the frame must be all of data
DECODERS: Mapping[str, Decoder] = MappingProxyType(
    {name: _exact(decode_prefix) for name, decode_prefix in PREFIX_DECODERS.items()}
)

# name -> the context fields that the seal is seeded with, in their order
CONTEXT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "extent_header": extent_header.CONTEXT,
        "chunk": chunk.CONTEXT,
        "chunk@2": chunk.CONTEXT,
        "superblock": superblock.CONTEXT,
        "tree_metadata": tree_metadata.CONTEXT,
        "lsm_page.data": lsm_page.CONTEXT,
        "lsm_page.data@2": lsm_page.CONTEXT,
        "lsm_page.index": lsm_page.CONTEXT,
        "lsm_page.filter": lsm_page.CONTEXT,
        "lsm_page.footer": lsm_page.CONTEXT,
    }
)

__all__ = [
    "CONTEXT",
    "DECODERS",
    "PREFIX_DECODERS",
    "RULES",
    "Buffer",
    "Decoder",
    "PrefixDecoder",
    "Refusal",
    "crc32c",
    "seed_of",
]
