"""Mutants: checksums made again as the oracle would, the same for the same seed, accepted ones paid for."""

from __future__ import annotations

import zlib
from random import Random

import construct as c
import pytest

from formats.catalog import CATALOG, Format
from formats.reseal import reseal
from roundtrip.fuzzing.frames import Frame, Piece, Seed, prepare
from roundtrip.fuzzing.mutation import Pace, mutants
from roundtrip.fuzzing.sealing import moved, seal, sites_of
from roundtrip.fuzzing.seeds import generated_seeds
from roundtrip.fuzzing.target import target_of

LABELS = tuple(entry.label for entry in CATALOG)
#: A checksum that is none of the vocabulary's: zlib's, big-endian, over a captured field.
FOREIGN = Format(
    "foreign",
    1,
    c.Struct(
        "body" / c.RawCopy(c.Struct("number" / c.Int32ub, "more" / c.Bytes(3))),
        "sum" / c.Checksum(c.Int32ub, zlib.crc32, c.this.body.data),
    ),
)


def frame_of(label: str, at: int = 0) -> Frame:
    entry = CATALOG.labelled(label)
    return prepare(entry, generated_seeds(entry)[at])


def drawn(frame: Frame, count: int, seed: int = 1, pace: Pace | None = None) -> list[bytes]:
    random = Random(seed)
    return [data for data, _ in mutants(frame, [frame], random, pace or Pace(), 0, count, frame.sealed_for)]


@pytest.mark.parametrize("label", LABELS)
def test_sealed_piece_is_what_the_oracle_reseals(label: str) -> None:
    frame, oracle = frame_of(label), CATALOG.labelled(label).oracle
    lengths = ("length", "count", "probes")
    fixed = [piece for piece in frame.pieces if not any(word in piece.field for word in lengths)]
    for piece in Random(1).sample(fixed, 12):
        data = bytearray(frame.data)
        data[piece.start : piece.end] = piece.data
        expected = reseal(oracle, bytes(data), frame.sealed_for)
        seal(data, frame.sites, frame.sealed_for)
        assert bytes(data) == expected, piece


def test_checksums_move_along_with_what_grows_and_shrinks() -> None:
    frame = frame_of("chunk", 3)
    probe = target_of(CATALOG.labelled("chunk")).codec.probe
    accepted = 0
    for shape in frame.shapes:
        data = bytearray(shape.data)
        seal(data, moved(frame.sites, shape.at, shape.by), frame.sealed_for)
        accepted += bool(shape.by) and probe(bytes(data), frame.sealed_for) is not None
    assert accepted


def test_checksums_that_are_not_ours_are_made_again() -> None:
    body = b"\x00\x00\x00\x07abc"
    data = body + zlib.crc32(body).to_bytes(4, "big")
    changed = bytearray(data)
    changed[3] = 8
    seal(changed, sites_of(FOREIGN.oracle, data), 0)
    assert bytes(changed) == reseal(FOREIGN.oracle, b"\x00\x00\x00\x08" + data[4:])


def test_the_same_seed_gives_the_same_mutants() -> None:
    frame = frame_of("superblock", 3)
    assert drawn(frame, 400) == drawn(frame, 400)
    assert drawn(frame, 400) != drawn(frame, 400, seed=2)


def test_mutants_change_sizes_and_bytes() -> None:
    frame = frame_of("lsm_page.data", 4)
    found = drawn(frame, 600)
    assert {len(one) > len(frame.data) for one in found} == {True, False}
    assert len(set(found)) > 400


def test_accepted_mutants_are_paid_for() -> None:
    frame = frame_of("chunk", 3)
    target, pace = target_of(CATALOG.labelled("chunk")), Pace()

    def accepted(count: int, *, paying: bool) -> int:
        found = 0
        drawing = mutants(frame, [], Random(4), pace if paying else Pace(), 0, count, frame.sealed_for)
        for number, (data, done) in enumerate(drawing):
            if target.codec.probe(data, frame.sealed_for) is not None:
                found += 1
                if paying:
                    pace.pay(number, len(data), done)
        return found

    assert accepted(4000, paying=True) * 3 < accepted(4000, paying=False)
    assert pace.tame


def test_refused_frames_are_prepared_as_far_as_they_can_be_read() -> None:
    entry = CATALOG.labelled("superblock")
    seed = generated_seeds(entry)[2]
    damaged = Seed(seed.data[:40] + b"\xff" + seed.data[41:], seed.place)
    frame = prepare(entry, damaged)
    assert frame.pieces
    assert frame.sites


def test_fields_of_all_ones_are_hostile() -> None:
    frame = frame_of("chunk", 2)
    length = next(border for border in frame.borders if border.field == "payload_length")
    assert Piece(length.start, length.end, b"\xff" * (length.end - length.start), "payload_length") in frame.hostile
