"""Generated values: valid by construction, for every class of node, small or of a given size, or refused by name."""

from __future__ import annotations

import zlib
from random import Random
from typing import Any

import construct as c
import pytest
from construct import this
from hypothesis import find, given, settings
from hypothesis import strategies as st

from formats import primitives as p
from formats.catalog import CATALOG, Format
from formats.errors import FormatError
from formats.values import comparable
from roundtrip.generate import NoValue, RandomSource, generate, generate_at
from roundtrip.strategies import damaged, frames, values

RECORD = p.Frame(
    "checksum" / p.Crc32c(covers=("length", "data"), is_masked=True),
    "length" / p.Length(c.Int16ul, of="data", maximum=65535),
    "data" / c.Bytes(this.length),
)
#: One schema or more for every class that a layout can hold.
SCHEMAS: dict[str, Any] = {
    "integers": c.Struct("a" / c.Int8ub, "b" / c.Int24sl, "c" / c.BytesInteger(5, signed=True), "d" / c.Int64sb),
    "floats": c.Struct("a" / c.Float16b, "b" / c.Float32l, "c" / c.Float64b),
    "bytes": c.Struct("size" / c.Int32ul, "data" / c.Bytes(this.size), "rest" / c.GreedyBytes),
    "bytes, by an expression": c.Struct("size" / c.Int64ul, "data" / c.Bytes(this.size * 2 - 6)),
    "text": c.Struct("a" / c.PascalString(c.Int8ub, "utf8"), "b" / c.StringEncoded(c.Bytes(7), "ascii")),
    "greedy text": c.GreedyString("utf8"),
    "constants": c.Struct(c.Const(b"abc"), "version" / c.Const(3, c.Int16ul), c.Padding(3), "a" / c.Flag),
    "enumerations": c.Struct("a" / c.Enum(c.Int8ub, one=1, two=2), "b" / p.ClosedEnum(c.Int16ul, x=1, y=700)),
    "flags": c.Struct("a" / c.FlagsEnum(c.Int16ub, x=1, y=128), "b" / p.ClosedFlags(c.Int8ul, z=4)),
    "validators": c.Struct("a" / c.OneOf(c.Int8ub, [3, 5]), "b" / c.NoneOf(c.Bytes(1), [b"\x00", b"\x01"])),
    "bits": c.BitStruct("a" / c.BitsInteger(3), "b" / c.Flag, c.Padding(4), "c" / c.BitsInteger(8, signed=True)),
    "arrays": c.Struct("n" / c.Int16ub, "a" / c.Array(this.n, c.Int16ul), "b" / c.Array(3, c.Struct("x" / c.Flag))),
    "counted arrays": c.PrefixedArray(c.Int8ub, c.Struct("a" / c.PascalString(c.Int8ub, "utf8"))),
    "prefixed": c.Prefixed(c.Int8ub, c.Struct("n" / c.Int32ub, "a" / c.Bytes(this.n)), includelength=True),
    "rebuilt": c.Struct("n" / c.Rebuild(c.Int8ub, c.len_(this.a)), "a" / c.Array(this.n, c.Int32ub)),
    "rebuilt later": c.Struct("n" / c.Rebuild(c.Int8ub, c.len_(this.a)), "a" / c.Prefixed(c.Int16ul, c.GreedyBytes)),
    "computed": c.Struct("a" / c.Int16ub, "b" / c.Computed(this.a * 2), "c" / c.If(this.b > 9, c.Int8ub)),
    "switch": c.Struct("kind" / c.Int32ub, "a" / c.Switch(this.kind, {1: c.Int8ub, 77: c.Bytes(3)}, default=c.Error)),
    "switch over names": c.Struct("k" / c.Enum(c.Int8ub, x=1), "a" / c.Switch(this.k, {"x": c.Flag, "y": c.Int64ub})),
    "checksums": c.Struct("a" / c.RawCopy(c.Bytes(5)), "b" / c.Checksum(c.Int32ub, zlib.crc32, this.a.data)),
    "captured fields": c.Struct("a" / c.RawCopy(c.Struct("n" / c.Int8ub)), "b" / c.Bytes(this.a.value.n)),
    "padded": c.Struct("a" / c.Padded(9, c.PascalString(c.Int8ub, "utf8")), "b" / c.FixedSized(6, c.Int8ub)),
    "region of greedy bytes": c.FixedSized(6, c.Struct("a" / c.Int8ub, "b" / c.GreedyBytes)),
    "exact region": p.Region(40, c.Struct("n" / c.Int8ub, "a" / c.Array(this.n, c.Int32ub), "rest" / c.GreedyBytes)),
    "nested": c.Struct("a" / c.Struct("n" / c.Int8ub), "b" / c.Struct("c" / c.Bytes(this._.a.n))),
    "nested, from the root": c.Struct("n" / c.Int8ub, "b" / c.Struct("c" / c.Struct("d" / c.Bytes(this["_root"].n)))),
    "records": p.RecordsToEnd(RECORD),
    "records in a region": c.Prefixed(c.Int16ub, p.RecordsToEnd(RECORD)),
    "blocks": p.Blocks(64, RECORD, smallest=6),
}  # fmt: skip


