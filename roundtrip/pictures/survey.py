"""What a store's extents hold: one view of each, and of every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.chunk_reader import FoundChunk
from engine.extents import HEADER_SIZE, METADATA_PAIRS, RESERVED_COUNT, SUPERBLOCK_PAIRS, StalePlace
from engine.recovery import read_chain
from engine.window import Window

from .snapshot import ExtentView, FrameView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine import Store
    from engine.extents import Extent, Owner
    from engine.index import Index
    from engine.locator import Locator

    from .snapshot import ExtentState, FrameKind


def extent_views(store: Store) -> tuple[ExtentView, ...]:
    """Every extent. The store's lock is held."""
    open_numbers = {stream.extent.number for stream in store.chunks.streams.values() if stream.extent is not None}
    index_bytes = store.index.index_bytes()
    roots = root_extents(store)
    views = []
    for extent in store.extents.all:
        number = extent.number
        state: ExtentState = "sealed"
        live: int | None = None
        owner, pointer = extent.owner, extent.pointer
        if number < RESERVED_COUNT:
            state = "reserved"
            owner, pointer = roots[number]
        elif extent.owner == "free":
            state, live = "free", 0
        else:
            if number in store.reclamation.resetting:
                state = "resetting"
            elif number in open_numbers:
                state = "open"
            live = live_bytes(store.index, extent, index_bytes)
        views.append(
            ExtentView(
                number,
                owner,
                extent.generation,
                pointer,
                extent.persisted,
                store.extents.size,
                live,
                state,
            )
        )
    return tuple(views)


def root_extents(store: Store) -> dict[int, tuple[Owner, int]]:
    """Owner and write pointer of the reserved extents.

    A store that is open for reading only never goes on where a root ends, so it does not know: its chains tell.
    """
    found: dict[int, tuple[Owner, int]] = {}
    for log, pairs in ((store.superblock, SUPERBLOCK_PAIRS), (store.metadata, METADATA_PAIRS)):
        for number, pair in enumerate(pairs):
            generations = {one: store.extents.all[one].generation for one in pair}
            end = 0
            if log.opening and any(generations.values()):
                chain = read_chain(store.disk, store.extents.uuid, generations, number, pair, log.codec)
                end = chain.end if chain.records else 0
            found.update({one: (log.owner, end if log.opening else store.extents.all[one].pointer) for one in pair})
    return found


def live_bytes(index: Index, extent: Extent, index_bytes: dict[int, int]) -> int | None:
    """Bytes of an extent that something names; None where nobody counted."""
    if extent.owner == "index":
        return index_bytes.get(extent.number, 0)
    return None if index.live is None else index.live.of(extent.number)


def frame_views(store: Store) -> Iterator[FrameView]:
    """The frames of every extent that is not a root's. The lock is not held."""
    for extent in store.extents.all[RESERVED_COUNT:]:
        if not extent.pointer:
            continue
        yield FrameView(extent.number, 0, HEADER_SIZE, "extent_header", b"", None)
        at = HEADER_SIZE
        try:
            for found in store.chunks.scan(Window(store.extents, extent)):
                if isinstance(found, FoundChunk):
                    is_live = is_named(store.index, found)
                    kind: FrameKind = "run" if found.owner == "run" else "chunk"
                    yield FrameView(extent.number, at, found.size, kind, found.key, is_live, found.part, found.uuid)
                    at += found.size
                else:
                    yield FrameView(extent.number, at, found, "debris", b"", None)
                    at += found
        except StalePlace:
            # Reset while it was read: there is nothing in it any more.
            continue


def is_named(index: Index, chunk: FoundChunk) -> bool:
    """Whether the index, or the tree, names exactly this place."""
    named: tuple[Locator, ...]
    if chunk.owner == "run":
        number = int.from_bytes(chunk.key, "little")
        named = next((run.chunks for run in index.runs if run.number == number), ())
    else:
        named = index.find(chunk.key) or ()
    return chunk.locator in named
