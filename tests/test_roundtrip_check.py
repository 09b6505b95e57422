"""A check is green only when something was tried and nothing was found; a finding names the command that repeats it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from io import StringIO

import construct as c
import pytest
from rich.console import Console

from formats.catalog import CATALOG, Catalog, Format
from roundtrip.check import check
from roundtrip.findings import Finding, FindingLog, Origin
from roundtrip.laws import LAWS, QUICK, budget_for
from roundtrip.mutants import mutant_named
from roundtrip.replay import replay
from roundtrip.report import Report
from roundtrip.reporting import write_report, write_seed

USER = Catalog("user", (Format("pair", 1, c.Struct("magic" / c.Const(b"PR"), "first" / c.Int8ub)),))


@pytest.fixture(scope="module")
def green(seed: int) -> Report:
    return check(CATALOG, seed=seed, budget=QUICK)


@pytest.fixture(scope="module")
def red(seed: int) -> Report:
    return check(CATALOG, seed=seed, budget=QUICK, only="chunk", plant=mutant_named("trailing-bytes-accepted"))


@dataclass
class Kept:
    files: int
    findings: tuple[Finding, ...] = ()
    not_run: tuple[tuple[str, str], ...] = ()


def test_our_catalog_is_proved(green: Report) -> None:
    assert green.findings == ()
    assert green.ok
    assert green.exit_code == 0


def test_report_says_how_much_was_tried(green: Report) -> None:
    counts = green.counts
    assert (counts["formats"], counts["structures"], counts["versions"]) == (5, 8, len(CATALOG)) == (5, 8, 10)
    assert (counts["laws"], counts["silent"]) == (10, 0)
    assert counts["bit_flips"] > 10_000
    assert counts["lane_comparisons"] > 1_000
    assert counts["unprotected_bits"] == 0


def test_report_as_json_has_stable_keys(green: Report) -> None:
    report = json.loads(json.dumps(green.as_dict()))
    keys = {"ok", "seed", "catalog", "counts", "findings", "laws", "matrix", "not_run", "seconds", "flips_per_second"}
    assert set(report) == keys
    assert {"formats", "laws", "bit_flips", "silent", "corpus_files", "lane_comparisons"} <= set(report["counts"])
    assert {(row["format"], row["law"]) for row in report["laws"]} == {
        (one.label, law) for one in CATALOG for law in LAWS
    }


def test_planted_bug_is_refuted_with_format_law_field_and_command(red: Report) -> None:
    assert red.exit_code == 1
    finding = next(finding for finding in red.findings if finding.law == "D7")
    assert finding.format == "chunk"
    words = shlex.split(finding.command)
    assert words[:6] == ["shardproof", "replay", "--format", "chunk", "--law", "D7"]
    assert "--plant" in words


def test_replay_of_a_finding_repeats_it_and_holds_without_the_bug(red: Report) -> None:
    bug = mutant_named("trailing-bytes-accepted")
    for finding in red.findings:
        again = replay(CATALOG, finding.format, finding.law, place_seed=finding.seed, data=finding.data, plant=bug)
        assert any(one.law == finding.law for one in again.findings)
        assert replay(CATALOG, finding.format, finding.law, place_seed=finding.seed, data=finding.data).ok


def test_replay_without_bytes_tries_the_whole_law_again(seed: int) -> None:
    bug = mutant_named("quadratic-time")
    assert not replay(CATALOG, bug.format, "D3", seed=seed, plant=bug).ok
    assert replay(CATALOG, bug.format, "D3", seed=seed).ok


def test_same_seed_gives_the_same_report_in_one_process_and_in_two(seed: int) -> None:
    reports = [check(USER, seed=seed, budget=QUICK, processes=count) for count in (1, 2)]
    first, second = ([replace(result, seconds=0, facts={}, note="") for result in report.results] for report in reports)
    assert first == second


def test_check_of_no_format_is_not_green(seed: int) -> None:
    report = check(CATALOG, seed=seed, budget=QUICK, only="no such format")
    assert not report.ok
    assert report.exit_code == 3


def test_law_that_tried_nothing_is_a_finding(seed: int) -> None:
    report = check(USER, seed=seed, budget=replace(QUICK, samples=0), processes=1)
    assert not report.ok
    assert all("nothing was tested" in finding.detail for finding in report.findings)
    assert report.exit_code == 3


def test_lanes_that_do_not_exist_are_named_as_not_run(seed: int) -> None:
    report = check(USER, seed=seed, budget=QUICK, processes=1)
    assert report.ok
    assert {"reference decoder", "corpus"} == {entry.name for entry in report.not_run}


def test_corpus_is_checked_by_what_it_is_given(seed: int) -> None:
    def run(files: int, *findings: Finding) -> Report:
        kept = Kept(files, findings)
        return check(USER, seed=seed, budget=QUICK, laws=["D7"], processes=1, corpus_check=lambda _: kept)

    assert run(3).ok
    assert run(3).counts["corpus_files"] == 3
    assert not run(0).ok
    assert not run(3, Finding("pair", "corpus", "first", "", "a kept file is read otherwise")).ok


def test_progress_is_told_of_every_unit(seed: int) -> None:
    told: list[tuple[int, int, str]] = []
    check(USER, seed=seed, budget=QUICK, laws=["D7", "D8"], processes=1, progress=lambda *facts: told.append(facts))
    assert told == [(1, 2, "pair D8"), (2, 2, "pair D7")]


def test_table_shows_every_format_and_law_with_counts(green: Report, red: Report) -> None:
    text = StringIO()
    console = Console(file=text, width=200)
    write_seed(console, green.seed)
    write_report(console, green)
    lines = text.getvalue().splitlines()
    assert lines[0] == f"seed {green.seed}"
    assert all(any(one.label in line for line in lines) for one in CATALOG)
    assert lines[-1].startswith("proved: 8 structures of 5 formats in 10 versions, 10 laws")
    write_report(console, red)
    assert "shardproof replay --format chunk" in text.getvalue()


def test_budget_is_the_same_for_the_same_time_and_keeps_something_of_each() -> None:
    assert budget_for(25, 8) == budget_for(25, 8)
    smallest = budget_for(0.001, 1000)
    assert min(smallest.samples, smallest.values, smallest.plan_samples, smallest.random_inputs) > 0


def test_findings_of_one_field_are_counted_and_the_shortest_is_kept() -> None:
    log = FindingLog("some")
    for data in (b"abc", b"a", b"ab"):
        log.add("D6", ("keys", 3), None, "flipped", data, 1)
    (finding,) = log.findings()
    assert (finding.path, finding.data, finding.also) == ("keys[*]", b"a", 2)
    assert Origin().command(finding) == "shardproof replay --format some --law D6 --place-seed 1 --bytes 61"
