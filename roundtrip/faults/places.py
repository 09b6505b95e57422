"""The map of a store at rest: what lies where, byte by byte, in the words of the atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine import Store
from engine.chunk_reader import FoundChunk
from engine.extents import HEADER_SIZE, METADATA_PAIRS, RESERVED_COUNT, SUPERBLOCK_PAIRS
from engine.frames import TAG_SIZE
from engine.recovery import recover
from engine.run_reader import FOOTER_SIZE
from engine.window import Window
from formats.generated import lsm_page_footer_v1, lsm_page_index_v1, superblock_v1, tree_metadata_v1
from formats.seeds import life_seed, offset_seed, run_key, run_seed

from .atlas import (
    DATA_PAGE,
    DEAD_FRAME,
    EXTENT_HEADER,
    METADATA_NEWEST,
    METADATA_NEWEST_CRASHED,
    METADATA_RECORD,
    ROOT_HEADER,
    RUN_END,
    RUN_FRAME,
    SUPERBLOCK_NEWEST,
    SUPERBLOCK_RECORD,
    VALUE_FRAME,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine import Limits
    from engine.memory_disk import MemoryDisk
    from engine.recovery import Recovered
    from engine.run_reader import Run


class Place(NamedTuple):
    """Bytes `start` to `end` of an extent. `where`: the atlas's word.

    `structure`, `reported_at`: what a report of damage here calls the structure, and the offset that it names; of what
    is never reported, empty. `key`: of a value's frame. `page_at`: extent and offset where the page of a run begins,
    which names it in an error; a page may go over from one chunk into another.
    """

    extent: int
    start: int
    end: int
    where: str
    structure: str = ""
    reported_at: int = 0
    key: bytes | None = None
    page_at: tuple[int, int] = (-1, -1)


def places_of(disk: MemoryDisk, limits: Limits) -> list[Place]:
    """Everything that has a name in the store on this disk, and every whole frame that has none.

    Where two overlap, as dead frames and others do, the first one counts. The disk is left as it is.
    """
    found = recover(disk.fork())
    places = list(root_places(disk.fork(), found))
    with Store.open_on(disk.fork(), limits, read_only=True) as store:
        named: list[Place] = []
        for key in store.scan():
            for extent, _life, offset, _length, _checksum in store.index.find(key) or ():
                end = offset + frame_at(store, extent, offset).size
                named.append(Place(extent, offset, end, VALUE_FRAME, "chunk", offset, key))
        for run in store.index.runs:
            named += run_places(store, run)
        used = sorted({place.extent for place in named})
        places += [Place(number, 0, HEADER_SIZE, EXTENT_HEADER, "extent_header", 0) for number in used]
        places += named
        starts = {(place.extent, place.reported_at) for place in named}
        for one in store.extents.all[RESERVED_COUNT:]:
            if one.owner != "free":
                places += dead_places(store, one.number, starts)
    return places


def frame_at(store: Store, extent: int, offset: int) -> FoundChunk:
    """The whole frame that is there, of whichever version."""
    found = store.chunks.chunk_at(Window(store.extents, store.extents.all[extent]), offset)
    assert found is not None, "what is named was read before"
    return found


def root_places(disk: MemoryDisk, found: Recovered) -> Iterator[Place]:
    """Headers and records of the pairs that are in use."""
    for pairs, pair, codec in (
        (SUPERBLOCK_PAIRS, found.superblock_pair, superblock_v1),
        (METADATA_PAIRS, found.metadata_pair, tree_metadata_v1),
    ):
        for number in pairs[pair]:
            yield Place(number, 0, HEADER_SIZE, ROOT_HEADER)
            yield from record_places(disk, number, found, codec)


def record_places(disk: MemoryDisk, number: int, found: Recovered, codec: Any) -> Iterator[Place]:
    """The records of one root extent; the newest has a word of its own."""
    seed = life_seed(found.uuid, number, found.generations[number])
    is_superblock = codec is superblock_v1
    ends = []
    offset = HEADER_SIZE
    while offset + codec.HEADER_SIZE <= disk.extent_size_bytes:
        fields = codec.probe_header(disk.read(number, offset, codec.HEADER_SIZE), offset_seed(offset, seed))
        if fields is None:
            break
        header = codec.Header(*fields)
        end = offset + codec.HEADER_SIZE + (header.entries_length if is_superblock else header.changes_length)
        ends.append((offset, end))
        offset = end
    for start, end in ends:
        where = SUPERBLOCK_RECORD if is_superblock else METADATA_RECORD
        if end == offset and is_superblock:
            where = SUPERBLOCK_NEWEST
        elif end == offset:
            where = METADATA_NEWEST if found.is_clean else METADATA_NEWEST_CRASHED
        is_reported = where not in {SUPERBLOCK_NEWEST, METADATA_NEWEST_CRASHED}
        yield Place(number, start, end, where, codec.FORMAT if is_reported else "", start)


def run_places(store: Store, run: Run) -> Iterator[Place]:
    """Frames and pages of a run, whose pages may go over from one chunk into the next."""
    key = run_key(run.number)
    data = b"".join(store.chunks.read(locator, key, part, "run") for part, locator in enumerate(run.chunks))
    seed = run_seed(store.extents.uuid, run.number)
    footer_at = len(data) - FOOTER_SIZE
    footer = lsm_page_footer_v1.probe_tuple(data[footer_at:], offset_seed(footer_at, seed))
    assert footer is not None, "the store was opened, so its footers are whole"
    index_at, index_size = footer[3], footer[4]
    index = lsm_page_index_v1.probe_tuple(data[index_at : index_at + index_size], offset_seed(index_at, seed))
    assert index is not None, "likewise"
    ((offsets, lengths, _last_keys),) = index
    pages = [(at, at + length, DATA_PAGE) for at, length in zip(offsets, lengths, strict=True)]
    filter_at = index_at + index_size
    pages += [(index_at, filter_at, RUN_END), (filter_at, footer_at, RUN_END), (footer_at, len(data), RUN_END)]
    starts: dict[int, tuple[int, int]] = {}
    before = 0
    for extent, _life, chunk_at, length, _checksum in run.chunks:
        payload_at = frame_at(store, extent, chunk_at).payload_at
        yield Place(extent, chunk_at, payload_at, RUN_FRAME, "chunk", chunk_at)
        yield Place(extent, payload_at + length, payload_at + length + TAG_SIZE, RUN_FRAME, "chunk", chunk_at)
        for start, end, where in pages:
            first, last = max(start, before), min(end, before + length)
            if first < last:
                begin, stop = payload_at + first - before, payload_at + last - before
                page_at = starts.setdefault(start, (extent, begin))
                yield Place(extent, begin, stop, where, "chunk", chunk_at, page_at=page_at)
        before += length


def dead_places(store: Store, number: int, named: set[tuple[int, int]]) -> Iterator[Place]:
    """Whole frames of an extent that nothing names."""
    window = Window(store.extents, store.extents.all[number])
    for chunk in store.chunks.scan(window):
        if isinstance(chunk, FoundChunk) and (number, chunk.locator[2]) not in named:
            start = chunk.locator[2]
            yield Place(number, start, start + chunk.size, DEAD_FRAME)
