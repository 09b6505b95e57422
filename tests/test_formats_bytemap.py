"""The byte map: where every field lies, in words for all frames and bit by bit for one."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import construct as c
import pytest
from construct import this
from hypothesis import given, settings
from hypothesis import strategies as st

from formats import primitives as p
from formats.catalog import CATALOG, Format
from formats.description.bytemap import BitRange, bit_ranges, static_map
from formats.errors import FormatError, SchemaRefused, ValueRefused
from formats.values import comparable
from roundtrip.generate import NoValue, RandomSource, generate
from roundtrip.schemas import schemas
from roundtrip.strategies import frames

FORMATS = pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.label)
RECORD = p.Frame("kind" / c.Int8ub, "size" / p.Length(c.Int8ub, of="data", maximum=20), "data" / c.Bytes(this.size))
#: Everything that takes bytes and has no name of its own.
UNNAMED = Format(
    "unnamed",
    1,
    c.Struct(
        c.Const(b"Q"),
        "counted" / c.PrefixedArray(c.Int8ub, c.Int16ub),
        "prefixed" / c.Prefixed(c.Int8ub, c.Struct("x" / c.Int8ub, "rest" / c.GreedyBytes)),
        "bits" / c.BitStruct("a" / c.BitsInteger(3), c.Padding(1), "b" / c.Flag, "c" / c.BitsInteger(3)),
        c.Padding(2),
        "padded" / c.Padded(8, c.Struct("x" / c.Int16ub)),
        c.Padding(1),
        "name" / c.PascalString(c.Int8ub, "utf8"),
    ),
)
VALUE = {
    "counted": (1, 2),
    "prefixed": {"x": 1, "rest": b"ab"},
    "bits": {"a": 1, "b": True, "c": 5},
    "padded": {"x": 3},
    "name": "é",
}


def example(entry: Format, number: int = 0) -> tuple[bytes, int]:
    """A frame that repeats, and its seed."""
    seed = 7 if entry.layout.seed else 0
    return entry.oracle.encode(generate(entry.layout, RandomSource(Random(number)), size=12), seed), seed


def gaps(data: bytes, ranges: tuple[BitRange, ...]) -> list[tuple[int, int]]:
    """Where a range does not begin at the end of the one before; the frame's end last."""
    ends = [0, *(found.end_bit for found in ranges)]
    starts = [*(found.start_bit for found in ranges), len(data) * 8]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if end != start]


@FORMATS
@given(st.data())
@settings(max_examples=25)
def test_every_bit_of_a_frame_belongs_to_one_field(entry: Format, data: st.DataObject) -> None:
    frame, seed = data.draw(frames(entry))
    ranges = bit_ranges(entry, frame, seed)
    assert gaps(frame, ranges) == []
    assert len({found.path for found in ranges}) == len(ranges)


@given(schemas(), st.integers(0, 1000))
@settings(max_examples=80)
def test_every_bit_belongs_to_one_field_in_random_schemas(schema: Any, number: int) -> None:
    entry = Format("random", 1, schema)
    try:
        static_map(entry.layout)
        frame, seed = example(entry, number)
    except (NoValue, SchemaRefused, ValueRefused):
        return
    assert gaps(frame, bit_ranges(entry, frame, seed)) == []


def test_fields_without_a_name_are_called_what_they_are() -> None:
    data = UNNAMED.oracle.encode(VALUE)
    found = {".".join(map(str, field.path)): field for field in bit_ranges(UNNAMED, data)}
    assert [name for name in found if "(" in name] == [
        "(constant)",
        "counted.(count)",
        "prefixed.(length)",
        "bits.(padding)",
        "(padding)",
        "padded.(padding)",
        "(padding 2)",
        "name.(length)",
    ]
    assert all(field.derived for name, field in found.items() if "(" in name)
    assert found["name.(length)"].value == len("é".encode())


