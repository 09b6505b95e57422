"""Samples of `superblock`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Flaw, Flip, Insert, Keep, Put, Sample, Samples, both, identity_flaws, resealed

NO_ENTRIES: Final[dict[str, Any]] = {"extents": (), "generations": (), "write_pointers": (), "owners": ()}
ENTRIES: Final[dict[str, Any]] = {
    "extents": (2, 3, 5, 8, 13),
    "generations": (1, 1, 7, 2, 1),
    "write_pointers": (4096, 0, 1048576, 16777216, 8192),
    "owners": ("superblock", "free", "data", "index", "metadata"),
}
BASE: Final[dict[str, Any]] = {
    "record": "delta",
    "flags": 0,
    "sequence": 41,
    "compatible": 0b101,
    "read_only_compatible": 0b10,
    "incompatible": 0b1,
    "extent_count": 64,
    "entries": ENTRIES,
}
#: 64 bytes of header and 13 per extent: the most that fit a page of 4 KiB.
PAGE_COUNT: Final = (4096 - 64) // 13
OWNERS: Final = ("free", "data", "index", "metadata", "superblock")

EMPTY: Final = Sample(
    "A delta in which nothing has changed, as the cadence writes it.",
    BASE | {"entries": NO_ENTRIES},
    ("entries_length=minimum", "entry_count=minimum"),
)
CLOSING: Final = Sample(
    "A delta of one extent, which closes the store cleanly.",
    BASE | {"flags": 1, "entries": {name: column[:1] for name, column in ENTRIES.items()}},
    ("entries.extents=one", "flags.clean_close=set"),
)

GOLDEN: Final = (
    Sample(
        "A delta with an extent of every owner.",
        BASE,
        ("record=delta", *(f"entries.owners[]={owner}" for owner in OWNERS)),
    ),
    EMPTY,
    CLOSING,
    Sample(
        "The first record of a disk of one extent: every number at its minimum.",
        BASE
        | {"record": "full", "sequence": 1, "extent_count": 1}
        | {"compatible": 0, "read_only_compatible": 0, "incompatible": 0}
        | {"entries": {"extents": (0,), "generations": (0,), "write_pointers": (0,), "owners": ("free",)}},
        ("compatible=minimum", "entries.extents[]=minimum", "extent_count=minimum", "sequence=minimum"),
    ),
    Sample(
        "Every number at its maximum; in the feature masks, and only there, unknown bits are legal.",
        BASE
        | {
            "sequence": 2**64 - 1,
            "compatible": 2**64 - 1,
            "read_only_compatible": 2**64 - 1,
            "incompatible": 2**64 - 1,
            "extent_count": 65536,
            "entries": {
                "extents": (2**32 - 1,),
                "generations": (2**32 - 1,),
                "write_pointers": (2**32 - 1,),
                "owners": ("superblock",),
            },
        },
        ("compatible=maximum", "entries.extents[]=maximum", "extent_count=maximum", "sequence=maximum"),
        Place(b"\xff" * 16, 2**32 - 1, 2**32 - 1, 2**32 - 1),
    ),
    Sample(
        "A full record that fills a page of 4 KiB.",
        BASE
        | {
            "record": "full",
            "extent_count": PAGE_COUNT,
            "entries": {
                "extents": tuple(range(PAGE_COUNT)),
                "generations": tuple(1 + number % 9 for number in range(PAGE_COUNT)),
                "write_pointers": tuple(number * 4096 for number in range(PAGE_COUNT)),
                "owners": tuple(OWNERS[number % 5] for number in range(PAGE_COUNT)),
            },
        },
        ("entries.extents=many", "record=full"),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=3, header_size=64, context=("disk", "extent", "generation", "offset")),
    *both("bounds", "sequence", "00" * 8, "Sequence 0 is no record: they are counted from 1."),
    resealed("bounds", "extent_count", "00 00 00 00", "A disk without an extent."),
    resealed("bounds", "extent_count", "01 00 01 00", "One extent more than a disk may have."),
    resealed("bounds", "entry_count", "01 00 01 00", "One entry more than a record may hold."),
    resealed("bounds", "entries_length", "01 00 0d 00", "One byte more than the longest region."),
    resealed(
        "bounds", "entries_length", "ff ff ff ff", "The largest number that there is: refused before it is believed."
    ),
    Flaw("truncated", "entries", "Cut inside the entries.", (Keep(-1),)),
    Flaw(
        "truncated",
        "entries",
        "The sealed header promises more entries than there are.",
        (Put("entries_length", "42 00 00 00"),),
        resealed=True,
    ),
    Flaw("checksum", "entries_checksum", "One bit of a generation is wrong.", (Flip("entries.generations[2]"),)),
    *both("enum", "record", "00", "Zero is no kind of record."),
    resealed("enum", "record", "03", "The first number that no kind of record has yet."),
    *both("flags", "flags", "02", "An unknown flag: a reader must not pass over it."),
    resealed("flags", "flags", "80", "The highest flag, unknown as well."),
    *both("reserved", "reserved_1", "00 01", "The reserved bytes behind the flags are used."),
    resealed("reserved", "reserved_2", "01", "The reserved bytes before the seal are used."),
    resealed("order", "entries.extents", "02 00 00 00 02 00 00 00", "One extent twice: which of the two counts?"),
    resealed("order", "entries.extents", "04 00 00 00", "Extents out of order: another record with the same meaning."),
    resealed("enum", "entries.owners[1]", "00", "Zero is no owner, in a column either."),
    *both("enum", "entries.owners[4]", "06", "The first number that no owner has yet.", stale="entries_checksum"),
    Flaw(
        "length",
        "entries",
        "One byte is left over in the region.",
        (Insert("entries", b"\0"), Put("entries_length", "42 00 00 00")),
        resealed=True,
    ),
    Flaw(
        "length",
        "entries.extents",
        "One entry, and no byte for it.",
        (Put("entry_count", "01"),),
        resealed=True,
        base=EMPTY,
    ),
    Flaw(
        "length",
        "entries",
        "No entry, and bytes for one.",
        (Put("entry_count", "00"),),
        resealed=True,
        base=CLOSING,
    ),
)

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    {
        "entry_count=maximum": "65,536 entries are 832 KiB",
        "entries_length=maximum": "65,536 entries are 832 KiB",
    },
)
