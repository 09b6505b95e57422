"""Figures of a store: what is in memory, on disk, live and dead, and what was written so far."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from .extents import HEADER_SIZE, RESERVED_COUNT
from .versions import feature_names

if TYPE_CHECKING:
    from .assembly import StoreParts


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one moment. Sizes in bytes; `levels` counts syncs since the store was opened.

    `live_bytes` is None until reclamation first counted it. `runs_by_level` maps a level to the entries of its runs.
    `features`: the names of what the superblock declares.
    """

    extent_count: int
    extent_size_bytes: int
    page_size_bytes: int
    extents_by_owner: dict[str, int]
    free_extents: int
    reserve_extents: int
    written_bytes: int
    live_bytes: int | None
    index_bytes: int
    keys_in_memory: int
    runs_by_level: dict[int, list[int]]
    levels: int
    compactions: int
    rewritten_entries: int
    reclaimed_extents: int
    moved_bytes: int
    pending_bytes: int
    pending_peak_bytes: int
    cache_hits: int
    cache_misses: int
    cache_bytes: int
    trouble: str | None
    features: tuple[str, ...]


def statistics_of(store: StoreParts) -> Statistics:
    """The figures of a store; its lock is held."""
    extents = store.extents
    used = [extent for extent in extents.all[RESERVED_COUNT:] if extent.owner != "free"]
    live = store.index.live
    runs_by_level: dict[int, list[int]] = {}
    for run in store.index.runs:
        runs_by_level.setdefault(run.level, []).append(run.entry_count)
    trouble = store.maintenance.trouble
    return Statistics(
        extent_count=len(extents.all),
        extent_size_bytes=extents.size,
        page_size_bytes=store.shape.page_size_bytes,
        extents_by_owner=dict(Counter(extent.owner for extent in extents.all)),
        free_extents=len(extents.free),
        reserve_extents=store.chunks.reserve,
        written_bytes=sum(max(0, extent.pointer - HEADER_SIZE) for extent in used),
        live_bytes=None if live is None else sum(live.of(extent.number) for extent in used if extent.owner == "data"),
        index_bytes=sum(store.index.index_bytes().values()),
        keys_in_memory=sum(len(memtable.entries) for memtable in (store.index.active, *store.index.frozen)),
        runs_by_level=runs_by_level,
        levels=store.writeback.levels,
        compactions=store.maintenance.compactions,
        rewritten_entries=store.index.rewritten_entries,
        reclaimed_extents=store.reclamation.reclaimed_extents,
        moved_bytes=store.reclamation.moved_bytes,
        pending_bytes=store.pool.used_bytes,
        pending_peak_bytes=max(store.pool.peak_bytes, store.pool.used_bytes),
        cache_hits=store.cache.hits,
        cache_misses=store.cache.misses,
        cache_bytes=store.cache.used_bytes,
        trouble=None if trouble is None else str(trouble),
        features=feature_names(store.versions.declared),
    )