#: Rising numbers that end with 1: there are two at most.
TWO_NUMBERS = p.Column(this.n, c.Int8ul, order="strict", last=1)


def assert_valid(subject: Format, count: int, size: int = 64) -> None:
    """Every one of so many values is encoded and read back as itself."""
    for number in range(count):
        plain = generate(subject.layout, RandomSource(Random(number)), size=size)
        data = subject.oracle.encode(plain)
        assert comparable(subject.oracle.decode(data)) == comparable(plain)


@pytest.mark.parametrize("subject", [*CATALOG], ids=lambda subject: subject.module_name)
def test_catalog_values_are_valid(subject: Format) -> None:
    assert_valid(subject, 250)


@pytest.mark.parametrize("name", SCHEMAS)
def test_values_of_every_class_are_valid(name: str) -> None:
    assert_valid(Format(name, 1, SCHEMAS[name]), 120)


@pytest.mark.parametrize(
    "name", ["lsm_page.data", "superblock", "tree_metadata", "lsm_page.index", "lsm_page.filter", "chunk"]
)
def test_encoded_size_grows_with_scale(name: str) -> None:
    subject = CATALOG.labelled(name)
    sizes = [
        len(subject.oracle.encode(generate_at(subject.layout, RandomSource(Random(0)), scale)))
        for scale in (200, 400, 800)
    ]
    assert 1.7 < (sizes[2] - sizes[1]) / (sizes[1] - sizes[0]) < 2.3


def test_blocks_grow_with_scale() -> None:
    subject = Format("blocks", 1, p.Blocks(512, RECORD, smallest=6))
    sizes = [
        len(subject.oracle.encode(generate_at(subject.layout, RandomSource(Random(0)), scale)))
        for scale in (1000, 4000)
    ]
    assert 900 <= sizes[0] <= 1100
    assert 3800 <= sizes[1] <= 4200


def test_scale_stops_at_what_the_format_can_hold() -> None:
    subject = CATALOG["lsm_page.data@1"]
    data = subject.oracle.encode(generate_at(subject.layout, RandomSource(Random(0)), 100_000))
    assert 20_000 < len(data) <= 65536 + 32


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        (p.Frame("n" / p.Count(c.Int8ul, of="a", minimum=3, maximum=9), "a" / TWO_NUMBERS), ("a",)),
        (c.Struct("a" / c.FixedSized(2, c.Struct("b" / c.Int32ub))), ("a",)),
        (c.Struct("a" / c.Const(3, c.Int8ub), "b" / c.Switch(this.a, {1: c.Flag}, default=c.Error)), ("b",)),
        (c.Struct("a" / c.OneOf(c.Int8ub, [300])), ("a",)),
    ],
)  # fmt: skip
def test_contradiction_is_refused_with_its_path(schema: Any, path: tuple[str, ...]) -> None:
    with pytest.raises(NoValue) as caught:
        generate(Format("contradiction", 1, schema).layout, RandomSource(Random(0)))
    assert caught.value.path == path


def test_one_source_makes_one_value() -> None:
    layout = CATALOG["lsm_page.data@1"].layout
    first, second = (generate(layout, RandomSource(Random(7))) for _ in range(2))
    assert first == second


def test_values_reach_boundaries() -> None:
    layout = CATALOG["chunk@1"].layout
    made = [generate(layout, RandomSource(Random(number))) for number in range(300)]
    assert {0, 1, 65534, 65535} <= {value["part"] for value in made}
    assert any(value["payload"] == b"" for value in made)
    assert any(value["payload"].startswith(b"\xd3\xd0") for value in made)


@settings(max_examples=25)
@given(data=st.data())
def test_hypothesis_frames_are_valid(data: st.DataObject) -> None:
    subject = data.draw(st.sampled_from(CATALOG.formats))
    plain = data.draw(values(subject))
    assert subject.oracle.decode(subject.oracle.encode(plain)) == plain
    frame = data.draw(frames(subject))
    subject.oracle.decode(frame.data, frame.seed)


def test_hypothesis_shrinks_to_a_small_frame() -> None:
    subject = CATALOG["lsm_page.data@1"]
    frame = find(
        frames(subject), lambda frame: len(frame.data) > 60, settings=settings(max_examples=300, database=None)
    )
    assert len(frame.data) < 90


def test_damaged_frames_are_mostly_refused() -> None:
    subject = CATALOG["extent_header"]
    refused = []

    @settings(max_examples=50, database=None, derandomize=True)
    @given(damaged(subject))
    def collect(frame: Any) -> None:
        try:
            subject.oracle.decode(frame.data, frame.seed)
        except FormatError as error:
            refused.append(error)

    collect()
    assert len(refused) > 25
    assert len({error.rule for error in refused}) > 2
