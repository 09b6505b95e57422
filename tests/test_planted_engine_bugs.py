"""Bugs planted in the engine and its models: each plant applies and is undone, and the checkers find what is there."""

from __future__ import annotations

import json
import signal
import time
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from formats.errors import ShardproofError
from roundtrip.commands.plant import command
from roundtrip.histories.history import History
from roundtrip.planted import (
    BUGS,
    CHECKER_NAMES,
    Bug,
    Plan,
    PlantFailed,
    bug_named,
    chosen_checkers,
    hunt,
    hunt_all,
    planted,
)
from roundtrip.planted.hunt import drawn
from roundtrip.planted.planting import edit
from roundtrip.planted.verdicts import HANGS, TooLong, time_limit, verdict

#: Bugs that one checker finds within half a second, and that checker.
QUICK = {
    "chunk-at-page-border-forgotten": "crash-pages",
    "cache-not-drained": "conform-cached",
    "shutdown-skips-metadata": "conform",
    "removed-disk-loses-shards": "node",
    "read-error-forgets-chunks": "faults",
    "hard-pointer-disagrees": "crash-zoned",
    "write-without-pointer": "crash",
    "uuid-collision-forgets-chunks": "crash-pages",
    "reset-before-copies": "crash",
    "reset-before-overwrite": "crash",
    "second-copy-never-written": "conform",
    "sync-skipped": "crash",
    "durable-put-returns-early": "conform",
    "freeze-loses-an-entry": "conform",
    "flush-forgets-deletes": "conform",
    "compaction-keeps-the-older": "conform",
    "level-0-in-wrong-order": "conform",
    "filter-says-no": "conform",
    "parts-in-wrong-order": "conform",
    "evacuates-into-nothing": "conform",
    "zone-not-reset": "crash-zoned",
    "older-chain-taken": "crash",
    "half-opened-pair-taken": "crash-states",
    "node-steers-by-what-is-there": "node",
    "feature-bit-set-late": "crash-versions",
    "feature-bit-forgotten": "conform-versions",
    "pages-not-declared": "conform-versions",
    "value-checksum-restarts": "conform-versions",
    "evacuation-downgrades": "conform-versions",
    "stream-checksum-ignored": "conform-versions",
    "stored-checksum-of-first-part": "conform-versions",
    "longer-header-not-counted": "conform-versions",
}


def methods_of(bug: Bug) -> list[object]:
    """What stands where the bug is planted."""
    return [vars(one.owner)[one.name] for one in bug.edits]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_plant_applies_and_is_undone(bug: Bug) -> None:
    before = methods_of(bug)
    with planted(bug):
        assert not any(now is then for now, then in zip(methods_of(bug), before, strict=True))
    assert all(now is then for now, then in zip(methods_of(bug), before, strict=True))


def test_plant_is_undone_after_an_error() -> None:
    bug = bug_named("filter-says-no")
    before = methods_of(bug)
    with pytest.raises(RuntimeError), planted(bug):
        raise RuntimeError
    assert methods_of(bug) == before


def test_bug_whose_text_is_gone_is_refused_and_leaves_nothing_behind() -> None:
    class Engine:
        def work(self) -> int:
            return 1

        def rest(self) -> int:
            return 2

    first, gone = edit(Engine, "work", ("return 1", "return 3")), edit(Engine, "rest", ("return 7", "return 8"))
    with pytest.raises(PlantFailed, match=r"Engine\.rest"), planted(Bug("x", "", "", (), (first, gone))):
        pass
    assert (Engine().work(), Engine().rest()) == (1, 2)


def test_plant_keeps_super_and_class_methods_working() -> None:
    class Base:
        @classmethod
        def made(cls) -> str:
            return cls.__name__ + "!"

        def value(self) -> int:
            return 1

    class Derived(Base):
        def value(self) -> int:
            return super().value() + 1

    bug = Bug("x", "", "", (), (edit(Derived, "value", ("+ 1", "+ 5")), edit(Base, "made", ("!", "?"))))
    with planted(bug):
        assert (Derived().value(), Base.made()) == (6, "Base?")
    assert (Derived().value(), Base.made()) == (2, "Base!")


def test_every_paper_issue_and_more_than_20_others_are_planted() -> None:
    assert sorted(bug.issue for bug in BUGS if bug.issue) == list(range(1, 11))
    assert sum(bug.issue is None for bug in BUGS) >= 20
    assert {checker for bug in BUGS for checker in bug.checkers} <= set(CHECKER_NAMES)


def test_every_checker_is_expected_to_find_some_bug() -> None:
    assert {checker for bug in BUGS for checker in bug.checkers} == set(CHECKER_NAMES)


