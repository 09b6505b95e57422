"""Scrub: read and verify everything that something persistent names, and tell what is not whole."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from formats.generated import extent_header_v1
from formats.seeds import extent_header_seed, run_key

from .errors import ChunkRotten, DiskFailed
from .extents import HEADER_SIZE, METADATA_PAIRS, SUPERBLOCK_PAIRS, StalePlace
from .recovery import read_chain
from .value_checksum import PartChecks, wrong_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from .chunks import ChunkStore
    from .extents import Extent, Extents
    from .index import Index
    from .locator import Entry, Locator
    from .roots import RootLog
    from .run_reader import Run


class ScrubReport(msgspec.Struct, frozen=True):
    """What a scrub read and what it found. `damage` is empty where everything that is named is whole.

    `chunks_by_version`, `pages_by_version`: whole chunks, and readable data pages, by format version.
    """

    keys: int
    chunks: int
    payload_bytes: int
    runs: int
    root_records: int
    damage: tuple[ChunkRotten, ...]
    chunks_by_version: dict[int, int]
    pages_by_version: dict[int, int]

    def is_clean(self) -> bool:
        """Whether everything that is named is whole."""
        return not self.damage


class Scrub:
    """Scrubs one store. It runs beside puts, deletes, compaction and reclamation."""

    def __init__(self, extents: Extents, chunks: ChunkStore, index: Index, logs: tuple[RootLog, ...]) -> None:
        self.extents = extents
        self.chunks = chunks
        self.index = index
        self.logs = logs
        self.damage: list[ChunkRotten] = []
        #: Extents that something named lies in.
        self.named: set[int] = set()
        self.payload_bytes = 0
        self.chunks_by_version: Counter[int] = Counter()
        self.pages_by_version: Counter[int] = Counter()

    def run(self, known: tuple[ChunkRotten, ...], progress: Callable[[int], None] | None) -> ScrubReport:
        """Verify all; `known` is what recovery found. `progress` is told the number of keys so far.

        Raises `DiskFailed` when the disk does not read at all.
        """
        self.damage = list(known)
        records = sum(self._root(log) for log in self.logs)
        runs = self.index.runs
        for run in runs:
            checks = PartChecks()
            for part, _ in enumerate(run.chunks):
                self._run_chunk(run.number, part, checks)
            self._page_versions(run)
        keys = self._values(progress)
        for number in sorted(self.named):
            self._header(self.extents.all[number])
        chunks, pages = (dict(sorted(each.items())) for each in (self.chunks_by_version, self.pages_by_version))
        return ScrubReport(
            keys, sum(chunks.values()), self.payload_bytes, len(runs), records, tuple(self.damage), chunks, pages
        )

    def _root(self, log: RootLog) -> int:
        """Both copies of every record of the pair that is written to."""
        codec = log.codec
        pairs = SUPERBLOCK_PAIRS if log.owner == "superblock" else METADATA_PAIRS
        with self.extents.writeback.lock:
            pair = pairs[log.pair]
            generations = {number: self.extents.all[number].generation for number in pair}
            end = log.written_end()
        if end is None:
            return 0
        chain = read_chain(self.extents.disk, self.extents.uuid, generations, log.pair, pair, codec)
        with self.extents.writeback.lock:
            if generations != {number: self.extents.all[number].generation for number in pair}:
                return 0
        self.damage += chain.damage
        if chain.end < end:
            self.damage += [
                ChunkRotten(codec.FORMAT, extent=number, generation=generations[number], offset=chain.end)
                for number in pair
            ]
        elif chain.torn is not None and chain.end == end:
            self.damage.append(chain.torn)
        return len(chain.records)

    def _header(self, extent: Extent) -> None:
        """The header of an extent in which something is named: it was written before that, and is durable like it."""
        generation = extent.generation
        if extent.owner == "free" or extent.issued < HEADER_SIZE:
            return
        data = self.extents.read_issued(extent.number, 0, HEADER_SIZE)
        header = extent_header_v1.probe_tuple(data, extent_header_seed(extent.number))
        is_right = header is not None and (header[0], header[1], header[4]) == (
            extent.owner,
            self.extents.uuid,
            generation,
        )
        if not is_right and extent.generation == generation:
            rule = "header_checksum" if header is None else "names another disk or life"
            self.damage.append(
                ChunkRotten("extent_header", extent=extent.number, generation=generation, offset=0, rule=rule)
            )

    def _page_versions(self, run: Run) -> None:
        """Count the versions of a run's data pages, whole or not; pages that cannot be read are reported elsewhere."""
        with suppress(ChunkRotten, DiskFailed, StalePlace):
            self.pages_by_version.update(run.page_versions())

    def _run_chunk(self, number: int, part: int, checks: PartChecks) -> None:
        """One chunk of a run, wherever it is by now."""
        while True:
            run = next((run for run in self.index.runs if run.number == number), None)
            if run is None:
                return
            self.named.add(run.chunks[part][0])
            try:
                payload, stored = self.chunks.read_part(run.chunks[part], run_key(number), part, "run")
            except StalePlace:
                continue
            except ChunkRotten as error:
                self.damage.append(error)
                return
            self._take(payload, stored)
            self._check(checks, part, payload, stored, run.chunks[part], None)
            return

    def _take(self, payload: bytes, stored: int | None) -> None:
        """A whole chunk."""
        self.chunks_by_version[1 if stored is None else 2] += 1
        self.payload_bytes += len(payload)

    def _check(  # what is known of a part
        self, checks: PartChecks, part: int, payload: bytes, stored: int | None, locator: Locator, key: bytes | None
    ) -> None:
        """Whether the parts so far are the value, where chunks say so; the first part that says otherwise is named."""
        if self.chunks.is_mixed and not checks.is_wrong and not checks.take(part, payload, stored):
            checks.is_wrong = True
            self.damage.append(wrong_value(locator, key))

    def _values(self, progress: Callable[[int], None] | None) -> int:
        """Every value that a readable page of the index names; the number of keys.

        Where a page of a newer run cannot be read, an older entry may come in its place: no harm is done by reading it.
        """
        keys_done = 0
        for keys, entries in self.index.batches(skipped=self._page):
            for key, entry in zip(keys, entries, strict=True):
                self._value(key, entry)
            keys_done += len(keys)
            if progress is not None:
                progress(keys_done)
        return keys_done

    def _page(self, error: ChunkRotten) -> None:
        """A page of a run that cannot be read; its chunk may have been named already."""
        place = (error.extent, error.generation)
        if place not in {(known.extent, known.generation) for known in self.damage if known.key is None}:
            self.damage.append(error)

    def _value(self, key: bytes, entry: Entry) -> None:
        """All chunks of a value, wherever they are by now."""
        checks = PartChecks()
        for part, locator in enumerate(entry):
            self.named.add(locator[0])
            try:
                payload, stored = self.chunks.read_part(locator, key, part)
            except StalePlace:
                with suppress(ChunkRotten):  # a page of the index, which was named before
                    newest = self.index.find(key)
                    if newest and newest != entry:
                        self._value(key, newest)
                return
            except ChunkRotten as error:
                self.damage.append(error)
                continue
            self._take(payload, stored)
            self._check(checks, part, payload, stored, locator, key)
