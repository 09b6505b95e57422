"""Samples of `lsm_page.index`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Flaw, Flip, Insert, Keep, Put, Sample, Samples, both, identity_flaws, resealed


def page(*entries: tuple[bytes, int, int]) -> dict[str, Any]:
    """An index of these data pages: last key, offset in the run, length in bytes."""
    keys, offsets, lengths = zip(*entries, strict=True)
    return {"entries": {"page_offsets": offsets, "page_lengths": lengths, "keys": keys}}


LONGEST: Final = Sample(
    "The longest key, and a short one behind it.", page((b"k" * 4096, 0, 4200), (b"l" * 2, 4200, 100))
)

GOLDEN: Final = (
    Sample(
        "The index of a run of three pages.",
        page((b"banana", 0, 3911), (b"melon", 3911, 4020), (b"quince", 7931, 512)),
        ("entries.keys=many", "entries.page_offsets[]=minimum"),
    ),
    Sample(
        "The smallest index: one page, its last key one byte, every number 0.",
        page((b"\0", 0, 0)),
        ("entries.keys=one", "entries.keys[]=shortest", "entries.page_lengths[]=minimum", "entry_count=minimum"),
    ),
    Sample(LONGEST.why, LONGEST.value, ("entries.keys[]=longest",)),
    Sample(
        "Every number at its maximum, at the last place that there is.",
        page((b"\xff", 2**32 - 1, 2**32 - 1)),
        ("entries.page_lengths[]=maximum", "entries.page_offsets[]=maximum"),
        Place(b"\xff" * 16, run=2**32 - 1, offset=2**32 - 1),
    ),
    Sample(
        "Keys that are prefixes of each other, and keys beyond ASCII: order is by unsigned byte.",
        page((b"a", 0, 9), (b"a\0", 9, 9), (b"aa", 18, 9), (b"\x7f", 27, 9), (b"\x80", 36, 9), (b"\xff\xff", 45, 9)),
    ),
    Sample(
        "An index of 4 KiB: 112 pages, one key of 24 bytes each.",
        page(*((b"user/%04d/object-00000000" % (9 * number), 4000 * number, 4000) for number in range(112))),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=6, header_size=32, context=("disk", "run", "offset")),
    *both("bounds", "entry_count", "00 00 00 00", "An index holds at least one page."),
    resealed("bounds", "entry_count", "01 00 01 00", "One page more than an index may hold."),
    resealed("bounds", "entries_length", "e1 ff ff 00", "One byte more than the longest index."),
    Flaw("truncated", "entries", "Cut inside the last key.", (Keep(-1),)),
    Flaw(
        "truncated",
        "entries",
        "The sealed header promises more entries than there are.",
        (Put("entries_length", "00 10 00 00"),),
        resealed=True,
    ),
    Flaw("checksum", "entries_checksum", "One bit of a page's length is wrong.", (Flip("entries.page_lengths[1]"),)),
    *both("reserved", "reserved", "00 00 00 01", "The reserved bytes before the seal are used."),
    *both("order", "entries.page_offsets", "00 20 00 00", "Pages out of order.", stale="entries_checksum"),
    resealed("order", "entries.page_offsets", "47 0f 00 00", "Two pages in one place."),
    resealed("order", "entries.keys", "6e", "Keys out of order: a binary search would miss a page."),
    resealed(
        "length", "entries.key_ends[2]", "10 00 00 00", "The last key ends before the heap does.", blamed="entries.keys"
    ),
    resealed(
        "length", "entries.key_ends[2]", "ff ff ff ff", "The last key ends far behind the heap.", blamed="entries.keys"
    ),
    Flaw(
        "length",
        "entries.keys",
        "One byte is left over behind the last key.",
        (Insert("entries", b"\0"), Put("entries_length", "36 00 00 00")),
        resealed=True,
    ),
    resealed("length", "entry_count", "00 01 00 00", "More pages than the region holds.", blamed="entries.key_ends"),
    Flaw(
        "bounds",
        "entries.keys",
        "A key without a byte: its end is that of the key before it.",
        (Put("entries.key_ends[1]", "06 00 00 00"),),
        resealed=True,
    ),
    Flaw(
        "bounds",
        "entries.keys",
        "A key of 4,097 bytes.",
        (Put("entries.key_ends[0]", "01 10 00 00"),),
        resealed=True,
        base=LONGEST,
    ),
)

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    {
        "entry_count=maximum": "65,536 pages are more than 900 KiB",
        "entries_length=minimum": "an index holds at least one page",
        "entries_length=maximum": "16 MiB in one file",
    },
)
