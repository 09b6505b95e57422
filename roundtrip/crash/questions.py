"""The questions that readers ask of an image, each of one extent, and what they learn.

    read      these bytes                            -> the bytes
    header    the header of a root extent            -> what it says, or None
    first     the header of its first record         -> the fields, or None
    copy      its copy of the root record there      -> the bytes, or None where it is not whole
    frame     the same, asked by the reference store -> the bytes, or the rule by which it is refused

Of `copy`, `first` and `header` the engine's own functions find the answer, of `frame` the reference store's: all pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.extents import HEADER_SIZE
from engine.recovery import RECORD_HEADER_SIZE, RootBlocks, read_copy, read_root_header
from formats.generated import superblock_v1, tree_metadata_v1
from formats.seeds import offset_seed
from roundtrip.reference import extent_header, superblock, tree_metadata
from roundtrip.reference.refusal import Refusal
from roundtrip.reference.window import Window

if TYPE_CHECKING:
    from .recall import Question

READ: Final = "read"
HEADER: Final = "header"
FIRST: Final = "first"
COPY: Final = "copy"
FRAME: Final = "frame"

DECODERS: Final = {
    decoder.decode_prefix.__module__: decoder.decode_prefix for decoder in (extent_header, superblock, tree_metadata)
}
CODECS: Final = {codec.FORMAT: codec for codec in (superblock_v1, tree_metadata_v1)}


class OneExtent:
    """A disk of which one extent is asked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.extent_size_bytes = len(data)

    def read(self, _extent: int, offset: int, length: int) -> bytes:
        """Bytes of that extent."""
        return self._data[offset : offset + length]


def answer(question: Question, data: bytes) -> Any:
    """What a question learns from an extent's bytes."""
    kind = question[0]
    if kind is READ:
        _, _, offset, length = question
        return data[offset : offset + length]
    if kind is HEADER:
        return read_root_header(data, question[1])
    if kind is FIRST:
        _, _, seed, codec = question
        return CODECS[codec].probe_header(data[HEADER_SIZE:], offset_seed(HEADER_SIZE, seed))
    if kind is COPY:
        _, extent, offset, seed, codec = question
        found = read_copy(RootBlocks(OneExtent(data)), extent, offset, seed, CODECS[codec], None)  # type: ignore[arg-type]  # reads only
        return None if found is None else data[offset : offset + RECORD_HEADER_SIZE + len(found[1])]
    _, extent, decoder, offset, seed = question
    try:
        _, size = Window(OneExtent(data).read, extent, len(data)).frame(DECODERS[decoder], offset, seed)
    except Refusal as refusal:
        return refusal.rule
    return data[offset : offset + size]


def span_of(question: Question, answer: Any) -> tuple[int, int]:
    """From where to where in the extent the answer was found, in bytes; a refusal may come from anywhere behind."""
    kind = question[0]
    if kind is READ:
        return question[2], question[2] + question[3]
    if kind is HEADER:
        return 0, HEADER_SIZE
    if kind is FIRST:
        return HEADER_SIZE, HEADER_SIZE + RECORD_HEADER_SIZE
    offset: int = question[2] if kind is COPY else question[3]
    return offset, offset + len(answer) if isinstance(answer, bytes) else 2**63