@pytest.mark.parametrize("name", QUICK)
def test_planted_bug_is_found(name: str) -> None:
    bug = bug_named(name)
    assert QUICK[name] in bug.checkers
    outcome = hunt(bug, chosen_checkers([QUICK[name]]), seed=1, budget_seconds=60, shrinks=False)
    assert outcome.killed


@pytest.mark.parametrize("checker", CHECKER_NAMES)
def test_nothing_is_found_where_nothing_is_planted(checker: str) -> None:
    (chosen,) = chosen_checkers([checker])
    count = 30 if chosen.cost == 1 else 1
    for _, scenario in islice(drawn([chosen], "nothing", 1), count):
        assert verdict(scenario, chosen.longest_seconds) is None, scenario.text()


def test_hunt_is_the_same_twice_and_with_two_workers() -> None:
    bugs = [bug_named(name) for name in ("shutdown-skips-metadata", "4", "filter-says-no")]
    plan = Plan(3, 60.0)
    runs = [hunt_all(bugs, plan, workers=workers) for workers in (1, 1, 2)]
    assert all(run.ok for run in runs)
    facts = [[{**one.as_dict(), "seconds": None} for one in run.outcomes] for run in runs]
    assert facts[0] == facts[1] == facts[2]


def test_hunt_without_any_bug_to_find_is_not_ok() -> None:
    assert not hunt_all([], Plan(1, 1.0)).ok


def test_paper_issue_shrinks_to_a_few_operations() -> None:
    outcome = hunt(bug_named("6"), chosen_checkers(["crash"]), seed=1, budget_seconds=60)
    assert outcome.found is not None
    assert len(outcome.found.scenario.operations) <= 8 < outcome.found.drawn
    with planted(bug_named("6")):
        assert verdict(outcome.found.scenario) == outcome.found.failure
    assert verdict(outcome.found.scenario) is None


def test_scenario_that_hangs_is_a_finding() -> None:
    class Endless(History, frozen=True, kw_only=True):
        def run(self) -> None:  # type: ignore[override]
            while True:
                pass

    failure = verdict(Endless(preset="tiny", placement="counter", operations=()), 0.1)
    assert failure is not None
    assert failure.law == HANGS


def test_time_limit_leaves_no_timer_behind() -> None:
    with pytest.raises(TooLong), time_limit(0.05):
        time.sleep(5)
    with time_limit(5):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_checkers_draw_what_the_seed_says() -> None:
    for checker in chosen_checkers([]):
        first, again = (checker.draw(Random(5)) for _ in range(2))
        assert first == again
        assert first != checker.draw(Random(6))


def test_command_prints_a_row_for_each_bug_and_says_what_survived() -> None:
    found = CliRunner().invoke(command, ["filter-says-no", "--seed", "1", "--workers", "1"], standalone_mode=False)
    assert found.return_value == 0
    assert "filter-says-no" in found.output
    assert "1 of 1 planted bugs found" in found.output
    arguments = ["removed-disk-loses-shards", "--checker", "conform", "--budget", "200ms", "--seed", "1"]
    survived = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert survived.return_value == 1
    assert "SURVIVED" in survived.output


def test_command_with_nothing_planted_finds_nothing() -> None:
    arguments = ["--none", "--budget", "500ms", "--seed", "1", "--checker", "conform", "--workers", "1", "--json"]
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert result.return_value == 0
    report = json.loads(result.output)
    assert (report["ok"], report["planted"], report["found"]) == (True, 0, 0)
    assert report["scenarios"] > 0


def test_command_writes_findings_that_replay_only_with_the_bug(tmp_path: Path) -> None:
    from roundtrip.histories.finding import Finding  # noqa: PLC0415  # imports the drivers

    arguments = ["filter-says-no", "--seed", "1", "--workers", "1", "--findings", str(tmp_path)]
    assert CliRunner().invoke(command, arguments, standalone_mode=False).return_value == 0
    finding = Finding.parse((tmp_path / "filter-says-no.txt").read_text())
    assert finding.planted == "filter-says-no"
    assert finding.replay() is None
    with planted(bug_named(finding.planted)):
        assert finding.replay() == finding.failure


@pytest.mark.parametrize(
    "arguments", [["no-such-bug"], ["--checker", "no-such", "1"], ["--none", "1"], ["--preset", "no-such", "1"]]
)
def test_command_refuses_what_it_does_not_know(arguments: list[str]) -> None:
    with pytest.raises(ShardproofError):
        CliRunner().invoke(command, arguments, standalone_mode=False, catch_exceptions=False)
