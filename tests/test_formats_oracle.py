"""The oracle's promises: R9's order of rules, paths with indices and offsets, canonical or refused."""

from __future__ import annotations

import construct as c
import pytest
from construct import this
from crc32c import crc32c

from formats import chunk, lsm_page
from formats.errors import Corrupt, FormatError, SchemaRefused, Truncated, ValueRefused
from formats.oracle import Oracle
from formats.primitives import Bounded, ClosedEnum, Column, Crc32c, Frame, Length, RecordsToEnd, Region, Reserved, Seal
from formats.translate import translate

CHUNK = Oracle("chunk", 1, chunk.SCHEMA, translate(chunk.SCHEMA))
DATA = Oracle("lsm_page.data", 1, lsm_page.DATA, translate(lsm_page.DATA))
VALUE = {"owner": "shard", "uuid": bytes(range(16)), "part": 0, "key": b"key", "payload": b"payload"}
PAGE = {
    "entries": {
        "locator_ends": (1, 1),
        "extents": (4,),
        "generations": (1,),
        "offsets": (6,),
        "lengths": (8,),
        "checksums": (9,),
        "keys": (b"a", b"bc"),
    }
}


def oracle(schema: object) -> Oracle:
    return Oracle("test", 1, schema, translate(schema))  # type: ignore[arg-type]  # any construct


def refused(oracle: Oracle, data: bytes, seed: int = 0) -> FormatError:
    with pytest.raises(FormatError) as caught:
        oracle.decode(data, seed)
    return caught.value


def damaged(data: bytes, offset: int, value: int) -> bytes:
    return data[:offset] + bytes([value]) + data[offset + 1 :]


def test_round_trip() -> None:
    assert CHUNK.decode(CHUNK.encode(VALUE, 7), 7) == VALUE
    assert DATA.decode(DATA.encode(PAGE, 7), 7) == PAGE


@pytest.mark.parametrize(
    ("offset", "rule", "path"),
    [
        (0, "magic", "magic"),
        (2, "kind", "kind"),
        (3, "version", "version"),
        (6, "header_checksum", "seal"),
        (41, "checksum", "key_checksum"),
        (44, "checksum", "payload_checksum"),
        (51, "closing_tag", "tag"),
    ],
)
def test_chunk_damage_is_named_by_rule_and_field(offset: int, rule: str, path: str) -> None:
    error = refused(CHUNK, damaged(CHUNK.encode(VALUE, 7), offset, 0xEE), 7)
    assert (error.rule, error.path) == (rule, (path,))
    assert isinstance(error, Corrupt)


def test_every_strict_prefix_is_truncated() -> None:
    data = CHUNK.encode(VALUE, 7)
    for size in range(len(data)):
        assert isinstance(refused(CHUNK, data[:size], 7), Truncated)


def test_header_checksum_comes_before_bounds_and_meaning() -> None:
    schema = Frame(
        "kind" / ClosedEnum(c.Int8ul, one=1), "n" / Bounded(c.Int8ul, 0, 9), "r" / Reserved(1), "seal" / Seal()
    )
    frame = oracle(schema)
    data = bytearray(frame.encode({"kind": "one", "n": 3}))
    data[0], data[1], data[2] = 9, 99, 1
    assert refused(frame, bytes(data)).rule == "header_checksum"
    data[3:] = crc32c(bytes(data[:3])).to_bytes(4, "little")
    assert refused(frame, bytes(data)).rule == "bounds"


def test_body_checksum_comes_before_the_meaning_of_header_and_content() -> None:
    schema = Frame(
        "tag" / ClosedEnum(c.Int8ul, one=1),
        "length" / Length(c.Int8ul, of="body", maximum=9),
        "checksum" / Crc32c(covers="body"),
        "seal" / Seal(),
        "body" / Region(this.length, c.Struct("x" / ClosedEnum(c.Int8ul, two=2))),
    )
    frame = oracle(schema)
    good = frame.encode({"tag": "one", "body": {"x": "two"}})
    assert refused(frame, damaged(good, len(good) - 1, 7)).rule == "checksum"


def test_place_is_part_of_the_seal() -> None:
    assert refused(CHUNK, CHUNK.encode(VALUE, 7), 8).rule == "header_checksum"


def test_without_a_seed_a_trace_is_unverified_and_still_decodes() -> None:
    trace = CHUNK.trace(CHUNK.encode(VALUE, 7), None)
    assert trace.unverified
    assert trace.error is None
    assert trace.value == VALUE


def test_trailing_bytes_are_refused_unless_asked_for() -> None:
    data = CHUNK.encode(VALUE, 7)
    assert refused(CHUNK, data + b"\0", 7).rule == "trailing"
    assert CHUNK.decode_prefix(data + b"\0", 7) == (VALUE, len(data))


