"""Schemas on which the lanes once disagreed, found by random schemas and kept in their smallest form."""

from __future__ import annotations

import zlib
from typing import Any

import construct as c
import pytest
from construct import len_, this

from formats import primitives as p
from formats.catalog import Format
from formats.errors import FormatError, SchemaRefused, ValueRefused
from roundtrip.schemas.agreement import Agreement, Effort, Tally, seeded

FOUND: dict[str, Any] = {
    "three bytes rebuilt as a constant": c.Struct("a" / c.Rebuild(c.Int24ub, 238), "b" / c.Int8ub),
    "a flag rebuilt as a constant": c.Struct("a" / c.Rebuild(c.Flag, True), "b" / c.Int8ub),
    "a field is named like its checksum function": c.Struct(
        "data" / c.RawCopy(c.Bytes(3)), "crc32" / c.Checksum(c.Int32ub, zlib.crc32, this.data.data)
    ),
    "a field is named like a local of the masked checksum": p.Frame(
        "unmasked" / c.Int32ul,
        "c" / p.Length(c.Int16ul, of="d", maximum=100),
        "sum" / p.Crc32c(covers="d", is_masked=True),
        "d" / c.Bytes(this.c),
    ),
    "a record's name meets the alias of another": c.Struct("tuple" / c.Struct("a" / c.Int8ub, "b" / c.Flag)),
    "a field is renamed in its record": c.Struct("bytes" / c.Int8ub, "class" / c.Flag, "a b" / c.Flag, "a-b" / c.Flag),
    "a shift by a masked number": c.Struct("a" / c.Int64ub, "b" / c.Bytes(64 >> (this.a & 7))),
    "a count from no bytes": c.Struct("a" / c.Bytes(0), "b" / c.Array(len_(this.a), c.Int16ub)),
    "the end inside a region": c.FixedSized(6, c.Struct("a" / c.Prefixed(c.Int8ub, c.GreedyBytes), c.Terminated)),
    "the end of the whole": c.Struct("a" / c.Int8ub, c.Terminated),
    "a field of a captured struct": c.Struct(
        "a" / c.RawCopy(c.Struct("value" / c.Int8ub)),
        "b" / c.Checksum(c.Int32ub, zlib.crc32, this.a.data),
        "c" / c.If(this.a.value.value > 3, c.Int16ub),
    ),
    "a derived field of a nested struct": c.Struct(
        "a" / c.Struct("n" / c.Rebuild(c.Int8ub, len_(this.b)), "b" / c.Prefixed(c.Int8ub, c.GreedyBytes)),
        "c" / c.If(this.a.n > 2, c.Int16ub),
    ),
    "a dressed constant that others read": c.Struct("a" / c.Hex(c.Const(3, c.Int8ub)), "b" / c.Computed(this.a * 2)),
    "greedy bytes in a padded region": c.Struct("a" / c.FixedSized(4, c.GreedyBytes), "b" / c.Int8ub),
    "counts of a page are named like locals of its search": p.Frame(
        "key" / p.Count(c.Int8ul, of="index.found", minimum=1, maximum=9),
        "start" / p.Length(c.Int8ul, of="index.heap", maximum=9),
        "high" / p.Length(c.Int16ul, of="index", maximum=200),
        "index"
        / p.Region(
            this.high,
            c.Struct(
                "low" / p.Ends(this._.key, c.Int8ul, of="found", prefix="heap"),
                "stop" / p.Column(this._.key, c.Int16ul),
                "heap" / p.PrefixOf(this._.start, of="found"),
                "found" / p.Slices(ends="low", minimum=1, maximum=9, order="strict", prefix="heap", total=60),
            ),
        ),
    ),
    "a count that is a comparison or a flag": c.Struct(
        "n" / c.Int8ub,
        "f" / c.Flag,
        "t" / c.Bytes(1),
        "a" / c.Array(this.n > 3, c.Int16ub),
        "b" / c.Array(this.f, c.Int32ul),
        "d" / c.Array(this.t == b'"', c.Int16ub),
    ),
    "columns of one count in branches, in loops and behind them": c.Struct(
        "n" / c.Int8ub,
        "f" / c.Flag,
        "a" / c.If(this.f, c.Array(this.n, c.Int16ub)),
        "b" / c.Array(this.n, c.Int16ub),
        "d"
        / c.Array(
            this.n, c.Struct("m" / c.Flag, "e" / c.Array(this._.n, c.Int16ul), "g" / c.Array(this._.n, c.Int16ul))
        ),
        "h" / c.Array(this.n, c.Int16ul),
        "i" / c.IfThenElse(this.f, c.Array(this.n, c.Int64sb), c.Array(this.n, c.Int64sb)),
    ),
    "fields are named like the shapes of columns": c.Struct(
        "lru_cache" / c.Int8ub,
        "Struct" / c.Int8ub,
        "_u16_column" / c.Int8ub,
        "lru_cache_u16s" / c.Array(this.lru_cache, c.Int16ul),
        "frame_columns" / c.Array(this.lru_cache, c.Int16ul),
        "u16_column" / c.Array(this.Struct, c.Int16ul),
    ),
    "two branches with alike records": c.Struct(
        "a" / c.Int8ub, "b" / c.IfThenElse(this.a > 5, c.Struct(c.Padding(1)), c.Struct(c.Padding(2)))
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_regression_lanes_agree_where(name: str, seed: int) -> None:
    subject, tally = Format("regression", 1, FOUND[name]), Tally()
    Agreement(subject, subject.codec, tally).check(seeded(seed, name), Effort(values=12, damages=20, spoilings=10))
    assert tally.values == 12


def test_regression_bytes_shorter_than_their_padded_region_are_refused() -> None:
    subject = Format("regression", 1, FOUND["greedy bytes in a padded region"])
    record = subject.codec.probe(b"abcd\x01")
    shorter = type(record)(b"abc", 1)
    with pytest.raises(ValueRefused):
        subject.codec.encode(shorter)


def test_regression_terminated_is_not_padding() -> None:
    subject = Format("regression", 1, FOUND["the end inside a region"])
    assert subject.codec.probe(b"\x05abcde") is not None
    with pytest.raises(FormatError):
        subject.codec.decode(b"\x02ab\x00\x00\x00")


def test_regression_dressed_values_are_plain() -> None:
    subject = Format("dressed", 1, c.Struct("a" / c.Hex(c.Int8ub), "b" / c.Hex(c.Flag), "c" / c.HexDump(c.Bytes(1))))
    plain = subject.oracle.decode(b"\x01\x01\x01")
    assert [type(value) for value in plain.values()] == [int, bool, bytes]


def test_regression_an_ordered_column_of_names_is_refused() -> None:
    schema = c.Struct("a" / p.Column(2, c.Enum(c.Int8ub, x=1), order="strict"))
    with pytest.raises(Exception, match="an ordered column holds integers"):
        Format("regression", 1, schema).layout  # noqa: B018


def test_regression_a_field_rebuilt_from_another_type_is_refused() -> None:
    with pytest.raises(SchemaRefused, match="another type"):
        Format("regression", 1, c.Struct("b" / c.Int8ub, "a" / c.Rebuild(c.Flag, this.b))).codec  # noqa: B018
