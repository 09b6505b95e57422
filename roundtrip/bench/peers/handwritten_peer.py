"""The hand-written codecs as a peer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from formats.values import plain_of_record

from ..records import Sample
from . import handwritten as headers
from . import handwritten_pages as pages
from . import handwritten_records as records
from . import handwritten_version_2 as version_2
from .contender import Call, Contender, NotComparable


@dataclass(frozen=True)
class Hand:
    """The hand-written codec of one format."""

    record: type[msgspec.Struct]
    decode: Callable[[bytes, int], Any]
    encode: Callable[[Any, int], bytes]
    lookup: Callable[[bytes, bytes], int] | None = None


HANDS: Final = {
    "extent_header": Hand(headers.ExtentHeader, headers.decode_extent_header, headers.encode_extent_header),
    "chunk": Hand(headers.Chunk, headers.decode_chunk, headers.encode_chunk),
    "chunk@2": Hand(version_2.Chunk, version_2.decode_chunk, version_2.encode_chunk),
    "superblock": Hand(records.Superblock, records.decode_superblock, records.encode_superblock),
    "tree_metadata": Hand(records.TreeMetadata, records.decode_tree_metadata, records.encode_tree_metadata),
    "lsm_page.data": Hand(pages.Data, pages.decode_data, pages.encode_data, pages.lookup_data),
    "lsm_page.data@2": Hand(pages.Data, version_2.decode_data, version_2.encode_data, version_2.lookup_data),
    "lsm_page.index": Hand(pages.Index, pages.decode_index, pages.encode_index, pages.lookup_index),
    "lsm_page.filter": Hand(pages.Filter, pages.decode_filter, pages.encode_filter),
    "lsm_page.footer": Hand(headers.Footer, headers.decode_footer, headers.encode_footer),
}


def contenders(sample: Sample) -> list[Contender]:
    """The lane `handwritten`."""
    hand = HANDS.get(sample.format.label)
    if hand is None:
        raise NotComparable("nobody has written a codec for it by hand")
    record = msgspec.convert(sample.plain, hand.record, builtin_types=(bytes,))
    lookup = None if hand.lookup is None or not sample.keys else Call(hand.lookup, (sample.data, sample.wanted_key))
    return [
        Contender(
            "handwritten",
            "all",
            Call(hand.decode, (sample.data, sample.seed)),
            plain_of_record,
            Call(hand.encode, (record, sample.seed)),
            lookup,
        )
    ]
