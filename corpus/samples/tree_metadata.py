"""Samples of `tree_metadata`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Flaw, Flip, Insert, Keep, Put, Sample, Samples, both, identity_flaws, resealed

NOTHING: Final[dict[str, Any]] = {
    "added": (),
    "levels": (),
    "chunk_ends": (),
    "extents": (),
    "generations": (),
    "offsets": (),
    "lengths": (),
    "checksums": (),
    "removed": (),
}
CHANGES: Final[dict[str, Any]] = {
    "added": (9, 11),
    "levels": (0, 2),
    "chunk_ends": (1, 3),
    "extents": (4, 5, 5),
    "generations": (1, 6, 6),
    "offsets": (8192, 4096, 69632),
    "lengths": (65536, 65536, 1200),
    "checksums": (0x01234567, 0x89ABCDEF, 0xDEADBEEF),
    "removed": (3, 4, 8),
}
BASE: Final[dict[str, Any]] = {"record": "delta", "sequence": 17, "next_run": 12, "changes": CHANGES}


def extreme(number: int, level: int) -> dict[str, Any]:
    """One run of one chunk and one removed run, every number the same."""
    columns = ("added", "extents", "generations", "offsets", "lengths", "checksums", "removed")
    return NOTHING | dict.fromkeys(columns, (number,)) | {"levels": (level,), "chunk_ends": (1,)}


def page() -> dict[str, Any]:
    """The changes that fill a page of 4 KiB: 64 runs in 170 chunks, 13 runs removed."""
    chunks = range(170)
    return {
        "added": tuple(range(100, 164)),
        "levels": tuple(run % 7 for run in range(64)),
        "chunk_ends": (*range(2, 128, 2), 170),
        "extents": tuple(20 + chunk // 16 for chunk in chunks),
        "generations": tuple(1 + chunk % 3 for chunk in chunks),
        "offsets": tuple(4096 * (1 + chunk % 16) for chunk in chunks),
        "lengths": tuple(4000 - chunk for chunk in chunks),
        "checksums": tuple(chunk * 0x01010101 for chunk in chunks),
        "removed": tuple(range(10, 36, 2)),
    }


GOLDEN: Final = (
    Sample("A delta: two runs added, one of them in two chunks, and three runs removed.", BASE, ("record=delta",)),
    Sample(
        "A full record: all there is in the tree, and nothing to remove.",
        BASE | {"record": "full", "changes": CHANGES | {"removed": ()}},
        ("record=full", "removed_count=minimum"),
    ),
    Sample(
        "A run whose chunks moved: it is removed, then added with its new places.",
        BASE | {"changes": extreme(9, level=1)},
        ("changes.added=one", "changes.removed=one"),
    ),
    Sample(
        "A delta in which nothing has changed.",
        BASE | {"changes": NOTHING},
        (
            "added_count=minimum",
            "changes_length=minimum",
            "chunk_count=minimum",
            "removed_count=minimum",
        ),
    ),
    Sample(
        "A compaction to nothing: runs are removed and none is added.",
        BASE | {"changes": NOTHING | {"removed": (1, 2)}},
        ("changes.removed=many",),
    ),
    Sample(
        "A run without a chunk: its end is 0.",
        BASE | {"changes": NOTHING | {"added": (12,), "levels": (0,), "chunk_ends": (0,)}},
        ("changes.chunk_ends[]=minimum",),
    ),
    Sample(
        "The first record: every number at its minimum.",
        {"record": "full", "sequence": 1, "next_run": 1, "changes": extreme(0, level=0)},
        ("changes.added[]=minimum", "next_run=minimum", "sequence=minimum"),
    ),
    Sample(
        "Every number at its maximum, at the last place that there is.",
        {"record": "full", "sequence": 2**64 - 1, "next_run": 2**32 - 1, "changes": extreme(2**32 - 1, level=255)},
        ("changes.added[]=maximum", "changes.levels[]=maximum", "next_run=maximum", "sequence=maximum"),
        Place(b"\xff" * 16, 2**32 - 1, 2**32 - 1, 2**32 - 1),
    ),
    Sample("A record that fills a page of 4 KiB.", BASE | {"changes": page()}, ("changes.extents=many",)),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=4, header_size=64, context=("disk", "extent", "generation", "offset")),
    *both("bounds", "sequence", "00" * 8, "Sequence 0 is no record: they are counted from 1."),
    resealed("bounds", "next_run", "00 00 00 00", "Run 0 is no run, so it is never the next one."),
    resealed("bounds", "added_count", "01 10 00 00", "One run more than a record may add."),
    resealed("bounds", "chunk_count", "01 00 01 00", "One chunk more than a record may hold."),
    resealed("bounds", "removed_count", "01 10 00 00", "One run more than a record may remove."),
    resealed("bounds", "changes_length", "01 d0 14 00", "One byte more than the longest region."),
    Flaw("truncated", "changes", "Cut inside the changes.", (Keep(-1),)),
    Flaw(
        "truncated",
        "changes",
        "The sealed header promises more changes than there are.",
        (Put("changes_length", "00 01 00 00"),),
        resealed=True,
    ),
    Flaw("checksum", "changes_checksum", "One bit of a chunk's offset is wrong.", (Flip("changes.offsets[1]"),)),
    *both("enum", "record", "00", "Zero is no kind of record."),
    resealed("enum", "record", "03", "The first number that no kind of record has yet."),
    *both("reserved", "reserved_1", "00 00 01", "The reserved bytes behind the kind of record are used."),
    resealed("reserved", "reserved_2", "01", "The reserved bytes before the seal are used."),
    *both("order", "changes.added", "0b 00 00 00", "One run added twice.", stale="changes_checksum"),
    resealed("order", "changes.chunk_ends", "03 00 00 00", "Two runs end at one chunk: the second has none."),
    resealed("order", "changes.chunk_ends", "01 00 00 00 02 00 00 00", "The last run ends before the last chunk."),
    resealed("order", "changes.chunk_ends", "01 00 00 00 04 00 00 00", "The last run ends behind the last chunk."),
    resealed("order", "changes.removed", "05 00 00 00", "Removed runs out of order."),
    Flaw(
        "length",
        "changes",
        "One byte is left over in the region.",
        (Insert("changes", b"\0"), Put("changes_length", "5b 00 00 00")),
        resealed=True,
    ),
    resealed(
        "length",
        "removed_count",
        "04 00 00 00",
        "One removed run more than the region holds.",
        blamed="changes.removed",
    ),
    resealed("length", "removed_count", "02 00 00 00", "One removed run less than the region holds.", blamed="changes"),
)

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    {
        "added_count=maximum": "4,096 runs need 4,095 chunks: 116 KiB",
        "chunk_count=maximum": "65,536 chunks are 1.25 MiB",
        "removed_count=maximum": "4,096 runs are 16 KiB, but a sidecar that nobody would read",
        "changes_length=maximum": "1.3 MiB in one file",
        "changes.chunk_ends[]=maximum": "the last end is chunk_count, which is at most 65,536",
    },
)
