"""What the compiler does for speed changes no verdict: joined zeros, loosely read ends, one look at empty keys."""

from __future__ import annotations

from itertools import product

import pytest
from construct import Bytes, Construct, Int8ul, Int16ub, Int16ul, Int32ul, Struct, this

from formats import Format
from formats.errors import FormatError
from formats.primitives import Bounded, ClosedEnum, Count, Ends, Frame, Region, Reserved, Slices


def agree(entry: Format, data: bytes) -> bool:
    """Whether both lanes give one verdict and value."""
    record = entry.codec.probe(data)
    try:
        return bool(entry.codec.plain(record) == entry.oracle.decode(data))
    except FormatError:
        return record is None


@pytest.mark.parametrize(
    ("number", "zeros", "after"),
    [(Int8ul, 3, Int32ul), (Int8ul, 7, Int32ul), (Int16ul, 6, Int8ul), (Int8ul, 3, Int16ub), (Int16ub, 6, Int8ul)],
)
def test_zeros_behind_an_enumeration_are_checked(
    number: Construct[int, int], zeros: int, after: Construct[int, int]
) -> None:
    schema = Frame("kind" / ClosedEnum(number, one=1, last=255), "zeros" / Reserved(zeros), "after" / after)
    entry, size = Format("joined", 1, schema), number.sizeof() + zeros
    for index, byte, first in product(range(size), (0, 1, 0x80, 0xFF), (b"\x01\x00", b"\x00\x01", b"\xff\x00")):
        data = bytearray(first[: number.sizeof()] + bytes(zeros + after.sizeof()))
        data[index] = byte
        assert agree(entry, bytes(data)), data.hex()


def page(*before: Construct[int, int], keys: Slices) -> Format:
    """A page of 40 bytes behind so many fields and a count of one byte."""
    content = Struct("ends" / Ends(this._.count, Int16ul, of="keys"), "keys" / keys)
    count = "count" / Count(Int8ul, of="entries.keys", maximum=9)
    fields = [f"field_{index}" / field for index, field in enumerate(before)]
    return Format("page", 1, Frame(*fields, count, "entries" / Region(40, content)))


@pytest.mark.parametrize("before", [(), (Int32ul,)], ids=["nothing before the ends", "bytes before the ends"])
def test_every_key_is_found_however_little_lies_before_the_ends(before: tuple[Construct[int, int], ...]) -> None:
    entry = page(*before, keys=Slices(ends="ends", minimum=1, maximum=40, order="strict"))
    keys = (*(bytes([65 + index]) * (6 - index) for index in range(5)), b"Z" * 8)
    plain = {**{f"field_{index}": 2**32 - 1 for index in range(len(before))}, "entries": {"keys": keys}}
    data, module = entry.oracle.encode(plain), entry.codec.module
    assert [module.lookup(data, key) for key in keys] == [0, 1, 2, 3, 4, 5]
    assert [module.lookup(data, key) for key in (b"", b"A", b"AAAAAAA", b"ZZ", b"a")] == [-1] * 5
    assert [module.lower_bound(data, key) for key in (b"", b"A", b"AAAAAAA", b"ZZ", b"a")] == [0, 0, 1, 5, 6]


@pytest.mark.parametrize("order", ["strict", "ascending", ""])
def test_empty_and_falling_keys_are_refused_alike(order: str) -> None:
    entry = page(keys=Slices(ends="ends", minimum=1, maximum=40, order=order))
    heap = bytes(range(65, 65 + 34))
    for ends in product((0, 5, 10, 34, 35, 60000), repeat=3):
        data = bytes([3]) + b"".join(end.to_bytes(2, "little") for end in ends) + heap
        assert agree(entry, data), ends


def test_bounds_beside_zeros_are_still_bounds() -> None:
    entry = Format("bounded", 1, Frame("number" / Bounded(Int8ul, 1, 9), "zeros" / Reserved(3), "rest" / Bytes(2)))
    for number, zero in product((0, 1, 9, 10), (0, 1)):
        assert agree(entry, bytes([number, 0, 0, zero]) + b"xx")
