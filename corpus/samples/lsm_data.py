"""Samples of `lsm_page.data`."""

from __future__ import annotations

from typing import Any, Final

from formats.place import Place

from .model import Flaw, Flip, Insert, Keep, Put, Sample, Samples, both, identity_flaws, resealed

LOCATORS: Final = ("extents", "generations", "offsets", "lengths", "checksums")
NO_LOCATORS: Final[dict[str, Any]] = dict.fromkeys(LOCATORS, ())
ENTRIES: Final[dict[str, Any]] = {
    "locator_ends": (1, 1, 4),
    "extents": (4, 6, 6, 7),
    "generations": (1, 2, 2, 1),
    "offsets": (4096, 8192, 73728, 4096),
    "lengths": (512, 65536, 65536, 100),
    "checksums": (0x01234567, 0x89ABCDEF, 0xDEADBEEF, 0),
    "keys": (b"apple", b"apricot", b"banana"),
}


def page(**entries: Any) -> dict[str, Any]:
    """A page of these entries; locator columns that are not given are empty."""
    return {"entries": NO_LOCATORS | entries}


def tombstones(*keys: bytes) -> dict[str, Any]:
    """A page of deleted keys."""
    return page(keys=keys, locator_ends=(0,) * len(keys))


def extreme(number: int) -> dict[str, Any]:
    """One key with one locator, every number of it the same."""
    return page(keys=(b"key",), locator_ends=(1,), **dict.fromkeys(LOCATORS, (number,)))


