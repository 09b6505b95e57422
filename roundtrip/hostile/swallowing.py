"""Schemas that swallow errors, or read bytes twice, out of order, or through functions."""

from __future__ import annotations

import zlib
from typing import Any

import construct as c

from formats import primitives as p

from .evidence import HostileSchema, accepts, leaks


def record() -> Any:
    """A number with a checksum."""
    return c.Struct("number" / c.RawCopy(c.Int32ul), "checksum" / c.Checksum(c.Int32ul, zlib.crc32, c.this.number.data))


def records(count: int, *, damaged: int) -> bytes:
    """So many encoded records, of which one has a flipped bit."""
    encoded = bytearray().join(record().build({"number": {"value": index}}) for index in range(count))
    encoded[damaged * 8] ^= 0x40
    return bytes(encoded)


SWALLOWING = (
    HostileSchema(
        "records up to the first damage",
        "greedy_range",
        ("records",),
        lambda: c.Struct("records" / c.GreedyRange(record())),
        records(10, damaged=4),
        "returns 4 of 10 records for one flipped bit in the fifth, and no error",
        accepts(lambda value: len(value.records) == 4),
    ),
    HostileSchema(
        "endless range of nothing",
        "greedy_range",
        (),
        lambda: c.GreedyRange(c.Pass),
        b"",
        "never returns, and swallows the timeout that should stop it",
    ),
    HostileSchema(
        "optional record",
        "select",
        ("record",),
        lambda: c.Struct("record" / c.Optional(record())),
        records(1, damaged=0),
        "returns None for a record with a wrong checksum",
        accepts(lambda value: value.record is None),
    ),
    HostileSchema(
        "selected by failure",
        "select",
        (),
        lambda: c.Select(record(), c.Int64ul),
        records(1, damaged=0),
        "reads a damaged record as a number",
        accepts(lambda value: isinstance(value, int)),
    ),
    HostileSchema(
        "peeked record",
        "peek",
        ("record",),
        lambda: c.Struct("record" / c.Peek(record())),
        records(1, damaged=0),
        "returns None for a record with a wrong checksum",
        accepts(lambda value: value.record is None),
    ),
    HostileSchema(
        "struct that stops",
        "stop_if",
        (),
        lambda: c.Struct("last" / c.Int8ul, c.StopIf(c.this.last), "rest" / c.Int32ul),
        b"\1",
        "returns a struct without its second field",
        accepts(lambda value: "rest" not in value),
    ),
    HostileSchema(
        "checksum without a frame",
        "outside_frame",
        ("checksum",),
        lambda: c.Struct("checksum" / p.Crc32c(covers="number"), "number" / c.Int8ul),
        b"\0\0\0\0\7",
        "is refused by the vocabulary too, but only when it meets bytes",
    ),
    HostileSchema(
        "hidden checksum",
        "outside_frame",
        ("checksum",),
        lambda: p.Frame("number" / c.Int8ul, "checksum" / c.Hex(p.Crc32c(covers="number"))),
        b"\7\0\0\0\0",
        "accepts any checksum, because the frame does not see it",
        accepts(lambda value: value.number == 7),
    ),
    # --- bytes read twice, out of order, or through functions ---
    HostileSchema(
        "pointers into one place",
        "reposition",
        ("views",),
        lambda: c.Struct("count" / c.Int32ul, "views" / c.Array(c.this.count, c.Pointer(0, c.Bytes(4)))),
        (5000).to_bytes(4, "little"),
        "returns 20,000 bytes from 4, and 16 GiB from others",
        accepts(lambda value: len(value.views) == 5000),
    ),
    HostileSchema(
        "array that rewinds",
        "reposition",
        ("views",),
        lambda: c.Struct("count" / c.Int32ul, "views" / c.Array(c.this.count, c.Struct("byte" / c.Byte, c.Seek(4)))),
        (5000).to_bytes(4, "little") + b"x",
        "reads its last byte 5,000 times",
        accepts(lambda value: len(value.views) == 5000),
    ),
    HostileSchema(
        "union from nowhere",
        "union",
        (),
        lambda: c.Union("missing", "number" / c.Int32ul, "raw" / c.Bytes(4)),
        b"abcd",
        "leaks a KeyError for every input",
        leaks(KeyError),
    ),
    HostileSchema(
        "restreamed number",
        "restream_data",
        ("again",),
        lambda: c.Struct("number" / c.Byte, "again" / c.RestreamData(c.this.number, c.Byte)),
        b"\1",
        "leaks an UnboundLocalError",
        leaks(UnboundLocalError),
    ),
    HostileSchema(
        "bits of no fixed number",
        "restreamed",
        (),
        lambda: c.Bitwise(c.PrefixedArray(c.BitsInteger(3), c.BitsInteger(1))),
        b"\xff\xff",
        "leaks a ValueError for the bits that are left",
        leaks(ValueError),
    ),
    HostileSchema(
        "bytes taken for bits",
        "transform",
        (),
        lambda: c.Bytewise(c.Bytes(1)),
        b"abcdefgh",
        "leaks a KeyError for bytes other than 0 and 1",
        leaks(KeyError),
    ),
    HostileSchema(
        "transformed by a lambda",
        "transform",
        (),
        lambda: c.Transformed(c.Byte, lambda data: bytes([data[0] + 1]), 1, lambda data: bytes([data[0] - 1]), 1),
        b"\xff",
        "leaks a ValueError for 0xFF",
        leaks(ValueError),
    ),
    HostileSchema(
        "wide pad",
        "scrambled",
        ("data",),
        lambda: c.Struct("pad" / c.Int16ul, "data" / c.ProcessXor(c.this.pad, c.GreedyBytes)),
        b"\xff\xffdata",
        "leaks a ValueError for a pad above 255",
        leaks(ValueError),
    ),
)
