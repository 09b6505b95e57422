"""The corruption plan reaches every field, resealing gets past the checksums, the matrix counts what becomes of it."""

from __future__ import annotations

from random import Random

import construct as c
import pytest
from construct import this
from crc32c import crc32c

from formats.catalog import CATALOG, Catalog, Format
from roundtrip.check import Plan, plan_of
from roundtrip.corrupt import Damage, plan, reseal
from roundtrip.findings import general
from roundtrip.laws import QUICK
from roundtrip.matrix import Cell, Matrix
from roundtrip.protection import CHECKED, SEALED, UNPROTECTED, Protection, protection_of
from roundtrip.spots import Spot, leaves
from roundtrip.subjects import Sample
from roundtrip.verbs import VERBS, Wound

CHECKSUMS = ("header_checksum", "checksum")
BODY = c.Struct("size" / c.Rebuild(c.Int8ub, c.len_(this.data)), "data" / c.Bytes(this.size))
CHECKED_BODY = Format(
    "checked_body",
    1,
    c.Struct(
        "magic" / c.Const(b"CB"),
        "note" / c.Int8ub,
        "body" / c.RawCopy(BODY),
        "sum" / c.Checksum(c.Int32ub, crc32c, this.body.data),
    ),
)
BITS = Format("bits", 1, c.BitStruct("low" / c.BitsInteger(3), "kind" / c.BitsInteger(13)))


@pytest.fixture(scope="module")
def built(seed: int) -> Plan:
    return plan_of(CATALOG, seed=seed, budget=QUICK)


def sample_of(built: Plan, name: str) -> Sample:
    """A sample in which arrays have elements."""
    subject = next(subject for subject in built.subjects if subject.name == name)
    return [sample for sample in subject.samples if len(sample.data) <= 400][-1]


def damages_of(built: Plan, name: str) -> tuple[Sample, list[Damage]]:
    sample = sample_of(built, name)
    return sample, list(plan(CATALOG.labelled(name), sample.data, sample.seed, Random(0)))


@pytest.mark.parametrize("name", [entry.label for entry in CATALOG])
def test_plan_damages_every_field_and_always_changes_bytes(built: Plan, name: str) -> None:
    sample, damages = damages_of(built, name)
    fields = {general(spot.path) for spot in leaves(CATALOG.labelled(name), sample.data, sample.seed)}
    assert fields <= {general(damage.path) for damage in damages if not damage.resealed}
    assert all(damage.data != sample.data for damage in damages)


def test_plan_uses_every_verb_somewhere(built: Plan) -> None:
    used = {damage.verb for entry in CATALOG for damage in damages_of(built, entry.label)[1]}
    assert used == set(VERBS)


def test_plan_is_the_same_for_the_same_seed(built: Plan) -> None:
    assert damages_of(built, "chunk") == damages_of(built, "chunk")


@pytest.mark.parametrize("name", [entry.label for entry in CATALOG])
def test_raw_damage_is_always_refused(built: Plan, name: str) -> None:
    sample, damages = damages_of(built, name)
    codec = CATALOG.labelled(name).codec
    assert not [
        damage for damage in damages if not damage.resealed and codec.probe(damage.data, sample.seed) is not None
    ]


@pytest.mark.parametrize("name", [entry.label for entry in CATALOG])
def test_resealed_damage_that_keeps_its_size_gets_past_the_checksums(built: Plan, name: str) -> None:
    sample, damages = damages_of(built, name)
    verdicts = [
        CATALOG.labelled(name).codec.verdict(damage.data, sample.seed)
        for damage in damages
        if damage.resealed and len(damage.data) == len(sample.data)
    ]
    rules = {verdict.rule for verdict in verdicts if verdict is not None}
    assert not rules & set(CHECKSUMS)
    assert rules
    assert None in verdicts


@pytest.mark.parametrize("name", [entry.label for entry in CATALOG])
def test_resealing_an_intact_frame_changes_nothing(built: Plan, name: str) -> None:
    sample = sample_of(built, name)
    assert reseal(CATALOG.labelled(name), sample.data, sample.seed) == sample.data


