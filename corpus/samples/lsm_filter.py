"""Samples of `lsm_page.filter`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Flaw, Flip, Insert, Keep, Put, Sample, Samples, both, identity_flaws, resealed


def page(probes: int, *words: int) -> dict[str, Any]:
    """A filter of these words."""
    return {"probes": probes, "entries": {"words": words}}


#: The keys of the first filter: a reader that computes other words than these reads another format.
FRUIT: Final = tuple(
    b"apple apricot banana cherry date elderberry fig grape lemon mango orange pear plum quince".split()
)
FRUIT_WORDS: Final = (
    0x2A00000015000000,
    0x05000281FD400AA0,
    0x0120650498028864,
    0x1800442022085002,
    0x20E8040800550200,
    0x0000000000000000,
    0x0B10011A0020C000,
    0x0022004400080010,
)

#: 32 bytes of header and 8 per word: a filter of 4 KiB.
PAGE_COUNT: Final = (4096 - 32) // 8

GOLDEN: Final = (
    Sample("The filter of fourteen fruits, apple to quince: 6 bits of one word for each.", page(6, *FRUIT_WORDS)),
    Sample(
        "The smallest filter: one word without a bit, one bit per key.",
        page(1, 0),
        ("entries.words=one", "entries.words[]=minimum", "probes=minimum", "word_count=minimum"),
    ),
    Sample(
        "A filter that holds everything, at the last place that there is.",
        page(16, 2**64 - 1, 2**64 - 1),
        ("entries.words[]=maximum", "probes=maximum"),
        Place(b"\xff" * 16, run=2**32 - 1, offset=2**32 - 1),
    ),
    Sample(
        "A filter of 4 KiB.",
        page(6, *(0x9E3779B97F4A7C15 * (number + 1) % 2**64 for number in range(PAGE_COUNT))),
        ("entries.words=many",),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=7, header_size=32, context=("disk", "run", "offset")),
    *both("bounds", "word_count", "00 00 00 00", "A filter holds at least one word."),
    resealed("bounds", "word_count", "01 00 10 00", "One word more than a filter may hold."),
    resealed("bounds", "entries_length", "01 00 80 00", "One byte more than the longest filter."),
    *both("bounds", "probes", "00", "A filter that tests no bit holds everything."),
    resealed("bounds", "probes", "11", "One bit more per key than a filter may set."),
    Flaw("truncated", "entries", "Cut inside the last word.", (Keep(-1),)),
    Flaw(
        "truncated",
        "entries",
        "The sealed header promises more words than there are.",
        (Put("entries_length", "48 00 00 00"),),
        resealed=True,
    ),
    Flaw(
        "checksum",
        "entries_checksum",
        "One bit of a word is wrong.",
        (Flip("entries.words[3]"),),
    ),
    *both("reserved", "reserved", "01", "The reserved bytes before the seal are used."),
    Flaw(
        "length",
        "entries",
        "One byte is left over in the region.",
        (Insert("entries", b"\0"), Put("entries_length", "41 00 00 00")),
        resealed=True,
    ),
    resealed("length", "word_count", "09 00 00 00", "One word more than the region holds.", blamed="entries.words"),
    resealed("length", "word_count", "07 00 00 00", "One word less than the region holds.", blamed="entries"),
)

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    {
        "word_count=maximum": "1,048,576 words are 8 MiB",
        "entries_length=minimum": "a filter holds at least one word",
        "entries_length=maximum": "8 MiB in one file",
    },
)
