"""One sorted run: the chunks that tree metadata names, joined, and its pages read back to front.

    data page, data page, …, index page, filter page, footer     the footer is the last 48 bytes

A page that is not whole hides the entries of the keys between the last key of the page before it and its own, which the
index knows; without index or footer nothing of the run is known but what a whole filter excludes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate, product
from typing import Any, NamedTuple

from . import lsm_page
from .context import seed_of
from .header import Buffer, version_of
from .image import Frame, Locator, Rotten, Run
from .named_chunk import PAGE_2, Medium, NamedChunk, named_chunk, wrong_value
from .refusal import Refusal

Entry = tuple[Locator, ...]
PrefixDecoder = Callable[[Buffer, int], tuple[dict[str, Any], int]]


class Hidden(NamedTuple):
    """Keys above `after` up to `last` (None: to the end) whose entries in a run cannot be read, and why."""

    after: bytes
    last: bytes | None
    fault: Rotten


class RunContent(NamedTuple):
    """What a run says. An empty entry is a tombstone. `filter` is the filter page, None where it is not whole."""

    entries: dict[bytes, Entry]
    hidden: tuple[Hidden, ...]
    filter: dict[str, Any] | None
    rotten: tuple[Rotten, ...]
    frames: tuple[Frame, ...]

    def may_hide(self, key: bytes) -> Rotten | None:
        """What keeps the run from saying whether it has an entry for this key."""
        for after, last, fault in self.hidden:
            if after < key and (last is None or key <= last):
                is_excluded = self.filter is not None and not lsm_page.filter_may_hold(self.filter, key)
                return None if is_excluded else fault
        return None


class _Reader:
    """The bytes of one run, and the places of these bytes on the disk."""

    def __init__(self, medium: Medium, run: Run) -> None:
        self.run = run
        self.disk = medium.disk
        self.features = medium.features
        self.rotten: list[Rotten] = []
        self.frames: list[Frame] = []
        self.unreachable: Rotten | None = None
        if not run.chunks:
            self.unreachable = Rotten("tree_metadata", -1, 0, 0, "contradiction")
            self.rotten.append(self.unreachable)
        key = run.number.to_bytes(4, "little")
        self._parts: list[NamedChunk] = []
        for part, locator in enumerate(run.chunks):
            found = named_chunk(medium, locator, owner="run", key=key, part=part)
            self._parts.append(found)
            if found.fault is not None:
                self.rotten.append(found.fault)
            if found.frame is not None:
                self.frames.append(found.frame)
            if found.payload is None:
                self.unreachable = self.unreachable or found.fault
        if not self.rotten and (fault := wrong_value(self._parts, run.chunks, None)) is not None:
            self.rotten.append(fault)
        self.data = b"".join(part.payload or b"" for part in self._parts)
        self._ends = list(accumulate(locator.length for locator in run.chunks))

    def fault(self, page: str, offset: int, rule: str) -> Rotten:
        """The page at an offset of the run is not what it should be."""
        part = min(bisect_right(self._ends, offset), len(self._ends) - 1)
        extent, generation, _, length, _ = self.run.chunks[part]
        chunk_fault = self._parts[part].fault
        if self._parts[part].other is not None and chunk_fault is not None:
            # Where in the chunk the page lies, nobody knows; the chunk is told of already.
            return chunk_fault
        payload_at = self._parts[part].payload_at
        place = payload_at + offset - (self._ends[part] - length)
        found = Rotten(f"lsm_page.{page}", extent, generation, place, rule)
        self.rotten.append(found)
        return found

    def page(self, name: str, decode_prefix: PrefixDecoder, offset: int, length: int) -> dict[str, Any] | Rotten:
        """The page that lies at an offset of the run and has so many bytes."""
        if offset + length > len(self.data):
            return self.fault(name, min(offset, len(self.data) - 1), "truncated")
        seed = seed_of(lsm_page.CONTEXT, self.disk, 0, 0, offset, self.run.number)
        rules = []
        for data in self._readings(offset, length):
            try:
                value, consumed = decode_prefix(data, seed)
            except Refusal as refusal:
                rules.append(refusal.rule)
                continue
            if consumed != length:
                rules.append("trailing")
            elif version_of(data) == 2 and name == "data" and not self.features & PAGE_2:
                rules.append("undeclared")
            else:
                return value
        return self.fault(name, offset, rules[0])

    def _readings(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of a page: as they are, and while chunks of it may begin in two places, as they may be."""
        yield self.data[offset : offset + length]
        first, last = (
            min(bisect_right(self._ends, byte), len(self._ends) - 1) for byte in (offset, offset + length - 1)
        )
        unknown = [part for part in range(first, last + 1) if self._parts[part].other is not None]
        for chosen in product((False, True), repeat=len(unknown)):
            other = {part for part, is_other in zip(unknown, chosen, strict=True) if is_other}
            if other:
                pieces = [(one.other if part in other else one.payload) or b"" for part, one in enumerate(self._parts)]
                yield b"".join(pieces)[offset : offset + length]


