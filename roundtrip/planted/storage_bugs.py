"""Mutants of chunks, extents, reclamation and recovery: bytes are lost, taken for others, or given up too soon."""

from __future__ import annotations

from typing import Final

from engine import recovery
from engine.accounting import LiveBytes
from engine.assembly import StoreParts
from engine.chunk_reader import ChunkReader
from engine.chunks import ChunkStore
from engine.extents import Extents
from engine.node import Node
from engine.reclamation import Reclamation
from engine.slots import Slot
from engine.store_reads import StoreReads
from engine.superblock import Superblock

from .expected import ANY, CRASH, NODE, ZONED
from .planting import Bug, edit, lines

STORAGE_BUGS: Final = (
    Bug(
        "parts-in-wrong-order",
        "a value of several chunks is put together from the last one on",
        "store",
        ANY,
        (
            edit(
                StoreReads,
                "get",
                ("for part, locator in enumerate(entry)]", "for part, locator in enumerate(entry)][::-1]"),
            ),
        ),
    ),
    Bug(
        "size-of-first-part",
        "the size of a value is that of its first chunk",
        "store",
        ANY,
        (edit(StoreReads, "size_of", ("for locator in entry)", "for locator in entry[:1])")),),
    ),
    Bug(
        "pins-ignored",
        "reclamation takes an extent in which the first pieces of an unfinished put lie",
        "reclamation",
        ANY,
        (edit(Reclamation, "_may_go", ("or extent.pins ", "")),),
    ),
    Bug(
        "evacuates-into-nothing",
        "a chunk that reclamation copied is not repointed: the index names its former place",
        "reclamation",
        ANY,
        (edit(Reclamation, "_repoint", ("place if locator == chunk.locator else locator", "locator")),),
    ),
    Bug(
        "accounting-believed",
        "live bytes leave out all parts of a value but the first, and an extent said to be dead is reset unseen",
        "accounting",
        ANY,
        (
            edit(LiveBytes, "add", ("in entry:", "in entry[:1]:")),
            edit(LiveBytes, "drop", ("in entry:", "in entry[:1]:")),
            edit(
                Reclamation,
                "_evacuate",
                (
                    "window = Window(self.extents, extent)",
                    lines(
                        "window = Window(self.extents, extent)",
                        "    if not self.live_bytes(extent):",
                        "        return 0, 0",
                    ),
                ),
            ),
        ),
    ),
    Bug(
        "frame-at-pointer-missed",
        "a frame that ends exactly at the write pointer is taken for one that is cut",
        "chunk store",
        ANY,
        (edit(ChunkReader, "chunk_at", ("end > window.end", "end >= window.end")),),
    ),
    Bug(
        "stale-generation-on-disk",
        "the superblock says the former generation of an extent that is taken again",
        "superblock",
        ANY,
        (
            edit(
                Superblock,
                "collect",
                (
                    "(extent.generation, extent.pointer, extent.owner)",
                    "(max(1, extent.generation - 1), extent.pointer, extent.owner)",
                ),
            ),
        ),
    ),
    Bug(
        "zone-not-reset",
        "an extent that is taken is not reset on the disk",
        "extents",
        ZONED,
        (edit(Extents, "take", ("self.disk.reset(extent.number)", "pass")),),
    ),
    Bug(
        "appends-behind-a-crash",
        "after an unclean open appends go on in the extents that were open before",
        "recovery",
        ANY,
        (
            edit(StoreParts, "_restore", ("if not recovered.is_clean and", "if recovered.masks is None and")),
            edit(
                StoreParts,
                "_opened",
                (
                    "            if recovered.is_clean:\n                # Only",
                    "            if recovered:\n                # Only",
                ),
            ),
        ),
    ),
    Bug(
        "older-chain-taken",
        "recovery takes the pair of a root that was written first",
        "recovery",
        ANY,
        (edit(recovery, "newest_chain", ("int(second > first)", "int(second < first)")),),
    ),
    Bug(
        "half-opened-pair-taken",
        "recovery takes the pair of a root that was opened last, also where the crash left it without a whole record",
        "recovery",
        CRASH,
        (edit(recovery, "newest_chain", ("if chain.records:", "if chain:")),),
    ),
    Bug(
        "newest-record-dropped",
        "recovery leaves out the newest record of tree metadata",
        "recovery",
        ANY,
        (
            edit(
                recovery,
                "runs_of",
                ("for record in since_full(records):", "for record in since_full(records)[:-1] or records[-1:]:"),
            ),
        ),
    ),
    Bug(
        "removed-run-comes-back",
        "recovery adds the runs of a record of tree metadata, and forgets those that it removes",
        "recovery",
        ANY,
        (edit(recovery, "runs_of", ("table.pop(number, None)", "pass")),),
    ),
    Bug(
        "reserve-given-away",
        "puts take the extents that are kept for runs and copies",
        "chunk store",
        ANY,
        (edit(ChunkStore, "available", ("- stream.keeps_free - held_back", "")),),
    ),
    Bug(
        "node-steers-by-what-is-there",
        "the disk of a shard follows from the disks that are in service now",
        "node",
        NODE,
        (
            edit(
                Node,
                "_slot",
                (
                    "    return self._slots[crc32c(checked(key)) % len(self._slots)]",
                    lines(
                        "    slots = [slot for slot in self._slots if slot.is_in_service()] or self._slots",
                        "    return slots[crc32c(checked(key)) % len(slots)]",
                    ),
                ),
            ),
        ),
    ),
    Bug(
        "removed-disk-takes-calls",
        "a disk that was taken out of service still takes calls, which its closed store refuses",
        "node",
        NODE,
        (edit(Slot, "take_out", ("self._store = None\n", "pass\n")),),
    ),
)
