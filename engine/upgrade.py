"""Upgrade by hand: everything that is of an older version than is written now is written anew.

Upkeep does the same by and by: compaction writes runs, and reclamation copies chunks, in the version that is written
now. What nobody overwrites, merges or moves stays as it is; this goes through all of it. A chunk of version 1 that
fills its extent to the last byte, as the parts of large values do, fits into none as version 2: so values are cut anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from formats.seeds import run_key

from .errors import CallRefused, ChunkRotten
from .extents import StalePlace

if TYPE_CHECKING:
    from collections.abc import Callable

    from .frames import ChunkOwner
    from .locator import Entry
    from .run_reader import Run
    from .store import Store


class UpgradeReport(msgspec.Struct, frozen=True):
    """What an upgrade did. `damage`: what could not be read, and so stays as it is.

    `keys`: of the store; `values`: written anew; `runs`: merged into one of the newest version.
    """

    keys: int
    values: int
    runs: int
    damage: tuple[ChunkRotten, ...]


class Upgrade:
    """Upgrades one store. It runs beside puts, deletes, compaction and reclamation."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.damage: list[ChunkRotten] = []

    def run(self, progress: Callable[[int], None] | None) -> UpgradeReport:
        """Values first: their new places are in new runs, which are merged with the old ones then."""
        store = self.store
        if store.versions.chunk == 1 and store.versions.page == 1:
            raise CallRefused("upgrade: expected a chunk_version or page_version of 2 in the limits, found 1 and 1")
        keys = values = 0
        for names, entries in store.index.batches(skipped=self.damage.append):
            for key, entry in zip(names, entries, strict=True):
                values += self._upgrade(key, entry)
            keys += len(names)
            if progress is not None:
                progress(keys)
        runs = store.index.runs
        is_due = False
        try:
            # Written now, memtables become runs of the newest version.
            store.flush().wait()
            is_due = any(self._is_old_run(run) for run in store.index.runs)
            if is_due:
                runs = store.index.runs
                store.compact().wait()
        except ChunkRotten as error:
            self.damage.append(error)
            is_due = False
        return UpgradeReport(keys, values, len(runs) if is_due else 0, tuple(self.damage))

    def _upgrade(self, key: bytes, entry: Entry) -> bool:
        """Write one value anew, if that is due; whether it was."""
        if self.store.versions.chunk == 1:
            return False
        try:
            return self._is_old(key, entry, "shard") and self.store.rewrite(key)
        except ChunkRotten as error:
            self.damage.append(error)
            return False

    def _is_old(self, key: bytes, entry: Entry, owner: ChunkOwner) -> bool:
        """Whether one of the chunks is of version 1."""
        chunks = self.store.chunks
        try:
            return any(chunks.stored_checksum(locator, key, part, owner) is None for part, locator in enumerate(entry))
        except StalePlace:
            # It was moved, replaced or deleted meanwhile: writing it anew looks again.
            return True

    def _is_old_run(self, run: Run) -> bool:
        """Whether one of its data pages or chunks is of an older version than is written now."""
        versions = self.store.versions
        try:
            if versions.chunk > 1 and self._is_old(run_key(run.number), run.chunks, "run"):
                return True
            return any(version < versions.page for version in run.page_versions())
        except StalePlace:
            return True
