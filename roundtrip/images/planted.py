"""Planted bugs that damage in a store image must bring to light: mistakes in how rot is noticed, named or kept apart.

Each is a small replacement while it lasts, in the engine or in the reference store; where both are right, nothing is
found. `image`: the kept image whose damage shows it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unittest.mock import patch

from engine import chunk_reader, recovery
from engine.chunk_reader import ChunkReader, FoundChunk
from engine.errors import ChunkRotten
from engine.frames import probe_frame
from engine.scrub import Scrub
from engine.store import Store
from engine.window import Window
from formats.seeds import life_seed, offset_seed

from ..faults.planted import rotten_page_is_empty
from ..reference import mapping
from ..reference import named_chunk as reference_named_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

SECTOR: Final = 512


@contextmanager
def checksum_is_not_compared() -> Iterator[None]:
    """A read of a chunk takes any payload for the one that the index has a checksum of."""
    read = ChunkReader.read_part

    def believing(reader: ChunkReader, locator: Any, *others: Any) -> Any:
        with patch.object(chunk_reader, "crc32c", lambda _payload: locator[4]):
            return read(reader, locator, *others)

    with patch.object(ChunkReader, "read_part", believing):
        yield


@contextmanager
def scrub_skips_extents() -> Iterator[None]:
    """A scrub leaves out the values of every second extent."""
    value = Scrub._value  # noqa: SLF001  # the method that is replaced

    def hasty(scrub: Scrub, key: bytes, entry: Any) -> None:
        if entry[0][0] % 2:
            value(scrub, key, entry)

    with patch.object(Scrub, "_value", hasty):
        yield


@contextmanager
def next_sector_is_named() -> Iterator[None]:
    """The place of a rotten chunk is told one sector too far."""
    rotten = ChunkReader._rotten  # noqa: SLF001  # the method that is replaced

    def misplaced(*arguments: Any, **names: Any) -> Any:
        error = rotten(*arguments, **names)
        if isinstance(error, ChunkRotten):
            error.offset += SECTOR
        return error

    with patch.object(ChunkReader, "_rotten", misplaced):
        yield


@contextmanager
def dead_frames_are_verified() -> Iterator[None]:
    """A scrub believes in every frame that lies in an extent, and reports dead ones that have rotted."""
    header = Scrub._header  # noqa: SLF001  # the method that is extended

    def thorough(scrub: Scrub, extent: Any) -> None:
        header(scrub, extent)
        window = Window(scrub.extents, extent)
        for found in scrub.chunks.scan(window):
            if isinstance(found, FoundChunk) and scrub.chunks.payload(window, found) is None:
                number, generation, offset, _, _ = found.locator
                error = ChunkRotten("chunk", extent=number, generation=generation, offset=offset, key=found.key)
                if (number, offset) not in {(one.extent, one.offset) for one in scrub.damage}:
                    scrub.damage.append(error)

    with patch.object(Scrub, "_header", thorough):
        yield


@contextmanager
def reference_ignores_rot() -> Iterator[None]:
    """The reference store takes the chunk of a value as it lies there."""
    named_chunk = reference_named_chunk.named_chunk

    def believing(*arguments: Any, **names: Any) -> Any:
        return named_chunk(*arguments, **names)._replace(fault=None)

    with patch.object(mapping, "named_chunk", believing):
        yield


@contextmanager
def rot_drops_the_next_key() -> Iterator[None]:
    """After a key that is rotten the next one that is asked for is said to be absent."""
    get = Store.get
    dropping: set[int] = set()

    def forgetful(store: Store, key: bytes) -> bytes | None:
        if id(store) in dropping:
            dropping.discard(id(store))
            return None
        try:
            return get(store, key)
        except ChunkRotten:
            dropping.add(id(store))
            raise

    with patch.object(Store, "get", forgetful):
        yield


@contextmanager
def believed_frames(seeds: Callable[[ChunkReader, Any], Iterator[int]]) -> Iterator[None]:
    """Where a chunk is rotten, any whole frame at its place is taken that is sealed with one of these seeds."""
    read = ChunkReader.read_part

    def lenient(reader: ChunkReader, locator: Any, key: bytes, *others: Any) -> Any:
        try:
            return read(reader, locator, key, *others)
        except ChunkRotten:
            number, _, offset, _, _ = locator
            frame = reader.extents.disk.read(number, offset, min(2 * SECTOR, reader.extents.size - offset))
            for seed in seeds(reader, locator):
                header = probe_frame(frame, seed)
                if header is not None:
                    start = header.size + header.key_length
                    return frame[start : start + header.length], header.value_checksum
            raise

    with patch.object(ChunkReader, "read_part", lenient):
        yield


def stale_frame_is_accepted() -> AbstractContextManager[None]:
    """A whole frame of a former life of the extent is taken for the one that was named."""

    def seeds(reader: ChunkReader, locator: Any) -> Iterator[int]:
        number, generation, offset, _, _ = locator
        for life in range(1, generation):
            yield offset_seed(offset, life_seed(reader.extents.uuid, number, life))

    return believed_frames(seeds)


def moved_frame_is_accepted() -> AbstractContextManager[None]:
    """A whole frame that belongs some sectors away, or into another extent, is taken for the one that was named."""

    def seeds(reader: ChunkReader, locator: Any) -> Iterator[int]:
        extents = reader.extents
        for extent in extents.all:
            for offset in range(locator[2] % SECTOR, extents.size, SECTOR):
                yield offset_seed(offset, extent.seed)

    return believed_frames(seeds)


@contextmanager
def second_copy_is_not_read() -> Iterator[None]:
    """Recovery reads one copy of each root record, and takes the other one to be the same."""
    read = recovery.read_copy

    def trusting(blocks: Any, number: int, offset: int, seed: int, codec: Any, other: Any) -> Any:
        return other if number % 2 else read(blocks, number, offset, seed, codec, other)

    with patch.object(recovery, "read_copy", trusting):
        yield


@contextmanager
def extent_header_is_not_verified() -> Iterator[None]:
    """A scrub does not look at the headers of extents."""
    with patch.object(Scrub, "_header", lambda *_: None):
        yield


class ImageBug(NamedTuple):
    """A planted bug, and the kept image on which it is looked for."""

    name: str
    image: str
    plant: Callable[[], AbstractContextManager[None]]


PLANTED: Final = {
    each.name: each
    for each in (
        ImageBug("checksum-is-not-compared", "mixed", checksum_is_not_compared),
        ImageBug("scrub-skips-extents", "mixed", scrub_skips_extents),
        ImageBug("next-sector-is-named", "mixed", next_sector_is_named),
        ImageBug("dead-frames-are-verified", "mixed", dead_frames_are_verified),
        ImageBug("reference-ignores-rot", "mixed", reference_ignores_rot),
        ImageBug("rot-drops-the-next-key", "mixed", rot_drops_the_next_key),
        ImageBug("stale-frame-is-accepted", "reclaimed", stale_frame_is_accepted),
        ImageBug("moved-frame-is-accepted", "mixed", moved_frame_is_accepted),
        ImageBug("second-copy-is-not-read", "mixed", second_copy_is_not_read),
        ImageBug("extent-header-is-not-verified", "mixed", extent_header_is_not_verified),
        ImageBug("page-rot-is-empty", "mixed", rotten_page_is_empty),
    )
}