def test_malleable_construct_is_held_to_one_encoding() -> None:
    loose = oracle(c.Struct("flag" / c.Flag, c.Padding(1), "bits" / c.FlagsEnum(c.Int8ul, a=1)))
    assert loose.decode(b"\x01\x00\x01") == {"flag": True, "bits": frozenset({"a"})}
    for data in (b"\x02\x00\x01", b"\x01\x01\x01", b"\x01\x00\x03"):
        assert refused(loose, data).rule == "canonical"


def test_error_path_carries_array_indices_and_the_offset() -> None:
    items = oracle(c.PrefixedArray(c.Int8ul, c.Struct("x" / c.OneOf(c.Int16ul, [1, 2]))))
    error = refused(items, b"\x03\x01\x00\x02\x00\x07\x00")
    assert (error.rule, error.path, error.offset) == ("invalid", (2, "x"), 5)


def test_cut_region_inside_a_whole_frame_is_a_length_error() -> None:
    boxed = oracle(c.Struct("box" / c.Prefixed(c.Int8ul, c.Struct("x" / c.Int32ul))))
    assert refused(boxed, b"\x02ab").rule == "length"
    assert refused(boxed, b"\x04ab").rule == "truncated"


def test_lenient_trace_finds_every_damage() -> None:
    data = bytearray(CHUNK.encode(VALUE, 7))
    data[2], data[50], data[-1] = 9, 0xEE, 0xEE
    trace = CHUNK.trace(bytes(data), 7, lenient=True)
    assert [error.rule for error in trace.damage] == ["kind", "header_checksum", "checksum", "closing_tag"]
    assert trace.spans[-1].path == ("tag",)


def test_stream_lets_the_error_of_a_record_through() -> None:
    records = oracle(RecordsToEnd(Frame("checksum" / Crc32c(covers="x"), "x" / c.Bytes(2))))
    data = records.encode(({"x": b"ab"}, {"x": b"cd"}, {"x": b"ef"}))
    error = refused(records, damaged(data, 10, 0))
    assert (error.rule, error.path) == ("checksum", (1, "checksum"))


def test_encode_refuses_what_would_not_read_back() -> None:
    for value in (
        {**VALUE, "key": b""},
        {**VALUE, "owner": "nobody"},
        {**VALUE, "part": 2**20},
        {**VALUE, "more": 1},
        {},
    ):
        with pytest.raises(ValueRefused):
            CHUNK.encode(value)


def test_translate_refuses_a_lambda_by_path() -> None:
    with pytest.raises(SchemaRefused, match=r"head\.data"):
        translate(c.Struct("head" / c.Struct("n" / c.Int8ul, "data" / c.Bytes(lambda context: context.n))))


def test_translate_refuses_an_unknown_class_by_path() -> None:
    with pytest.raises(SchemaRefused, match=r"tail: GreedyRange"):
        translate(c.Struct("n" / c.Int8ul, "tail" / c.GreedyRange(c.Int8ul)))


def test_region_deeper_inside_a_frame_is_parsed_at_once() -> None:
    deep = oracle(Frame("body" / c.Struct("n" / c.Int8ul, "r" / Region(this.n, c.Struct("x" / c.Int8ul)))))
    assert deep.decode(b"\x01\x07") == {"body": {"n": 1, "r": {"x": 7}}}


@pytest.mark.parametrize(
    "wrap", [c.Struct, lambda member: Frame("box" / c.Struct(member)), lambda member: Frame("c" / c.Hex(member))]
)
def test_checksum_that_no_frame_would_verify_is_refused(wrap: object) -> None:
    with pytest.raises(SchemaRefused, match="field of a Frame"):
        translate(wrap("c" / Seal()))  # type: ignore[operator]  # makes a schema of a member


def test_negative_column_count_is_refused() -> None:
    column = oracle(c.Struct("a" / c.Int8ul, "v" / Column(this.a - 2, c.Int8ul)))
    assert refused(column, b"\x01").rule == "bounds"


def test_condition_over_a_flag_and_over_a_rebuilt_field_of_captured_bytes() -> None:
    flags = oracle(c.Struct("f" / c.FlagsEnum(c.Int8ub, x=1, y=4), "o" / c.If(this.f.x, c.Int8ub)))
    assert flags.decode(b"\x00") == {"f": frozenset(), "o": None}
    assert flags.decode(b"\x05\x07") == {"f": frozenset({"x", "y"}), "o": 7}
    raw = oracle(
        c.Struct("a" / c.RawCopy(c.Int8ub), "n" / c.Rebuild(c.Int8ub, this.a.value), "x" / c.If(this.n > 3, c.Int8ub))
    )
    assert raw.decode(b"\x04\x04\x09") == {"a": 4, "x": 9}
    assert raw.encode({"a": 2, "x": None}) == b"\x02\x02"


def test_length_is_that_of_the_encoded_field() -> None:
    frame = oracle(Frame("n" / Length(c.Int8ub, of="text", maximum=9), "text" / c.Prefixed(c.Int8ub, c.GreedyBytes)))
    assert frame.encode({"text": b"abc"}) == b"\x04\x03abc"
