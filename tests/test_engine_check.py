"""The engine's part of a check: of a fixed size, repeatable, and seen to fail."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from engine.index import Index
from engine.locator import Entry
from formats.catalog import CATALOG
from roundtrip.check import check
from roundtrip.engine_check import EngineOutcome, check_engine
from roundtrip.findings import Finding
from roundtrip.laws import QUICK
from roundtrip.reporting import write_report


def test_the_quick_tier_repeats_and_finds_nothing(seed: int) -> None:
    one, other = check_engine(seed), check_engine(seed)
    assert one == other
    assert one.findings == ()
    assert one.histories > 200
    assert one.states > 10_000


def test_an_index_that_forgets_is_found_with_the_command_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = Index.find_in_runs

    def forgetful(index: Index, key: bytes) -> Entry | None:
        return None if key == b"1" else find(index, key)

    monkeypatch.setattr(Index, "find_in_runs", forgetful)
    outcome = check_engine(7)
    commands = {finding.command for finding in outcome.findings}
    assert "shardproof conform --preset tiny --seed 7 --histories 60" in commands
    assert "shardproof crash --exhaustive --depth 1 --prepared unclean-open" in commands


def test_a_report_counts_the_engine_and_is_red_with_its_findings() -> None:
    report = check(CATALOG, seed=1, budget=QUICK, laws=("D7",), only="chunk", engine_check=nothing_found)
    assert report.ok
    assert report.counts["engine_crash_images"] == 3
    out = StringIO()
    write_report(Console(file=out, width=300), report)
    assert "engine: 1 histories, 2 operations, 3 crash images" in out.getvalue()
    found = EngineOutcome(1, 2, 3, (Finding("engine", "answer", "get 1", "", "expected 1, found 2"),))
    assert not replace(report, engine=found).ok


def nothing_found(_seed: int) -> EngineOutcome:
    return EngineOutcome(1, 2, 3, ())
