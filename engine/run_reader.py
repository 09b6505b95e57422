"""Reads a sorted run: one key through filter, index and one page, or all entries in order.

Index and filter are in memory; data pages are read when they are needed, verified once, and kept in the page cache.
Both versions of data pages and of the chunks around them are read, the newer ones where the store declares them. Where
chunks of both versions may be, a chunk's header tells where its payload begins; where the header is damaged, both
places are tried, and the seal of the page decides: pages vouch for themselves.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import suppress
from itertools import accumulate, product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from formats.generated import lsm_page_data_v1, lsm_page_filter_v1, lsm_page_footer_v1, lsm_page_index_v1
from formats.seeds import life_seed, offset_seed, run_seed

from .bloom import NO_KEYS, Filter
from .data_page import DataPage, find_once, least_bytes
from .errors import ChunkRotten, DiskFailed, rotten_frame
from .frames import (
    CHUNK_HEADER_SIZE,
    EXTRA_SIZE,
    NEWEST,
    RUN_KEY_SIZE,
    VERSION_AT,
    probe_frame,
    rule_of_header,
    version_of,
)
from .run_writer import DATA_CODECS
from .versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .cache import PageCache
    from .locator import Entry, Locator
    from .run_writer import RunWriter

#: Where the payload of a run's chunk begins, in version 1 and in version 2.
PAYLOAD_AT: Final = CHUNK_HEADER_SIZE + RUN_KEY_SIZE
PAYLOAD_2_AT: Final = PAYLOAD_AT + EXTRA_SIZE
FOOTER_SIZE: Final = lsm_page_footer_v1.HEADER_SIZE
#: The last bytes of a run that are read at once when it is opened: of a small one index, filter and footer.
TAIL_SIZE: Final = 512


class Reader(Protocol):
    """Reads bytes of an extent; raises when the extent has another generation by now."""

    def read(self, number: int, generation: int, offset: int, length: int) -> bytes:
        """So many bytes from a place."""
        ...


class Run:
    """One sorted run. It never changes: a run of which chunks were moved is another `Run`."""

    def __init__(  # where the run is
        self,
        disk: bytes,
        number: int,
        level: int,
        chunks: tuple[Locator, ...],
        reader: Reader,
        versions: Versions = Versions(),  # noqa: B008  # it is frozen
    ) -> None:
        self.number = number
        self.level = level
        self.chunks = chunks
        self.entry_count = 0
        self.tombstone_count = 0
        self._disk = disk
        self._reader = reader
        self._seed = run_seed(disk, number)
        self._chunk_ends = list(accumulate([locator[3] for locator in chunks]))
        self.size_bytes = self._chunk_ends[-1]
        self._last_keys: Sequence[bytes] = ()
        self._offsets: Sequence[int] = ()
        self._lengths: Sequence[int] = ()
        self._filter = NO_KEYS
        self._places: list[tuple[int, int]] = []
        self._versions = versions
        self._is_mixed = versions.mixed_pages
        #: By chunk where its payload begins; 0 where nobody has looked yet.
        self._payloads_at = [0 if versions.mixed_chunks else PAYLOAD_AT] * len(chunks)
        #: Chunks with a damaged header: where their payload begins is a guess.
        self._guessed: set[int] = set()

    @classmethod
    def open(
        cls,
        disk: bytes,
        number: int,
        level: int,
        chunks: tuple[Locator, ...],
        reader: Reader,
        versions: Versions = Versions(),  # noqa: B008  # it is frozen
    ) -> Self:
        """Read footer, index and filter. Raises `ChunkRotten`, and whatever the reader raises."""
        run = cls(disk, number, level, chunks, reader, versions)
        end = run._chunk_ends[-1]
        tail_at, tail = run._tail()

        def decoded(codec: Any, offset: int, length: int) -> Any:
            at = offset - tail_at
            if at < 0 or run._guessed:
                return run._decoded(codec, offset, length)
            return run._values(codec, offset, length, [(tail[at : at + length], {})])

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
        cls,
        disk: bytes,
        number: int,
        level: int,
        chunks: tuple[Locator, ...],
        reader: Reader,
        writer: RunWriter,
        versions: Versions = Versions(),  # noqa: B008  # it is frozen
    ) -> Self:
        """A run that was written just now: nothing needs to be read back."""
        run = cls(disk, number, level, chunks, reader, versions)
        run._payloads_at = [PAYLOAD_2_AT if versions.chunk == NEWEST else PAYLOAD_AT] * len(chunks)
        run.entry_count, run.tombstone_count = writer.entry_count, writer.tombstone_count
        run._offsets, run._lengths, run._last_keys = writer.page_offsets, writer.page_lengths, writer.last_keys
        run._filter = writer.filter
        return run

    def moved(self, chunks: tuple[Locator, ...]) -> Run:
        """The same run with some of its chunks elsewhere."""
        run = Run(self._disk, self.number, self.level, chunks, self._reader, self._versions)
        for at, former in enumerate(self.chunks):
            if chunks[at] == former:
                run._payloads_at[at] = self._payloads_at[at]
        run._guessed = {at for at in self._guessed if chunks[at] == self.chunks[at]}
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
        extent, place = (self._places or self._locate_pages())[number]
        page = cache.get(extent, place)
        if page is None:
            values = self._data_page(number)
            if least_bytes(values) > cache.limit_bytes:
                return find_once(values, key)
            page = DataPage(values)
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
                decoded = self._data_page(page)
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

    def page_versions(self) -> list[int]:
        """The version of each data page, by what its bytes say. Raises what reading them does."""
        return [version_of(self._bytes(offset, VERSION_AT + 1)) for offset in self._offsets]

    def _place(self, offset: int) -> tuple[int, int, int]:
        """Extent, generation and offset in the extent of a byte of the run."""
        ends = self._chunk_ends
        at = 0 if offset < ends[0] else bisect_right(ends, offset)
        extent, generation, chunk_at, length, _checksum = self.chunks[at]
        payload_at = self._payloads_at[at] or self._find_payload(at)
        return extent, generation, chunk_at + payload_at + offset - (ends[at] - length)

    def _find_payload(self, at: int) -> int:
        """Where the payload of a chunk begins, from its header; a guess where that is damaged."""
        extent, generation, offset, _length, _checksum = self.chunks[at]
        try:
            # No frame is shorter than that: it has a tag, too.
            data = self._reader.read(extent, generation, offset, CHUNK_HEADER_SIZE + EXTRA_SIZE)
        except (DiskFailed, ValueError):
            data = b""
        header = probe_frame(data, offset_seed(offset, life_seed(self._disk, extent, generation)))
        if header is None:
            self._guessed.add(at)
            found = PAYLOAD_AT if version_of(data) == 1 else PAYLOAD_2_AT
        else:
            found = header.size + RUN_KEY_SIZE
        self._payloads_at[at] = found
        return found

    def _bytes(self, offset: int, length: int, places: Mapping[int, int] = MappingProxyType({})) -> bytes:
        """Bytes of the run, from one chunk or several. `places`: where payloads begin, by chunk, if not as known."""
        ends = self._chunk_ends
        if offset < 0 or offset + length > ends[-1]:
            raise self._rotten("lsm_page.footer", max(0, ends[-1] - FOOTER_SIZE))
        parts: list[bytes] = []
        while length:
            at = bisect_right(ends, offset)
            extent, generation, chunk_at, chunk_length, _checksum = self.chunks[at]
            payload_at = (places and places.get(at)) or self._payloads_at[at] or self._find_payload(at)
            here = ends[at] - offset
            taken = min(length, here)
            try:
                part = self._reader.read(extent, generation, chunk_at + payload_at + chunk_length - here, taken)
            except ValueError:
                # The place lies beyond the extent's write pointer: whatever named it is right, so the bytes are lost.
                raise self._rotten("chunk", offset) from None
            if taken == length and not parts:
                return part
            parts.append(part)
            offset += taken
            length -= taken
        return b"".join(parts)

    def _readings(self, offset: int, length: int) -> Iterator[tuple[bytes, dict[int, int]]]:
        """The bytes of a page: once, or as they are in every place where they may lie, while that is a guess.

        With them the places: by chunk where its payload begins.
        """
        first, last = (bisect_right(self._chunk_ends, byte) for byte in (offset, offset + length - 1))
        yield self._bytes(offset, length), {}
        guessed = [at for at in range(first, last + 1) if at in self._guessed]
        for places in product((PAYLOAD_AT, PAYLOAD_2_AT), repeat=len(guessed)) if guessed else ():
            chosen = dict(zip(guessed, places, strict=True))
            with suppress(ChunkRotten):
                yield self._bytes(offset, length, chosen), chosen

    def _tail(self) -> tuple[int, bytes]:
        """The last bytes of the last chunk and where they begin; none where reading them fails."""
        end = self._chunk_ends[-1]
        start = max(end - TAIL_SIZE, end - self.chunks[-1][3])
        try:
            return start, self._bytes(start, end - start)
        except (ChunkRotten, DiskFailed):
            # Read one by one, perhaps not all of them are lost, and the error says which are.
            return end, b""

    def _data_page(self, number: int) -> Any:
        """The values of a data page, or `ChunkRotten`."""
        offset, length = self._offsets[number], self._lengths[number]
        if not self._guessed:
            # The usual case; whatever is not as it should be is found out below.
            data = self._bytes(offset, length)
            codec = DATA_CODECS.get(version_of(data), lsm_page_data_v1) if self._is_mixed else lsm_page_data_v1
            values = codec.probe_tuple(data, offset_seed(offset, self._seed))
            if values is not None:
                return values
        return self._decoded(lsm_page_data_v1, offset, length)

    def _decoded(self, codec: Any, offset: int, length: int) -> Any:
        """The values of a page, or `ChunkRotten`. Of data pages any version that the store declares is taken."""
        return self._values(codec, offset, length, self._readings(offset, length))

    def _values(self, codec: Any, offset: int, length: int, readings: Iterable[tuple[bytes, dict[int, int]]]) -> Any:
        seed = offset_seed(offset, self._seed)
        is_mixed = codec is lsm_page_data_v1 and self._is_mixed
        rule = ""
        for data, places in readings:
            values = (DATA_CODECS.get(version_of(data), codec) if is_mixed else codec).probe_tuple(data, seed)
            if values is not None:
                for at, place in places.items():
                    # The page's seal holds, so it lies there.
                    self._payloads_at[at] = place
                return values
            rule = rule or self._page_rule(codec, data)
        self._refuse_undeclared(offset, length)
        raise self._rotten(codec.FORMAT, offset, rule)

    def _page_rule(self, codec: Any, data: bytes) -> str:
        """What is wrong with the version of a page that is not whole, if anything."""
        version = version_of(data)
        if data[:VERSION_AT] != codec.LEAD[:VERSION_AT] or version <= codec.VERSION:
            return ""
        if codec is lsm_page_data_v1 and version in DATA_CODECS:
            return "" if self._is_mixed else "undeclared"
        return "version"

    def _refuse_undeclared(self, offset: int, length: int) -> None:
        """`ChunkRotten` where a chunk of a page is of a version that the store does not declare."""
        if self._versions.mixed_chunks:
            return
        first, last = (bisect_right(self._chunk_ends, byte) for byte in (offset, offset + length - 1))
        for extent, generation, place, _length, _checksum in self.chunks[first : last + 1]:
            try:
                lead = self._reader.read(extent, generation, place, VERSION_AT + 1)
            except (DiskFailed, ValueError):
                continue
            rule = rule_of_header(lead, is_mixed=False)
            if rule == "undeclared":
                raise ChunkRotten("chunk", extent=extent, generation=generation, offset=place, rule=rule)

    def _rotten(self, structure: str, offset: int, rule: str = "") -> ChunkRotten:
        extent, generation, place = self._place(offset)
        at = bisect_right(self._chunk_ends, offset)
        if at in self._guessed:
            # The chunk's header is damaged, so where in it the page lies is a guess; where the chunk lies is not.
            structure, place, rule = "chunk", self.chunks[at][2], ""
        return rotten_frame(structure, extent=extent, generation=generation, offset=place, rule=rule)
