"""Reads a sorted run: one key through filter, index and one page, or all entries in order.

Index and filter are in memory; data pages are read when they are needed, verified once, and kept in the page cache.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from formats.generated import (
    chunk_v1,
    lsm_page_data_v1,
    lsm_page_filter_v1,
    lsm_page_footer_v1,
    lsm_page_index_v1,
)
from formats.place import offset_seed, run_seed

from .bloom import PROBES, Filter
from .chunks import RUN_KEY_SIZE
from .data_page import DataPage
from .errors import ChunkRotten, DiskFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .cache import PageCache
    from .locator import Entry, Locator
    from .run_writer import RunWriter

PAYLOAD_AT: Final = chunk_v1.HEADER_SIZE + RUN_KEY_SIZE
FOOTER_SIZE: Final = lsm_page_footer_v1.HEADER_SIZE
NO_KEYS: Final = Filter((0,), PROBES)
#: The last bytes of a run that are read at once when it is opened: of a small one index, filter and footer.
TAIL_SIZE: Final = 512


class Reader(Protocol):
    """Reads bytes of an extent; raises when the extent has another generation by now."""

    def read(self, number: int, generation: int, offset: int, length: int) -> bytes:
        """So many bytes from a place."""
        ...


class Run:
    """One sorted run. It never changes: a run of which chunks were moved is another `Run`."""

    def __init__(self, disk: bytes, number: int, level: int, chunks: tuple[Locator, ...], reader: Reader) -> None:
        self.number = number
        self.level = level
        self.chunks = chunks
        self.entry_count = 0
        self.tombstone_count = 0
        self._disk = disk
        self._reader = reader
        self._seed = run_seed(disk, number)
        self._chunk_ends = list(accumulate(locator[3] for locator in chunks))
        self.size_bytes = self._chunk_ends[-1]
        self._last_keys: Sequence[bytes] = ()
        self._offsets: Sequence[int] = ()
        self._lengths: Sequence[int] = ()
        self._filter = NO_KEYS
        self._places: list[tuple[int, int]] = []

    @classmethod
    def open(cls, disk: bytes, number: int, level: int, chunks: tuple[Locator, ...], reader: Reader) -> Self:
        """Read footer, index and filter. Raises `ChunkRotten`, and whatever the reader raises."""
        run = cls(disk, number, level, chunks, reader)
        end = run._chunk_ends[-1]
        tail_at, tail = run._tail()

        def decoded(codec: Any, offset: int, length: int) -> Any:
            at = offset - tail_at
            data = run._bytes(offset, length) if at < 0 else tail[at : at + length]
            return run._values(codec, offset, data)

        footer = decoded(lsm_page_footer_v1, end - FOOTER_SIZE, FOOTER_SIZE)
        named, run.entry_count, run.tombstone_count, index_at, index_size, filter_at, filter_size = footer
        if named != number or filter_at + filter_size + FOOTER_SIZE != end or index_at + index_size != filter_at:
            raise run._rotten("lsm_page.footer", end - FOOTER_SIZE)
        ((run._offsets, run._lengths, run._last_keys),) = decoded(lsm_page_index_v1, index_at, index_size)
        probes, (words,) = decoded(lsm_page_filter_v1, filter_at, filter_size)
        run._filter = Filter(words, probes)
        return run

    @classmethod
    def from_built(  # where the run is, and what it holds
        cls, disk: bytes, number: int, level: int, chunks: tuple[Locator, ...], reader: Reader, writer: RunWriter
    ) -> Self:
        """A run that was written just now: nothing needs to be read back."""
        run = cls(disk, number, level, chunks, reader)
        run.entry_count, run.tombstone_count = writer.entry_count, writer.tombstone_count
        run._offsets, run._lengths, run._last_keys = writer.page_offsets, writer.page_lengths, writer.last_keys
        run._filter = Filter(writer.words, PROBES)
        return run

    def moved(self, chunks: tuple[Locator, ...]) -> Run:
        """The same run with some of its chunks elsewhere."""
        run = Run(self._disk, self.number, self.level, chunks, self._reader)
        run.entry_count, run.tombstone_count = self.entry_count, self.tombstone_count
        run._offsets, run._lengths, run._last_keys = self._offsets, self._lengths, self._last_keys
        run._filter = self._filter
        return run

    def get(self, key: bytes, hashed: int, cache: PageCache) -> Entry | None:
        """The entry of a key, None where the run has none; `hashed` is the key's CRC32C."""
        if not self._filter.may_contain(hashed):
            return None
        number = bisect_left(self._last_keys, key)
        if number == len(self._last_keys):
            return None
        extent, place = self._places[number] if self._places else self._locate_pages()[number]
        page = cache.get(extent, place)
        if page is None:
            page = DataPage(self._decoded(lsm_page_data_v1, self._offsets[number], self._lengths[number]))
            cache.add(extent, place, page)
        return page.find(key)

    def _locate_pages(self) -> list[tuple[int, int]]:
        """Where each page begins: the extent, and generation and offset in one number.

        A reader that was overtaken by a reset may still add a page of the former life: the life is in the name.
        """
        places = []
        for offset in self._offsets:
            extent, generation, at = self._place(offset)
            places.append((extent, generation << 32 | at))
        self._places = places
        return places

    def batches(
        self, start: bytes = b"", skipped: Callable[[ChunkRotten], None] | None = None
    ) -> Iterator[tuple[list[bytes], list[Entry]]]:
        """Entries in order from a key on, page by page; `skipped` is told of pages that cannot be read."""
        for page in range(bisect_left(self._last_keys, start), len(self._last_keys)):
            try:
                decoded = self._decoded(lsm_page_data_v1, self._offsets[page], self._lengths[page])
            except ChunkRotten as error:
                if skipped is None:
                    raise
                skipped(error)
                continue
            ((ends, extents, generations, offsets, lengths, checksums, names),) = decoded
            rows = zip(extents, generations, offsets, lengths, checksums, strict=True)
            keys = list(names)
            if ends == tuple(range(1, len(keys) + 1)):
                entries: list[Entry] = list(zip(rows))  # one iterable: each row in a tuple of its own
            else:
                locators = tuple(rows)
                entries, before = [], 0
                for end in ends:
                    entries.append(locators[before:end])
                    before = end
            first = bisect_left(keys, start) if start else 0
            if first < len(keys):
                yield keys[first:], entries[first:]

    def _place(self, offset: int) -> tuple[int, int, int]:
        """Extent, generation and offset in the extent of a byte of the run."""
        ends = self._chunk_ends
        at = 0 if offset < ends[0] else bisect_right(ends, offset)
        extent, generation, chunk_at, length, _checksum = self.chunks[at]
        return extent, generation, chunk_at + PAYLOAD_AT + offset - (ends[at] - length)

    def _bytes(self, offset: int, length: int) -> bytes:
        """Bytes of the run, from one chunk or several."""
        ends = self._chunk_ends
        if offset < 0 or offset + length > ends[-1]:
            raise self._rotten("lsm_page.footer", max(0, ends[-1] - FOOTER_SIZE))
        parts: list[bytes] = []
        while length:
            at = bisect_right(ends, offset)
            extent, generation, chunk_at, chunk_length, _checksum = self.chunks[at]
            here = ends[at] - offset
            taken = min(length, here)
            try:
                part = self._reader.read(extent, generation, chunk_at + PAYLOAD_AT + chunk_length - here, taken)
            except ValueError:
                # The place lies beyond the extent's write pointer: whatever named it is right, so the bytes are lost.
                raise self._rotten("chunk", offset) from None
            if taken == length and not parts:
                return part
            parts.append(part)
            offset += taken
            length -= taken
        return b"".join(parts)

    def _tail(self) -> tuple[int, bytes]:
        """The last bytes of the last chunk and where they begin; none where reading them fails."""
        end = self._chunk_ends[-1]
        start = max(end - TAIL_SIZE, end - self.chunks[-1][3])
        try:
            return start, self._bytes(start, end - start)
        except (ChunkRotten, DiskFailed):
            # Read one by one, perhaps not all of them are lost, and the error says which are.
            return end, b""

    def _decoded(self, codec: Any, offset: int, length: int) -> Any:
        """The values of a page, or `ChunkRotten`."""
        return self._values(codec, offset, self._bytes(offset, length))

    def _values(self, codec: Any, offset: int, data: bytes) -> Any:
        values = codec.probe_tuple(data, offset_seed(offset, self._seed))
        if values is None:
            raise self._rotten(codec.FORMAT, offset)
        return values

    def _rotten(self, structure: str, offset: int) -> ChunkRotten:
        extent, generation, place = self._place(offset)
        return ChunkRotten(structure, extent=extent, generation=generation, offset=place)