def full_page() -> dict[str, Any]:
    """A page of 4 KiB as the engine cuts it: 78 keys of 16 to 24 bytes with one locator each."""
    numbers = range(78)
    return page(
        keys=tuple(b"user/%04d/" % (7 * number) + b"object-00000000"[: 6 + number % 9] for number in numbers),
        locator_ends=tuple(number + 1 for number in numbers),
        extents=tuple(10 + number // 20 for number in numbers),
        generations=tuple(1 + number % 2 for number in numbers),
        offsets=tuple(4096 * number for number in numbers),
        lengths=tuple(1000 + number for number in numbers),
        checksums=tuple(0x9E3779B1 * (number + 1) % 2**32 for number in numbers),
    )


LONG_KEYS: Final = tombstones(*(bytes([letter]) * 4096 for letter in range(97, 112)), b"p" * 4000)
#: Two keys, the first as long as a key may be: its end moved by one byte makes it too long.
LONGEST: Final = Sample("The longest key, and a short one behind it.", tombstones(b"k" * 4096, b"l" * 2))

GOLDEN: Final = (
    Sample(
        "A key with one locator, a tombstone between, and a key in three chunks.",
        {"entries": ENTRIES},
        ("entries.locator_ends=equal_neighbours", "entries.keys=many"),
    ),
    Sample(
        "The smallest page: a tombstone of a key of one byte, which is zero.",
        tombstones(b"\0"),
        ("entries.keys[]=shortest", "entries.keys=one", "entry_count=minimum", "locator_count=minimum"),
    ),
    Sample(LONGEST.why, LONGEST.value, ("entries.keys[]=longest",)),
    Sample(
        "The longest page: 64 KiB of long keys to the last byte.",
        LONG_KEYS,
        ("entries.keys[]=longest", "entries_length=maximum"),
    ),
    Sample("A page of 4 KiB as the engine cuts it: 78 keys of 16 to 24 bytes.", full_page()),
    Sample(
        "Keys that are prefixes of each other, and keys beyond ASCII: order is by unsigned byte.",
        tombstones(b"a", b"a\0", b"aa", b"b", b"\x7f", b"\x80", b"\xc3\xa4", b"\xff", b"\xff\xff"),
    ),
    Sample(
        "A page that begins with tombstones: the first end is 0.",
        page(keys=(b"a", b"b", b"c"), locator_ends=(0, 0, 1), **dict.fromkeys(LOCATORS, (5,))),
        ("entries.locator_ends[]=minimum",),
    ),
    Sample(
        "One key in a hundred chunks, as a large shard is.",
        page(keys=(b"large",), locator_ends=(100,), **{name: tuple(range(100)) for name in LOCATORS}),
        ("entries.extents=many",),
    ),
    Sample(
        "Every number of a locator at its minimum.",
        extreme(0),
        tuple(f"entries.{name}[]=minimum" for name in LOCATORS),
    ),
    Sample(
        "Every number of a locator at its maximum, at the last place that there is.",
        extreme(2**32 - 1),
        tuple(f"entries.{name}[]=maximum" for name in LOCATORS),
        Place(b"\xff" * 16, run=2**32 - 1, offset=2**32 - 1),
    ),
)

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=5, header_size=32, context=("disk", "run", "offset")),
    *both("bounds", "entry_count", "00 00", "A page holds at least one key."),
    resealed("bounds", "entry_count", "01 20", "One key more than a page may hold."),
    resealed("bounds", "locator_count", "cb 0c", "One locator more than a page may hold."),
    resealed("bounds", "entries_length", "e1 ff 00 00", "One byte more than the longest page."),
    resealed(
        "bounds", "entries_length", "ff ff ff ff", "The largest number that there is: refused before it is believed."
    ),
    Flaw("truncated", "entries", "Cut inside the last key.", (Keep(-1),)),
    Flaw(
        "truncated",
        "entries",
        "The sealed header promises more entries than there are.",
        (Put("entries_length", "00 10 00 00"),),
        resealed=True,
    ),
    Flaw("checksum", "entries_checksum", "One bit of a key is wrong.", (Flip("entries.keys[1]"),)),
    *both("reserved", "reserved", "01", "The reserved bytes before the seal are used."),
    *both("order", "entries.locator_ends", "02 00", "Ends of locators fall.", stale="entries_checksum"),
    resealed(
        "order",
        "entries.locator_ends[2]",
        "03 00",
        "The last key ends before the last locator.",
        blamed="entries.locator_ends",
    ),
    resealed(
        "order",
        "entries.locator_ends[2]",
        "05 00",
        "The last key ends behind the last locator.",
        blamed="entries.locator_ends",
    ),
    resealed("order", "entries.keys", "62", "Keys out of order: a binary search would lose one."),
    Flaw(
        "order",
        "entries.keys",
        "One key twice: which of the two counts?",
        (Put("entries.keys[1]", "63"),),
        resealed=True,
        base=Sample("", tombstones(b"a", b"b", b"c")),
    ),
    resealed(
        "length", "entries.key_ends[2]", "11 00", "The last key ends before the heap does.", blamed="entries.keys"
    ),
    resealed("length", "entries.key_ends[2]", "13 00", "The last key ends behind the heap.", blamed="entries.keys"),
    Flaw(
        "length",
        "entries.keys",
        "One byte is left over behind the last key.",
        (Insert("entries", b"\0"), Put("entries_length", "6f 00 00 00")),
        resealed=True,
    ),
    Flaw(
        "length",
        "entries.extents",
        "More locators than the region holds.",
        (Put("locator_count", "40 00"), Put("entries.locator_ends[2]", "40 00")),
        resealed=True,
    ),
    Flaw(
        "bounds",
        "entries.keys",
        "A key without a byte: its end is that of the key before it.",
        (Put("entries.key_ends[1]", "05 00"),),
        resealed=True,
    ),
    Flaw(
        "bounds",
        "entries.keys",
        "A key of 4,097 bytes.",
        (Put("entries.key_ends[0]", "01 10"),),
        resealed=True,
        base=LONGEST,
    ),
)

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    {
        "entry_count=maximum": "48 KiB of data, but a sidecar of 150 KiB, which nobody would read",
        "entries_length=minimum": "a page holds at least one key",
        "locator_count=maximum": "3,274 locators are 64 KiB, but a sidecar that nobody would read",
        "entries.locator_ends[]=maximum": "the last end is locator_count, which is at most 3,274",
    },
)