def test_bit_fields_are_counted_from_the_most_significant_bit() -> None:
    data = UNNAMED.oracle.encode(VALUE)
    bits = [field for field in bit_ranges(UNNAMED, data) if field.path[0] == "bits"]
    base = bits[0].start_bit
    assert [(field.path[1], field.start_bit - base, field.end_bit - base) for field in bits] == [
        ("a", 0, 3),
        ("(padding)", 3, 4),
        ("b", 4, 5),
        ("c", 5, 8),
    ]
    assert data[base // 8] == 0b001_0_1_101


def test_what_is_left_over_in_a_block_is_a_trailer() -> None:
    entry = Format("blocks", 1, p.Blocks(8, RECORD, smallest=2))
    value = (({"kind": 1, "data": b"abcde"},), ({"kind": 2, "data": b""},))
    data = entry.oracle.encode(value)
    ranges = bit_ranges(entry, data)
    assert gaps(data, ranges) == []
    assert [field.path for field in ranges if field.path[-1] == "(trailer)"] == [(0, "(trailer)")]


@FORMATS
def test_values_in_the_ranges_are_those_of_the_frame(entry: Format) -> None:
    data, seed = example(entry, 3)
    plain = entry.oracle.decode(data, seed)
    for found in bit_ranges(entry, data, seed):
        if not found.derived:
            value = plain
            for part in found.path:
                value = value[part]
            assert comparable(value) == comparable(found.value)


@FORMATS
def test_static_offsets_and_sizes_hold_in_a_frame(entry: Format) -> None:
    """Texts such as `48 + key_length` are evaluated with the frame's own numbers."""
    data, seed = example(entry, 5)
    ranges = bit_ranges(entry, data, seed)
    numbers = {str(found.path[0]): found.value for found in ranges if isinstance(found.value, int)}
    checked = 0
    for row in static_map(entry.layout):
        inside = [found for found in ranges if found.path[: row.path.count(".") + 1] == tuple(row.path.split("."))]
        if inside:
            start, size = (eval(str(text), {}, numbers) for text in (row.offset, row.size))  # noqa: S307  # our own text
            assert (inside[0].start_bit, inside[-1].end_bit) == (start * 8, (start + size) * 8), row.path
            checked += 1
    assert checked >= 11


@FORMATS
def test_static_map_names_every_field_of_a_frame(entry: Format) -> None:
    data, seed = example(entry, 9)
    rows = {row.path: row for row in static_map(entry.layout)}
    for found in bit_ranges(entry, data, seed):
        name = ".".join(part for part in found.path if isinstance(part, str))
        assert rows[name].derived == found.derived


def test_static_map_of_a_chunk_reads_like_its_documentation() -> None:
    rows = {row.path: row for row in static_map(CATALOG["chunk@1"].layout)}
    assert rows["payload"].as_dict() == {
        "path": "payload",
        "offset": "41 + key_length",
        "size": "payload_length",
        "type": "bytes",
        "constraint": "",
        "derived": False,
    }
    assert (rows["key_length"].type, rows["key_length"].constraint) == (
        "u16 little-endian",
        "1..4096, length of key in bytes",
    )
    assert rows["owner"].constraint == "shard=1, run=2"
    assert rows["payload_checksum"].constraint == "CRC32C of payload"
    assert rows["seal"].constraint == (
        "CRC32C of the 37 bytes before it, continued from the place (disk, extent, generation, offset)"
    )


def test_static_map_of_a_page_shows_how_keys_are_cut() -> None:
    rows = {row.path: row for row in static_map(CATALOG["lsm_page.index"].layout)}
    assert rows["entries.keys"].size == "entries_length - 12 * entry_count"
    assert rows["entries.keys[i]"].size == "entries.key_ends[i] - entries.key_ends[i - 1]"


def test_static_map_shows_every_branch_with_its_condition() -> None:
    schema = c.Struct("n" / c.Int8ub, "x" / c.Switch(this.n, {1: c.Int8ub, 2: c.Int32ub}, default=c.Bytes(3)))
    rows = [row for row in static_map(Format("switch", 1, schema).layout) if row.path == "x"]
    assert [(row.size, row.constraint) for row in rows] == [
        (1, "where n is 1"),
        (4, "where n is 2"),
        (3, "where n is anything else"),
    ]


def test_bit_ranges_raise_what_the_oracle_says_of_damage() -> None:
    data, seed = example(CATALOG["chunk@1"])
    with pytest.raises(FormatError, match="truncated"):
        bit_ranges(CATALOG["chunk@1"], data[:-1], seed)
    with pytest.raises(FormatError, match="header_checksum"):
        bit_ranges(CATALOG["chunk@1"], data, seed + 1)
    assert bit_ranges(CATALOG["chunk@1"], data, None) == bit_ranges(CATALOG["chunk@1"], data, seed)


def test_json_forms_hold_plain_values_only() -> None:
    data, seed = example(CATALOG["superblock"])
    found = bit_ranges(CATALOG["superblock"], data, seed)[0].as_dict()
    assert list(found) == ["path", "start_bit", "end_bit", "constraint", "value", "derived"]
    assert found["value"] == "d3d0"
    assert not any(re.search(r"object at 0x", str(row.as_dict())) for row in static_map(CATALOG["superblock"].layout))
