"""What every byte below the write pointers is: of a named frame, of a dead one, or debris.

Named frames are those that recovery names. A dead frame is whole, and nothing names it any more, or yet. Debris is the
rest: what crashes left, and the gaps up to a page border. What is flipped there changes nothing that a reader sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from . import chunk, extent_header, superblock, tree_metadata
from .context import seed_of
from .header import MAGIC, Buffer
from .image import Frame, Read, StoreImage
from .refusal import Refusal
from .roots import METADATA_PAIRS, RESERVED_COUNT

Kind = Literal["named", "dead", "debris"]
PrefixDecoder = Callable[[Buffer, int], tuple[dict[str, Any], int]]


class Stretch(NamedTuple):
    """Bytes of an extent from `start` up to `end`. `structure` is the frame's format, empty for debris."""

    start: int
    end: int
    kind: Kind
    structure: str


def ground(read: Read, image: StoreImage) -> dict[int, tuple[Stretch, ...]]:
    """The stretches of every extent that is written to, in order and without a gap, up to its write pointer.

    The pointer of a root extent is the end of its records. `read` gives the bytes that `image` was read from.
    """
    named: dict[int, list[Frame]] = {}
    for frame in image.named:
        named.setdefault(frame.extent, []).append(frame)
    found = {}
    for number in range(image.extent_count):
        state = image.extents.get(number)
        if number < RESERVED_COUNT:
            pointer, life = image.root_ends[number], 0
        else:
            pointer, life = (0, 0) if state is None else (min(state.pointer, image.extent_size_bytes), state.generation)
        if pointer:
            data = memoryview(read(number, 0, pointer))
            found[number] = tuple(_Walk(image.disk, number, life, data).stretches(sorted(named.get(number, []))))
    return found


class _Walk:
    """One extent, from its start to its write pointer."""

    def __init__(self, disk: bytes, number: int, life: int, data: memoryview) -> None:
        self._disk = disk
        self._number = number
        self._data = data
        self._bytes = bytes(data)
        self._life = life
        self._structure, self._decoder, self._context = _format_of(number)
        if number < RESERVED_COUNT:
            self._life = self._header_life()

    def _header_life(self) -> int:
        """The life that the extent's own header states; 0, which no frame has, where it is not whole."""
        try:
            header, _ = extent_header.decode_prefix(
                self._data, seed_of(extent_header.CONTEXT, b"", self._number, 0, 0, 0)
            )
        except Refusal:
            return 0
        return int(header["generation"])

    def stretches(self, named: list[Frame]) -> list[Stretch]:
        """Named frames, and what lies between them."""
        found: list[Stretch] = []
        at = 0
        for frame in sorted(named, key=lambda frame: frame.offset):
            found += self._between(at, frame.offset)
            at = frame.offset + frame.size
            found.append(Stretch(frame.offset, at, "named", frame.structure))
        return found + self._between(at, len(self._data))

    def _between(self, start: int, end: int) -> list[Stretch]:
        """Dead frames and debris of a stretch in which nothing is named."""
        found: list[Stretch] = []
        clean_to = at = start
        while 0 <= at < end:
            size = self._whole(at, end)
            if size:
                if clean_to < at:
                    found.append(Stretch(clean_to, at, "debris", ""))
                found.append(Stretch(at, at + size, "dead", self._structure if at else "extent_header"))
                clean_to = at = at + size
            else:
                # Only where the magic bytes are, a frame may begin.
                at = self._bytes.find(MAGIC, at + 1, end)
        if clean_to < end:
            found.append(Stretch(clean_to, end, "debris", ""))
        return found

    def _whole(self, at: int, end: int) -> int:
        """The size of the whole frame at an offset, 0 where none is."""
        if at:
            decoder, seed = self._decoder, seed_of(self._context, self._disk, self._number, self._life, at, 0)
        else:
            decoder, seed = (
                extent_header.decode_prefix,
                seed_of(extent_header.CONTEXT, b"", self._number, 0, 0, 0),
            )
        try:
            return decoder(self._data[at:end], seed)[1]
        except Refusal:
            return 0


def _format_of(number: int) -> tuple[str, PrefixDecoder, tuple[str, ...]]:
    """What lies behind the header of an extent."""
    if number >= RESERVED_COUNT:
        return "chunk", chunk.decode_any_prefix, chunk.CONTEXT
    if number >= METADATA_PAIRS[0][0]:
        return "tree_metadata", tree_metadata.decode_prefix, tree_metadata.CONTEXT
    return "superblock", superblock.decode_prefix, superblock.CONTEXT