def read_run(medium: Medium, run: Run) -> RunContent:
    """Everything that a run says, and what of it is not whole."""
    reader = _Reader(medium, run)
    if reader.unreachable is not None:
        return _content(reader, {}, [Hidden(b"", None, reader.unreachable)], None)
    footer_at = len(reader.data) - lsm_page.FOOTER_SIZE_BYTES
    if footer_at < 0:
        fault = reader.fault("footer", 0, "truncated")
        return _content(reader, {}, [Hidden(b"", None, fault)], None)
    footer = reader.page("footer", lsm_page.decode_footer_prefix, footer_at, lsm_page.FOOTER_SIZE_BYTES)
    if isinstance(footer, Rotten):
        return _content(reader, {}, [Hidden(b"", None, footer)], None)
    index_at, index_end = footer["index_offset"], footer["index_offset"] + footer["index_length"]
    filter_at, filter_end = footer["filter_offset"], footer["filter_offset"] + footer["filter_length"]
    if (footer["run"], index_end, filter_end) != (run.number, filter_at, footer_at):
        fault = reader.fault("footer", footer_at, "contradiction")
        return _content(reader, {}, [Hidden(b"", None, fault)], None)
    found = reader.page("filter", lsm_page.decode_filter_prefix, filter_at, footer["filter_length"])
    words = None if isinstance(found, Rotten) else found
    index = reader.page("index", lsm_page.decode_index_prefix, index_at, footer["index_length"])
    if isinstance(index, Rotten):
        return _content(reader, {}, [Hidden(b"", None, index)], words)
    entries, hidden = _pages(reader, index["entries"], index_at)
    if not hidden and (len(entries), sum(not entry for entry in entries.values())) != (
        footer["entry_count"],
        footer["tombstone_count"],
    ):
        reader.fault("footer", footer_at, "contradiction")
    if words is not None and not all(lsm_page.filter_may_hold(words, key) for key in entries):
        reader.fault("filter", filter_at, "contradiction")
    return _content(reader, entries, hidden, words)


def _content(
    reader: _Reader, entries: dict[bytes, Entry], hidden: list[Hidden], words: dict[str, Any] | None
) -> RunContent:
    return RunContent(entries, tuple(hidden), words, tuple(reader.rotten), tuple(reader.frames))


def _pages(reader: _Reader, index: dict[str, Any], index_at: int) -> tuple[dict[bytes, Entry], list[Hidden]]:
    """The entries of all data pages, which fill the run up to the index, and what the bad ones hide."""
    entries: dict[bytes, Entry] = {}
    hidden: list[Hidden] = []
    before, end = b"", 0
    for offset, length, last in zip(index["page_offsets"], index["page_lengths"], index["keys"], strict=True):
        page = reader.page("data", lsm_page.decode_any_data_prefix, offset, length)
        if not isinstance(page, Rotten):
            keys = page["entries"]["keys"]
            if offset != end or keys[0] <= before or keys[-1] != last:
                page = reader.fault("data", offset, "contradiction")
        if isinstance(page, Rotten):
            hidden.append(Hidden(before, last, page))
        else:
            entries |= _entries(page["entries"])
        before, end = last, offset + length
    if end != index_at:
        reader.fault("index", index_at, "contradiction")
    return entries, hidden


def _entries(columns: dict[str, Any]) -> dict[bytes, Entry]:
    """The keys of a data page, each with the locators of its parts."""
    names = ("extents", "generations", "offsets", "lengths", "checksums")
    locators = tuple(map(Locator._make, zip(*(columns[name] for name in names), strict=True)))
    ends = columns["locator_ends"]
    return {key: locators[start:end] for key, start, end in zip(columns["keys"], (0, *ends)[:-1], ends, strict=True)}