def test_resealing_repairs_the_checksum_of_a_plain_schema() -> None:
    data = CHECKED_BODY.oracle.encode({"note": 1, "body": {"data": b"abc"}})
    damaged = data.replace(b"abc", b"abd")
    assert CHECKED_BODY.codec.probe(damaged, 0) is None
    repaired = CHECKED_BODY.codec.decode(reseal(CHECKED_BODY, damaged, 0))
    assert CHECKED_BODY.codec.plain(repaired) == {"note": 1, "body": {"data": b"abd"}}


def test_growing_a_length_grows_what_it_measures(built: Plan) -> None:
    sample, damages = damages_of(built, "superblock")
    (grown, *_) = [one for one in damages if one.verb == "grow" and one.path == ("entries_length",)]
    old, new = int.from_bytes(sample.data[48:52], "little"), int.from_bytes(grown.data[48:52], "little")
    assert new == old + 1
    assert len(grown.data) == len(sample.data) + 1


def test_swap_exchanges_neighbours_and_repeat_makes_them_equal() -> None:
    first, second = Spot(("a",), 0, 2), Spot(("b",), 2, 4)
    wound = Wound(b"ABCD", first, second, None, Random(0))
    assert list(VERBS["swap"](wound)) == [b"CDAB"]
    assert list(VERBS["repeat"](wound)) == [b"ABAB"]


def test_bit_fields_are_damaged_bit_by_bit() -> None:
    data = BITS.oracle.encode({"low": 5, "kind": 0x0F0F})
    low, kind = leaves(BITS, data, 0)
    assert (low.read(data), kind.read(data)) == (5, 0x0F0F)
    assert BITS.oracle.decode(kind.write(data, 1)) == {"low": 5, "kind": 1}
    assert BITS.oracle.decode(low.write(data, -1)) == {"low": 7, "kind": 0x0F0F}


# --- protection ------------------------------------------------------------------------------------------------------


def test_protection_follows_from_the_checksums_where_nothing_is_declared() -> None:
    data = CHECKED_BODY.oracle.encode({"note": 1, "body": {"data": b"abc"}})
    marks = protection_of(CHECKED_BODY, data, 0).marks
    assert marks == bytes([CHECKED] * 2 + [UNPROTECTED] + [SEALED] * 8)


def test_protection_of_ours_is_every_byte(built: Plan) -> None:
    for entry in CATALOG:
        sample = sample_of(built, entry.name)
        assert protection_of(entry, sample.data, sample.seed).ranges(protected=False) == []


def test_declared_paths_are_protected_with_all_below_them() -> None:
    declared = Format("declared", 1, CHECKED_BODY.schema, sealed=("body",))
    data = declared.oracle.encode({"note": 1, "body": {"data": b"abc"}})
    assert protection_of(declared, data, 0).ranges(protected=True) == [(0, 2), (3, 7)]


def test_a_cut_is_a_change_of_all_that_was_cut_off() -> None:
    protection = Protection(bytes([SEALED, UNPROTECTED, UNPROTECTED]))
    assert not protection.protects_change(b"abc", b"ab")
    assert not protection.protects_change(b"abc", b"aXc")
    assert protection.protects_change(b"abc", b"Xbc")
    assert protection.protects_change(b"abc", b"")


# --- the matrix ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chunk", "extent_header"])
def test_matrix_has_no_silent_cell(built: Plan, name: str) -> None:
    index = [subject.name for subject in built.subjects].index(name)
    matrix = built.run(index, "D10").matrix
    assert matrix is not None
    assert matrix.total.silent == 0
    assert matrix.total.valid > 0
    raw = matrix.summed(resealed=False, by="field")
    assert sum(cell.valid for cell in raw.values()) == 0


def test_matrix_calls_accepted_damage_of_a_sealed_byte_silent(seed: int) -> None:
    careless = Format("careless", 1, c.Struct("value" / c.Int32ul), sealed=("*",))
    result = plan_of(Catalog("user", (careless,)), seed=seed, budget=QUICK).run(0, "D10")
    assert result.matrix is not None
    assert result.matrix.total.silent > 0
    assert {found.path for found in result.findings} == {"value"}


def test_cells_add_up() -> None:
    matrix = Matrix("some")
    matrix.cell(("a", "zero", False)).add(Cell(valid=2))
    matrix.cell(("b", "zero", False)).refused["magic"] += 3
    assert matrix.total.as_dict() == {"total": 5, "refused": {"magic": 3}, "valid": 2, "silent": 0}
    assert matrix.summed(resealed=False, by="verb")["zero"].total == 5
