"""A plain Construct schema has strategies at once: values that it holds, their bytes, and damaged bytes."""

from __future__ import annotations

import zlib
from typing import Any

import construct as c
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from formats.catalog import CATALOG
from formats.errors import FormatError
from roundtrip import strategies
from roundtrip.catalogs import CatalogRefused

PLAIN = c.Struct(
    "body"
    / c.RawCopy(
        c.Struct(
            "kind" / c.Enum(c.Int8ub, small=1, large=2),
            "names" / c.PrefixedArray(c.Int8ub, c.PascalString(c.Int8ub, "utf8")),
            "extra" / c.If(c.this.kind == "large", c.Int32ub),
        )
    ),
    "crc" / c.Checksum(c.Int32ub, zlib.crc32, c.this.body.data),
)
OWN = strategies.for_schema(PLAIN)
FEW = settings(max_examples=20, database=None)
NO_SHRINKING = settings(FEW, phases=[Phase.generate])


@settings(max_examples=15)
@given(OWN.frames)
def test_frames_of_a_plain_schema_are_read_by_construct_and_by_us(data: bytes) -> None:
    assert PLAIN.parse(data) is not None
    assert OWN.format.codec.probe(data) is not None


@settings(max_examples=15)
@given(OWN.values)
def test_values_of_a_plain_schema_can_be_written_and_read_back(value: Any) -> None:
    assert OWN.format.oracle.decode(OWN.format.oracle.encode(value)) == value


@settings(max_examples=25)
@given(OWN.damaged)
def test_damaged_bytes_get_one_verdict_from_both_decoders(data: bytes) -> None:
    refused = False
    try:
        OWN.format.oracle.decode(data)
    except FormatError:
        refused = True
    assert (OWN.format.codec.probe(data) is None) == refused


@pytest.mark.parametrize("refused", [True, False])
def test_some_damaged_bytes_are_refused_and_some_are_not(refused: bool) -> None:
    def has_verdict(data: bytes) -> bool:
        return (OWN.format.codec.probe(data) is None) is refused

    assert has_verdict(find(OWN.damaged, has_verdict, settings=settings(FEW, max_examples=300)))


def test_frames_shrink_to_small_ones() -> None:
    assert len(find(OWN.frames, lambda data: len(data) > 0, settings=FEW)) <= len(b"knextrsum!")


def test_unsafe_schema_is_refused_at_once_with_what_to_write_instead() -> None:
    with pytest.raises(CatalogRefused, match="mine"):
        strategies.for_schema(c.GreedyRange(c.Int8ub), name="mine")


def test_schema_that_is_seeded_with_a_place_gives_frames_of_any_place() -> None:
    chunk = strategies.for_schema(CATALOG["chunk"].schema, "chunk")
    assert isinstance(chunk.frames, st.SearchStrategy)
    assert len(find(chunk.frames, lambda data: len(data) > 0, settings=NO_SHRINKING)) > 0
