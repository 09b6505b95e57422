"""Which kind of kept file bytes are follows from the bytes, and every kind says what readers must say."""

from __future__ import annotations

from typing import get_args

import construct as c
import msgspec
import pytest

import corpus
from corpus.kinds import KINDS, Kind, damage_kind
from corpus.regression import shown_kinds
from corpus.samples.model import PLACE
from formats.catalog import CATALOG, Format
from formats.reseal import reseal
from roundtrip.commands.corpus_options import FILE_KINDS, OTHER_KINDS
from roundtrip.keeping import running

CHUNK = CATALOG["chunk@1"]
PLAIN = Format("plain", 1, c.Struct("magic" / c.Const(b"PLAIN"), "byte" / c.Byte))


def chunk() -> bytes:
    value = {"owner": "shard", "uuid": bytes(16), "part": 0, "key": b"key", "payload": b"payload"}
    return CHUNK.oracle.encode(value, CHUNK.seed(PLACE) or 0)


def kept(data: bytes, entry_format: Format = CHUNK, *, found: bool = False) -> corpus.Entry:
    return corpus.entry_of(entry_format, data, why="Made for a test.", writer="a test", place=PLACE, found=found)


def flipped(data: bytes, offset: int) -> bytes:
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


@pytest.fixture(scope="module")
def entries() -> tuple[corpus.Entry, ...]:
    return corpus.load(corpus.own_folder(), CATALOG)


def test_accepted_bytes_are_golden() -> None:
    assert kept(chunk()).sidecar.kind == "golden"


def test_damage_by_chance_is_rejected() -> None:
    assert kept(flipped(chunk(), 4)).sidecar.kind == "rejected"


def test_damage_under_matching_checksums_is_resealed() -> None:
    damaged = reseal(CHUNK.oracle, flipped(chunk(), 2), CHUNK.seed(PLACE) or 0)
    assert kept(damaged).sidecar.kind == "resealed"


@pytest.mark.parametrize("size", [0, 1, 20, 50])
def test_missing_bytes_are_damage_by_chance(size: int) -> None:
    assert kept(chunk()[:size]).sidecar.kind == "rejected"


@pytest.mark.parametrize("data", [b"", b"PLAIN", b"WRONG!", b"PLAIN!!"])
def test_a_format_without_checksums_has_no_resealed_damage(data: bytes) -> None:
    assert kept(data, PLAIN).sidecar.kind == "rejected"


def test_a_format_needs_the_kinds_that_it_can_have() -> None:
    assert corpus.demanded(PLAIN) == ("golden", "rejected")
    assert corpus.demanded(CHUNK) == ("golden", "rejected", "resealed")


@pytest.mark.parametrize("data", [chunk(), chunk()[:-1]], ids=["accepted", "refused"])
def test_found_files_may_be_accepted_or_refused(data: bytes) -> None:
    assert kept(data, found=True).sidecar.kind == "found"


def test_no_kept_file_stands_under_a_kind_that_it_is_not(entries: tuple[corpus.Entry, ...]) -> None:
    for entry in entries:
        sidecar = entry.sidecar
        if isinstance(sidecar.expected, corpus.Refused) and sidecar.kind != "found":
            entry_format = CATALOG.labelled(f"{sidecar.format}@{sidecar.version}")
            rule, features = sidecar.expected.rule, sidecar.features
            assert damage_kind(entry_format, entry.data, rule=rule, features=features) == sidecar.kind, entry.identity


def test_resealed_files_kept_under_the_old_kind_count_as_resealed(entries: tuple[corpus.Entry, ...]) -> None:
    old = [msgspec.structs.replace(one.sidecar, kind="rejected") for one in entries if one.sidecar.kind == "resealed"]
    assert old
    assert all(set(shown_kinds(sidecar)) == {"rejected", "resealed"} for sidecar in old)
    raw = [one.sidecar for one in entries if one.sidecar.kind == "rejected"]
    assert all(set(shown_kinds(sidecar)) == {"rejected"} for sidecar in raw)


def test_options_of_commands_name_every_kind() -> None:
    assert get_args(Kind) == tuple(KINDS) == FILE_KINDS == running.FILE_KINDS
    assert running.OTHER_KINDS == OTHER_KINDS


def test_sidecars_that_state_no_other_reader_keep_their_text(entries: tuple[corpus.Entry, ...]) -> None:
    folder = corpus.writable_folder(CATALOG)
    for entry in entries:
        assert (folder / f"{entry.identity}.json").read_text(encoding="utf-8") == entry.sidecar.text()
        assert '"readers"' not in entry.sidecar.text()
