"""Exhaustive proofs try everything they say, find planted bugs, and are never green on nothing."""

from __future__ import annotations

from dataclasses import replace

import construct as c
import pytest

from formats.catalog import CATALOG, Catalog, Format
from formats.layout import is_value
from roundtrip.exhaustive import PLANTED, Wanted, exhaust, planted_named, symbolic
from roundtrip.exhaustive.damage import slices
from roundtrip.exhaustive.outcome import CONFUSION, DAMAGE, SYMBOLIC, ExhaustiveReport, summed
from roundtrip.mutants import MUTANTS
from roundtrip.mutants.planting import Mutant

#: Three golden files of 48 bytes.
FOOTERS = Wanted((DAMAGE,), 3, "lsm_page.footer", only="v1/6")
#: The first four bytes lie under no checksum.
LOOSE = Catalog("loose", (Format("loose", 1, c.Struct("free" / c.Int32ul, "magic" / c.Const(b"\xd3\xd0\x00\x01"))),))

needs_crosshair = pytest.mark.skipif(not symbolic.is_available(), reason=symbolic.MISSING)


def planted(part: str) -> list[object]:
    mark = [needs_crosshair] if part == SYMBOLIC else []
    return [pytest.param(bug, id=bug.name, marks=mark) for place, bug in PLANTED if place == part]


def smallest_golden_of(format_name: str) -> str:
    return {"chunk": "a28154616174e2cb"}[format_name]


def without_seconds(report: ExhaustiveReport) -> list[object]:
    return [replace(outcome, seconds=0.0, rows=()) for outcome in report.outcomes]


def test_every_bit_is_flipped_and_every_prefix_is_cut() -> None:
    report = exhaust(CATALOG, FOOTERS)
    totals = summed(report.outcomes)
    assert report.exit_code == 0
    assert (totals["files"], totals["bytes"]) == (3, 3 * 48)
    assert (totals["bit_flips"], totals["truncations"]) == (8 * 144, 144)
    assert report.count(DAMAGE) == 9 * 144


def test_slices_leave_no_byte_out() -> None:
    for size in (0, 1, 8191, 8192, 8193, 70_000):
        covered = [index for first, last in slices(size) for index in range(first, last)]
        assert covered == list(range(size))


def test_any_number_of_processes_gives_the_same() -> None:
    assert without_seconds(exhaust(CATALOG, FOOTERS)) == without_seconds(exhaust(CATALOG, FOOTERS, workers=2))


def test_flips_of_unprotected_bits_may_be_accepted_and_are_counted() -> None:
    report = exhaust(LOOSE, Wanted((DAMAGE,), 3))
    totals = summed(report.outcomes)
    assert report.findings == ()
    assert totals["unprotected_bits"] == totals["unprotected_accepted"] > 0
    assert report.not_run[0].name == "golden files of loose"
    assert is_value(LOOSE["loose"].layout.root)


@pytest.mark.parametrize("bug", planted(DAMAGE))
def test_a_flip_that_passes_is_found(bug: Mutant) -> None:
    wanted = Wanted((DAMAGE,), 3, bug.format, only=smallest_golden_of(bug.format))
    report = exhaust(CATALOG, wanted, plant=bug)
    assert report.exit_code == 1
    (finding,) = [one for one in report.findings if one.law == "D6"]
    assert finding.detail.startswith("bit 3 of byte 40 flipped: the fast lane accepted")
    assert exhaust(CATALOG, wanted).exit_code == 0


@pytest.mark.parametrize("bug", planted("checksums"))
def test_another_checksum_is_found(bug: Mutant) -> None:
    report = exhaust(CATALOG, Wanted(("checksums",), 3, bug.format), plant=bug)
    assert "crc32c" in {finding.path for finding in report.findings if finding.law == bug.law}


@pytest.mark.parametrize("bug", planted(CONFUSION))
def test_a_seal_that_forgets_the_place_is_found(bug: Mutant) -> None:
    report = exhaust(CATALOG, Wanted((CONFUSION,), 3, bug.format), plant=bug)
    details = [finding.detail for finding in report.findings if finding.law == "D9"]
    assert any("have independent effects on the seal" in detail for detail in details)


def test_a_frame_that_is_refused_at_its_own_place_proves_nothing() -> None:
    bug = planted_named("chunk-not-seeded")
    report = exhaust(CATALOG, Wanted((DAMAGE,), 3, "chunk", only=smallest_golden_of("chunk")), plant=bug)
    assert any("the frame itself, at its own place" in finding.detail for finding in report.findings)


@pytest.mark.slow
def test_without_a_bug_no_structure_is_confused() -> None:
    report = exhaust(CATALOG, Wanted((CONFUSION,), 3, "lsm_page.footer"))
    totals = summed(report.outcomes)
    assert report.findings == ()
    assert totals["foreign_frames"] > 10_000
    assert totals["foreign_places"] > 10_000
    assert [row.facts["rank"] for outcome in report.outcomes for row in outcome.rows] == [32, 32, 32]


def test_time_that_is_up_is_named_and_not_green() -> None:
    report = exhaust(CATALOG, FOOTERS, budget_seconds=0.0)
    assert report.exit_code == 3
    assert "3 of 3 units were not begun" in report.not_run[0].reason


def test_a_file_that_there_is_not_is_not_green() -> None:
    assert exhaust(CATALOG, replace(FOOTERS, only="no such file")).exit_code == 3


def test_planted_bugs_have_names_of_their_own() -> None:
    names = [bug.name for _, bug in PLANTED]
    assert len({*names, *(bug.name for bug in MUTANTS)}) == len(names) + len(MUTANTS)
    assert {place for place, _ in PLANTED} == {"damage", "checksums", "confusion", "symbolic"}
