"""How the kept store images were made: for each a preset, a history, and how the disk was left.

An image is never made anew in another's place: the engine that wrote it may have changed since, and the image is the
evidence of what it wrote. A recipe makes further ones.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine import Shape

from ..histories.presets import TINY_LIMITS, Preset, preset, preset_named, written

#: How a disk can be left: closed, or by a power failure after the last operation (`crash 17` draws what survives,
#: `power-cut 0 2:512` says it), or in its midst (`cut 6 17`: after six disk operations of it).
CLOSED: Final = "closed"


class Recipe(NamedTuple):
    """One image. `history`: operations in their text form; `turned`: what is rotten: `value 3`, `page 0`, `root 0`."""

    name: str
    why: str
    preset: str
    history: str
    left: str = CLOSED
    turned: str = ""
    remembers: bool = False


#: A store with more than 1 MiB below its write pointers, in both versions, for the proof of every sector and every bit.
LARGE_SHAPE: Final = Shape(extent_count=82, extent_size_bytes=16384, page_size_bytes=512)
LARGE_LIMITS: Final = written(
    TINY_LIMITS.__class__(
        memtable_entries=64,
        cache_bytes=0,
        buffer_pool_bytes=65536,
        write_bytes=4096,
        chunk_bytes=1900,
        run_fanout=8,
        reserve_extents=4,
        background=False,
    ),
    chunk=1,
    page=1,
)
LARGE: Final = preset(
    "large-image",
    "82 extents of 16 KiB, for the proof of every bit of an image",
    LARGE_SHAPE,
    LARGE_LIMITS,
    tuple(b"shard/%04d" % number for number in range(1000)),
    later_limits=(written(LARGE_LIMITS, chunk=2, page=2), written(LARGE_LIMITS, chunk=2, page=1)),
)

SIXTH: Final = "put-many 0 6 650\nsync\nput-many 0 3 10\nput 6 1300\nput 7 1300\nsync\n"
BUSY: Final = "put 0 10\nput 1 700\nput 2 0\nsync\nput 1 40\ndelete 0\nput 3 2000\nsync\nput 4 398\n"
TURNOVER: Final = "put-many 0 3 100\nput-many 6 3 1150\nput-many 3 3 100\nsync\nreclaim 0\n"
EACH_OPENING: Final = "put-many 0 6 300\nsync\nreboot\nput-many 4 5 120\ndelete 1\nsync\nreboot\nput 2 1500\nput 5 90\n"


def image_preset(name: str) -> Preset:
    """The preset of an image: one of the histories', or the large one. Raises `UnknownPreset`."""
    return LARGE if name == LARGE.name else preset_named(name)


def large_history() -> str:
    """What the large image is made by, in four openings: values of many sizes, half of them replaced, some deleted."""
    # A former life for half of the extents: they are handed out again when all others were in use.
    lines = [f"put-many {number} 6 {size}" for size in (1100, 3) for number in range(0, 600, 6)]
    lines += ["sync", "reclaim 0", "sync"]
    for number in range(0, 540, 6):
        lines.append(f"put-many {number} 6 {(520, 610, 433, 877, 160, 740)[number // 6 % 6]}")
        if number % 96 == 90:
            lines.append("sync")
    lines += ["put 600 5200", "put 601 3900", "sync", "reboot"]
    for number in range(0, 540, 10):
        lines.append(f"put-many {number} 5 {(580, 800, 356, 690)[number // 10 % 4]}")
        if number % 50 == 20:
            lines.append(f"delete {number + 5}")
        if number % 160 == 150:
            lines.append("sync")
    lines += ["put 602 4100", "reclaim 2", "sync", "put-many 604 3 900", "drain", "crash 21"]
    for number in range(610, 930, 5):
        lines.append(f"put-many {number} 5 {(450, 710, 570, 920)[number // 5 % 4]}")
        if number % 60 == 10:
            lines.append("sync")
    lines += ["sync", "reboot"]
    for number in range(5, 430, 10):
        lines.append(f"put-many {number} 6 {(650, 420, 780)[number // 10 % 3]}")
    lines += ["put 600 2500", "delete 603", "sync"]
    return "\n".join(lines) + "\n"


