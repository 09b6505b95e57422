"""Samples of `lsm_page.data`, version 2: the same values, their keys stored without the prefix that they share."""

from __future__ import annotations

from typing import Final

from formats.place import Place

from . import lsm_data
from .lsm_data import ENTRIES, LOCATORS, extreme, full_page, page, tombstones
from .model import Flaw, Flip, Insert, Keep, Put, Sample, Samples, both, identity_flaws, resealed

#: Every key once more behind a directory: a prefix of ten bytes, and what `lsm_data` has behind it.
SHARED: Final = {"entries": ENTRIES | {"keys": tuple(b"directory/" + key for key in ENTRIES["keys"])}}
TWINS: Final = Sample("Two keys, one the beginning of the other: the prefix is all of it.", tombstones(b"ab", b"abc"))
LONGEST: Final = Sample(
    "The longest keys, alike but for the last byte: the longest prefix of two.",
    tombstones(b"k" * 4095 + b"a", b"k" * 4095 + b"b"),
)
#: 17 keys of about 3853 bytes: 65504 bytes in all, which is as many as the keys of a page may have.
MOST: Final = tombstones(*(b"p" * size for size in (*range(3845, 3861), 3864)))

#: The longest page of `lsm_data`, the last key one byte shorter.
LONG: Final = lsm_data.LONG_KEYS["entries"]["keys"]
LESS_LONG_KEYS: Final = {"entries": lsm_data.LONG_KEYS["entries"] | {"keys": (*LONG[:-1], LONG[-1][:-1])}}

GOLDEN: Final = (
    Sample(
        "A key with one locator, a tombstone between, and a key in three chunks, all in one directory.",
        SHARED,
        ("entries.locator_ends=equal_neighbours", "entries.keys=many", "prefix_length=inside"),
    ),
    Sample(
        "Keys that share nothing: no prefix, as in version 1.",
        {"entries": ENTRIES | {"keys": (b"apple", b"banana", b"cherry")}},
        ("prefix_length=minimum",),
    ),
    Sample(
        "The smallest page: a tombstone of a key of one byte, which is zero. A key alone is all prefix.",
        tombstones(b"\0"),
        ("entries.keys[]=shortest", "entries.keys=one", "entry_count=minimum", "locator_count=minimum"),
    ),
    Sample("The longest key, alone: the longest prefix.", tombstones(b"k" * 4096), ("prefix_length=maximum",)),
    Sample(LONGEST.why, LONGEST.value, ("entries.keys[]=longest",)),
    Sample(TWINS.why, TWINS.value),
    Sample("All keys together as long as they may be, few of it stored.", MOST),
    Sample(
        "The longest page: 64 KiB of long keys to the last byte, no two of which share one.",
        lsm_data.LONG_KEYS,
        ("entries_length=maximum",),
    ),
    Sample("One byte less than the longest page.", LESS_LONG_KEYS, ("entries_length=maximum-1",)),
    Sample("A page as the engine cuts it: 78 keys of 16 to 24 bytes that begin alike.", full_page()),
    Sample(
        "Keys that are prefixes of each other, and keys beyond ASCII, behind one byte that all have.",
        tombstones(*(b"\xc3" + key for key in (b"", b"\0", b"a", b"a\0", b"aa", b"\x7f", b"\x80", b"\xff", b"\xff\0"))),
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
)  # fmt: skip

FLAWS: Final[tuple[Flaw, ...]] = (
    *identity_flaws(kind=5, header_size=32, context=("disk", "run", "offset"), version=2),
    *both("bounds", "entry_count", "00 00", "A page holds at least one key."),
    resealed("bounds", "entry_count", "01 20", "One key more than a page may hold."),
    resealed("bounds", "locator_count", "cb 0c", "One locator more than a page may hold."),
    resealed("bounds", "entries_length", "e1 ff 00 00", "One byte more than the longest page."),
    resealed("bounds", "prefix_length", "01 10", "One byte more than the longest prefix."),
    Flaw("truncated", "entries", "Cut inside the last key.", (Keep(-1),)),
    Flaw("checksum", "entries_checksum", "One bit of the prefix is wrong.", (Flip("entries.prefix"),)),
    *both("reserved", "reserved", "01", "The reserved bytes before the seal are used."),
    *both("order", "entries.locator_ends", "02 00", "Ends of locators fall.", stale="entries_checksum"),
    Flaw(
        "canonical",
        "entries.keys",
        "A prefix that is not the longest: its last byte stands before every key instead.",
        (Put("prefix_length", "01 00"), Put("entries.key_ends[0]", "01 00"), Put("entries.key_ends[1]", "03 00"),
         Insert("entries.prefix", b"b"), Put("entries_length", "0c 00 00 00")),
        resealed=True,
        base=TWINS,
    ),
    Flaw(
        "canonical",
        "entries.keys",
        "A key alone that is not all prefix.",
        (Put("prefix_length", "00 00"), Put("entries.key_ends[0]", "01 00")),
        resealed=True,
        base=Sample("", tombstones(b"\0")),
    ),
    resealed("canonical", "entries.keys[2]", "61", "The last key begins like the others behind their prefix.",
             blamed="entries.keys"),
    Flaw("order", "entries.keys", "Keys out of order: a binary search would lose one.", (Put("entries.keys[0]", "7a"),),
         resealed=True),
    resealed("length", "entries.key_ends[2]", "11 00", "The last key ends before the heap does.",
             blamed="entries.keys"),
    resealed("length", "entries.key_ends[2]", "13 00", "The last key ends behind the heap.", blamed="entries.keys"),
    Flaw(
        "length",
        "entries.prefix",
        "A prefix longer than what is left of the region.",
        (Put("prefix_length", "00 01"),),
        resealed=True,
    ),
    Flaw(
        "bounds",
        "entries.keys",
        "Ends that fall: with the prefix the length would still be one that a key may have.",
        (Put("entries.key_ends[0]", "06 00"), Put("entries.key_ends[1]", "05 00")),
        resealed=True,
    ),
    Flaw(
        "bounds",
        "entries.keys",
        "A key of 4,097 bytes, one of them stored.",
        (Insert("entries.prefix", b"k"), Put("prefix_length", "00 10"), Put("entries_length", "0a 10 00 00")),
        resealed=True,
        base=LONGEST,
    ),
    Flaw(
        "bounds",
        "entries.keys",
        "One byte more than all keys together may have, in a page of 4 KiB.",
        (Insert("entries.keys[16]", b"p"), Put("entries.key_ends[16]", "8c 00"), Put("entries_length", "d5 0f 00 00")),
        resealed=True,
        base=Sample("", MOST),
    ),
)  # fmt: skip

SAMPLES: Final = Samples(
    GOLDEN,
    FLAWS,
    lsm_data.SAMPLES.absent,
)
