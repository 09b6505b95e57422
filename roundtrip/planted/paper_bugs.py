"""Issues 1 to 10 of the table in the ShardStore paper (Bornholt et al., SOSP 2021), each as an edit of our engine.

Where the engine has a second line of defence that the published system had not, the plant takes that away, too, and
says so: else the bug could not do any harm. Issue 9 was in the reference model, and so is its plant.
"""

from __future__ import annotations

from typing import Final

from engine.assembly import StoreParts
from engine.extents import Extents
from engine.index import Index
from engine.reclamation import Reclamation
from engine.run_reader import Run
from engine.slots import Slot
from engine.superblock import Superblock
from engine.window import Window

from ..models.store import Durability
from .expected import ANY, CRASH, FAULTS, NODE, ZONED
from .planting import Bug, edit, lines
from .uuid_collision import SCAN_ALONE, UUID_COLLISION

PAPER_BUGS: Final = (
    Bug(
        "chunk-at-page-border-forgotten",
        "reclamation takes a chunk that ends a byte before a page border for the rest of the page, and trusts its scan",
        "chunk store",
        ANY,
        (
            edit(
                Reclamation,
                "_evacuate",
                (
                    "if isinstance(found, FoundChunk)]",
                    lines(
                        "if isinstance(found, FoundChunk)",
                        "        and (found.locator[2] + found.size + 1) % self.extents.shape.page_size_bytes]",
                    ),
                ),
                SCAN_ALONE,
            ),
        ),
        issue=1,
    ),
    Bug(
        "cache-not-drained",
        "the page cache keeps the pages of an extent that was reset, and knows them by their offset alone; the "
        "extent is the next one to be taken again",
        "page cache",
        ANY,
        (
            edit(Reclamation, "_freed", ("self.index.cache.drain(extent.number)", "pass")),
            edit(Run, "_locate_pages", ("generation << 32 | at", "at")),
            edit(Extents, "release", ("self.free.append(", "self.free.appendleft(")),
        ),
        issue=2,
    ),
    Bug(
        "shutdown-skips-metadata",
        "a clean close does not wait for tree metadata when an extent was reset before",
        "index",
        ANY,
        (
            edit(
                StoreParts,
                "_close_cleanly",
                (
                    "self.writeback.persist(barrier)",
                    "self.reclamation.reclaimed_extents or self.writeback.persist(barrier)",
                ),
                (
                    "while self.writeback.step():",
                    "while not self.reclamation.reclaimed_extents and self.writeback.step():",
                ),
            ),
        ),
        issue=3,
    ),
    Bug(
        "removed-disk-loses-shards",
        "a disk that is taken out of service is not closed cleanly, so it comes back without its newest shards",
        "node",
        NODE,
        (edit(Slot, "take_out", ("store.close()", "store.abandon()")),),
        issue=4,
    ),
    Bug(
        "read-error-forgets-chunks",
        "reclamation takes a read that fails for the end of the extent",
        "chunk store",
        FAULTS,
        (
            edit(
                Window,
                "_read",
                ("return ", "from engine.errors import DiskFailed\n    try:\n        return "),
                ("offset, length)\n", "offset, length)\n    except DiskFailed:\n        return b''\n"),
            ),
            edit(Reclamation, "_evacuate", SCAN_ALONE),
        ),
        issue=5,
    ),
    Bug(
        "ownership-after-reboot",
        "after a reboot the owner of an extent that is taken goes to disk one superblock record too late",
        "superblock",
        CRASH,
        (
            edit(
                Superblock,
                "__init__",
                (
                    "self.resets: list[Reset] = []",
                    "self.resets, self.late, self.told = [], set(), set() if sequence else None",
                ),
            ),
            edit(
                Superblock,
                "collect",
                (
                    "extents.changed | extents.changed_metadata)",
                    "extents.changed | extents.changed_metadata | self.late)",
                ),
                (
                    "    entries[number] = (extent.generation, extent.pointer, extent.owner)",
                    lines(
                        "    if self.told is not None and not extent.persisted and number not in self.told:",
                        "            self.told.add(number)",
                        "            self.late.add(number)",
                        "            continue",
                        "        self.late.discard(number)",
                        "        entries[number] = (extent.generation, extent.pointer, extent.owner)",
                    ),
                ),
            ),
        ),
        issue=6,
    ),
    Bug(
        "hard-pointer-disagrees",
        "the zone of an extent is reset when the extent becomes free, not when it is taken: a crash can lose that",
        "superblock",
        ZONED,
        (
            edit(Extents, "take", ("self.disk.reset(extent.number)", "pass")),
            edit(
                Extents,
                "release",
                (
                    "self.free.append(extent.number)",
                    "self.disk.reset(extent.number)\n    self.free.append(extent.number)",
                ),
            ),
        ),
        issue=7,
    ),
    Bug(
        "write-without-pointer",
        "runs and tree metadata do not wait for the superblock record with the write pointers of what they name, and "
        "the superblock is written only when somebody waits for it",
        "index",
        CRASH,
        (
            edit(Index, "_write", ("after = (*after, self.superblock.next_record())", "pass")),
            edit(Index, "_install", ("update.after = (*update.after, self.superblock.next_record())", "pass")),
            edit(Superblock, "is_dirty", ("or bool(self.extents.changed)", "")),
        ),
        issue=8,
    ),
    Bug(
        "model-not-updated-after-crash",
        "the reference model keeps what it held before a crash, though recovery found what a reclamation had written",
        "reference model",
        CRASH,
        (
            edit(
                Durability,
                "found",
                (
                    "self.said = {key: [(values.get(key), None)] for key in self.said}",
                    "self.said = {key: [(self.legal(key)[0], None)] for key in self.said}",
                ),
            ),
        ),
        issue=9,
    ),
    UUID_COLLISION,
)
