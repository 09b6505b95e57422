"""The pictures in `docs/pictures`: drawn from a live engine, the same on every machine.

The disk is in memory, randomness is seeded, nothing runs in the background. `shardproof store figures` writes them, and
a test compares.
"""

from __future__ import annotations

from typing import Final

from engine.config import Limits, Shape
from engine.extents import HEADER_SIZE
from engine.frames import FRAME_OVERHEAD
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness
from engine.store import Store

from .extents import extents_picture
from .graph import graph_picture
from .live import Observer, snapshot_of
from .reclaiming import reclaim_picture
from .snapshot import Snapshot
from .words import key_text

SEED: Final = 13
#: The keys of the paper's figures.
KEYS: Final = (b"\x13", b"\x28", b"\x75")
PAGE_SIZE: Final = 512


def draw_documentation() -> dict[str, str]:
    """Every picture of the documentation: file name -> SVG text."""
    return {**draw_puts(), **draw_reclaim(), **draw_extents()}


def new_store(extent_count: int, extent_size_bytes: int, **limits: int) -> Store:
    """A store that does the same every time."""
    shape = Shape(extent_count=extent_count, extent_size_bytes=extent_size_bytes, page_size_bytes=PAGE_SIZE)
    seams = Seams(randomness=SeededRandomness(SEED))
    settings = Limits(background=False, **limits)
    return Store.create_on(MemoryDisk(extent_count, extent_size_bytes), shape, settings, seams)


def room_for(store: Store, *, chunks: int) -> int:
    """How many payload bytes fill an extent, if so many chunks with keys of one byte share them."""
    return store.extents.size - HEADER_SIZE - chunks * (FRAME_OVERHEAD + 1)


def draw_puts() -> dict[str, str]:
    """Three puts on their way to the disk, sync by sync; the second has two chunks, the third another extent."""
    store = new_store(16, 4096, chunk_bytes=2000)
    observer = Observer(store)
    # Three chunks fill the first extent.
    double = room_for(store, chunks=3) - 1000
    for key, size in zip(KEYS, (1000, double, 1500), strict=True):
        observer.put(key, store.put(key, key * size))
    pictures: dict[str, str] = {}

    def draw(name: str, title: str) -> None:
        pictures[f"puts-{len(pictures)}-{name}.svg"] = graph_picture(observer.snapshot(), title=title)

    draw("accepted", "Three puts are accepted: the memtable knows them, nothing is persistent")
    store.flush()
    draw("flushed", "The memtable is a run: now it is known what waits for what")
    store.drain()
    draw("issued", "What waits for nothing is with the disk, and not safe yet")
    for name in ("first", "second", "third"):
        store.writeback.step()
        done = "and the puts are persistent" if name == "third" else "and what waited for it may go out"
        draw(f"{name}-sync", f"After the {name} sync: its level is persistent, {done}")
    store.abandon()
    return pictures


def draw_reclaim() -> dict[str, str]:
    """An extent of which one value was deleted: what lives is copied, then the extent is reset."""
    store = new_store(16, 4096, chunk_bytes=1000)
    observer = Observer(store)
    small, double, triple = KEYS
    dead = b"\x44"
    store.put(small, bytes(700))
    store.put(dead, bytes(room_for(store, chunks=4) - 700 - 1900))
    store.put(double, bytes(1900))
    store.put(triple, bytes(2400))
    store.flush().wait()
    store.delete(dead)
    store.flush().wait()
    panels: list[tuple[str, Snapshot]] = []

    def look(title: str) -> None:
        panels.append((title, observer.snapshot(frames=True)))

    victim = 8
    # Live bytes are counted when candidates are asked for.
    assert victim in [one.number for one in store.reclamation.candidates(frozenset({"data"}))]
    look(f"extent {victim} is chosen: {key_text(dead)} was deleted")
    _, dependency = store.reclamation.reclaim([victim])
    look("evacuated and repointed: the memtable names the copies, the disk still the old places; the reset waits")
    store.flush()
    look("flushed: the run that names the copies is on its way")
    dependency.wait()
    look("reset: copies and index are persistent, so the extent is free, in its next life")
    store.abandon()
    return {"reclaim.svg": reclaim_picture(panels, title=f"How extent {victim} is reclaimed")}


def draw_extents() -> dict[str, str]:
    """The extents of a small store, and the map of a larger one."""
    return {
        "extents.svg": extents_picture(aged(24, 8192), title="The extents of a small store"),
        "extents-map.svg": extents_picture(aged(512, 16384), title="The extents of a larger store"),
    }


def aged(extent_count: int, extent_size_bytes: int) -> Snapshot:
    """A store that has lived: two fifths full, and the older its chunks the more of them are dead."""
    store = new_store(extent_count, extent_size_bytes, reserve_extents=2)
    total = extent_count * extent_size_bytes // 1024 * 2 // 5
    for number in range(total):
        store.put(f"shard-{number:05}".encode(), bytes(900))
        if number % 64 == 63:
            store.flush()
    for number in range(total):
        # A falling share: nearly all of the first, nearly none of the last.
        if (number * 7919) % total >= number:
            store.delete(f"shard-{number:05}".encode())
    store.flush().wait()
    store.index.count_live()
    snapshot = snapshot_of(store)
    store.abandon()
    return snapshot
