"""Resealing makes every checksum match again, wherever it lies, and changes nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

import construct as c
import pytest
from construct import this
from crc32c import crc32c

from formats import primitives as p
from formats.errors import FormatError
from formats.oracle import Oracle
from formats.reseal import checksums, reseal
from formats.translate import translate

SEED = 5


def digest(data: bytes) -> bytes:
    """A checksum that is bytes and no number; found by its import path, as a user's would be."""
    return hashlib.sha256(data).digest()


PLAIN = c.Struct(
    "kind" / c.Int8ub,
    "body" / c.RawCopy(c.Struct("a" / c.Int16ub, "b" / c.Int8ub)),
    "body_sum" / c.Checksum(c.Bytes(32), digest, this.body.data),
    "tail" / c.RawCopy(c.Int16ub),
    "tail_sum" / c.Checksum(c.Int32ub, crc32c, this.tail.data),
)
SEALED = p.Frame(
    "magic" / p.Magic(b"XY"),
    "length" / p.Length(c.Int8ub, of="body", maximum=200),
    "body_sum" / p.Crc32c(covers="body"),
    "seal" / p.Seal(),
    "body" / c.Bytes(this.length),
)
RECORDS = c.Struct("kind" / c.Int8ub, "records" / p.RecordsToEnd(c.Struct("type" / c.Int8ub, "frame" / SEALED)))
MASKED = p.Frame(
    "sum" / p.Crc32c(covers=("type", "body"), is_masked=True),
    "length" / p.Length(c.Int16ul, of="body", maximum=100),
    "type" / c.Int8ul,
    "body" / c.Bytes(this.length),
)
BLOCKS = p.Blocks(32, MASKED, smallest=7)
CHECKED = c.Struct("x" / c.RawCopy(c.Int8ub), "sum" / c.Checksum(c.Int32ub, crc32c, this.x.data))
BRANCHES = c.Struct("kind" / c.Int8ub, "body" / c.Switch(this.kind, {1: CHECKED, 2: c.Int8ub}))

#: Schema, a value, and bytes of it where any change is another valid value.
CASES: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
    "plain checksums, two in a row": (PLAIN, {"kind": 1, "body": {"a": 1, "b": 2}, "tail": 7}, (1, 2, 3, 36, 37)),
    "a seal over a checksum": (SEALED, {"body": b"abc"}, (11, 12, 13)),
    "frames in a stream": (
        RECORDS,
        {"kind": 2, "records": ({"type": 1, "frame": {"body": b"abc"}}, {"type": 3, "frame": {"body": b"de"}})},
        (13, 15, 28, 29),
    ),
    "masked checksums in blocks": (
        BLOCKS,
        (({"type": 1, "body": b"x" * 19},), ({"type": 2, "body": b"y"},)),
        (6, 7, 38, 39),
    ),
    "a branch": (BRANCHES, {"kind": 1, "body": {"x": 4}}, (1,)),
}


def made(case: str) -> tuple[Oracle, bytes, tuple[int, ...]]:
    schema, value, offsets = CASES[case]
    oracle = Oracle("test", 1, schema, translate(schema))
    return oracle, oracle.encode(value, SEED), offsets


def flipped(data: bytes, offset: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


@pytest.mark.parametrize("case", CASES)
def test_reseal_changes_nothing_in_a_good_frame(case: str) -> None:
    oracle, data, _ = made(case)
    assert reseal(oracle, data, SEED) == data


@pytest.mark.parametrize("case", CASES)
def test_reseal_makes_a_changed_value_acceptable(case: str) -> None:
    oracle, data, offsets = made(case)
    for offset in offsets:
        damaged = flipped(data, offset)
        with pytest.raises(FormatError):
            oracle.decode(damaged, SEED)
        assert oracle.decode(reseal(oracle, damaged, SEED), SEED) != oracle.decode(data, SEED)


@pytest.mark.parametrize("case", CASES)
def test_reseal_touches_checksums_only(case: str) -> None:
    oracle, data, offsets = made(case)
    within = {offset for one in checksums(oracle, data) for offset in range(one.start, one.end)}
    for offset in offsets:
        damaged = flipped(data, offset)
        sealed = reseal(oracle, damaged, SEED)
        assert {index for index, byte in enumerate(sealed) if byte != damaged[index]} <= within


@pytest.mark.parametrize("case", CASES)
def test_reseal_takes_any_bytes(case: str) -> None:
    oracle, data, _ = made(case)
    for size in range(len(data)):
        assert len(reseal(oracle, data[:size], SEED)) == size
    for offset in range(len(data)):
        assert len(reseal(oracle, flipped(data, offset), SEED)) == len(data)
    assert len(reseal(oracle, b"\xff" * 100, SEED)) == 100


def test_inner_checksums_are_made_before_the_seal_over_them() -> None:
    oracle, data, _ = made("a seal over a checksum")
    inner, seal = sorted(checksums(oracle, data), key=lambda one: one.digest.sealing)
    assert seal.covers(inner)
    assert not inner.covers(seal)