RECIPES: Final = {
    each.name: each
    for each in (
        Recipe("empty", "A new store that was closed: no run, no value, one record in each root.", "tiny", ""),
        Recipe("empty-unclosed", "A new store whose machine stopped at once.", "tiny", "", "crash 1"),
        Recipe("version-1", "A closed store of version 1: runs, a tombstone, a value of no bytes, one of two parts.",
               "tiny", BUSY),
        Recipe("version-2", "The same in version 2: chunks with checksums of values, pages with a shared prefix.",
               "v2", BUSY + "put-stream 6 4000\nsync\n"),
        Recipe("mixed", "Chunks and pages of both versions side by side, each opening with other ones.",
               "mixed", EACH_OPENING + "reboot\nput-stream 3 4500\nsync\n"),
        Recipe("mixed-unclosed", "Both versions, and a power failure that kept some of the unsynced writes.",
               "mixed", EACH_OPENING + "put 8 700\ndrain\n", "crash 17"),
        Recipe("long-keys", "Keys of up to 511 bytes: one page of the index for a few of them.",
               "long-keys", "put-many 4 6 200\nsync\nput 9 30\ndelete 7\nsync\n"),
        Recipe("crash-lost", "A power failure after which nothing unsynced survived.",
               "tiny", BUSY + "drain\n", "crash 0"),
        Recipe("crash-kept", "A power failure after which everything unsynced survived.",
               "tiny", BUSY + "drain\n", "crash 1"),
        Recipe("crash-torn-value", "The write of a chunk is torn behind its header.",
               "tiny", BUSY + "drain\n", "power-cut 0:100"),
        Recipe("crash-sector-lost", "Of an unsynced write the second sector is missing.",
               "tiny", "put 0 10\nsync\nput-many 1 2 900\ndrain\n", "power-cut 0!1"),
        Recipe("crash-torn-superblock", "Power failed between the two copies of a record of the superblock.",
               "tiny", BUSY + "flush\nstep\nput 5 60\nsync\n", "cut 3 1"),
        Recipe("crash-torn-metadata", "Power failed between the two copies of a record of tree metadata.",
               "tiny", BUSY + "flush\nstep\nput 5 60\nsync\n", "cut 7 1"),
        Recipe("crash-in-recovery", "Power failed while a store was opened after a power failure.",
               "tiny", BUSY + "crash 9\nput 6 100\nreboot\n", "cut 9 23"),
        Recipe("half-reclaimed", "Power failed in the midst of a reclaim: some chunks are in both places.",
               "tiny", SIXTH + "reclaim 0\n", "cut 4 1"),
        Recipe("reset-pending", "An evacuated extent whose reset was queued and never written.",
               "tiny", SIXTH + "reclaim-later\n", "crash 1"),
        Recipe("reclaimed", "Extents in their second life, over what their first one left behind the pointers.",
               "v2", TURNOVER * 12 + TURNOVER.removesuffix("reclaim 0\n"), remembers=True),
        Recipe("full", "A full store, closed: whatever is free is kept for runs and reclamation.",
               "crowded", "".join(f"put {number % 12} 3500\n" for number in range(24)) + "sync\n"),
        Recipe("superblock-switch", "The superblock went over to its other pair just before the close.",
               "tiny", "put 1 10\nput 2 100\nsync\nrecords 60\n"),
        Recipe("superblock-switch-cut", "Power failed while the superblock opened its other pair.",
               "enumerated", "put 1 10\nput 2 100\nsync\nrecords 54\nrecords 2\n", "cut 2 1"),
        Recipe("debris", "What a power failure tore lies below the pointers, between what was put before and after it.",
               "tiny", BUSY + "drain\ncrash 21\nput 7 500\nsync\nput 8 800\ndrain\ncrash 33\nput 9 20\nsync\n"),
        Recipe("random-ids", "Chunk ids that are random, as in life.", "tiny", BUSY + "sync\n"),
        Recipe("rotten-value", "A bit of a value is turned: one key is refused, with its place; all others are read.",
               "tiny", BUSY, turned="value 3"),
        Recipe("rotten-page", "A bit of a data page is turned: its keys are refused, and the chunk is reported.",
               "v2", BUSY, turned="page 0"),
        Recipe("rotten-root", "A bit of one copy of an older superblock record is turned: the other copy decides.",
               "tiny", BUSY, turned="root 0"),
        Recipe("rotten-run", "A bit of a run's footer is turned: the store is not opened.",
               "tiny", BUSY, turned="footer 0"),
        Recipe("large", "More than 1 MiB in use, both versions, dead frames, debris: every bit of it is flipped.",
               LARGE.name, large_history(), remembers=True),
    )
}  # fmt: skip
