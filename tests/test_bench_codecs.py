"""The benchmarks are honest: equal work, fair turns, promises that can be missed. No test here judges a time."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from formats import CATALOG
from formats.errors import ShardproofError
from roundtrip.bench import BenchReport, run, runner
from roundtrip.bench.allocation import lookup_growth
from roundtrip.bench.figures import Series, ratio_of, ratios_of, series_of
from roundtrip.bench.peers import (
    Call,
    Peer,
    registry,
)
from roundtrip.bench.picture import picture
from roundtrip.bench.plan import Group, Lane, Plan, installed_peers
from roundtrip.bench.records import data_page, samples
from roundtrip.bench.saved import compare, file_of, load, save
from roundtrip.bench.thresholds import THRESHOLDS, unmeasured
from roundtrip.bench.turns import LOOPS, UNCOUNTED, Pace, turns

EXAMPLE = f"{Path(__file__).parent.parent / 'docs/examples/leveldb_log.py'}:CATALOG"
NAMES = [entry.label for entry in CATALOG]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def quick(seed: int, folder: Path) -> BenchReport:
    return run(
        None, seed=seed, quick=True, save_as="first", compare_with="none", histogram=folder / "a.svg", folder=folder
    )


def series(lane: str, *microseconds: float, name: str = "chunk", operation: str = "decode") -> Series:
    return Series(name, operation, lane, tuple(value / 1e6 for value in microseconds))


def every_promise(factor: float) -> list[Series]:
    """Rounds in which the fast lane takes `factor` times what the strictest reading of each promise allows."""
    found: dict[tuple[str, str, str], Series] = {}
    for one in THRESHOLDS:
        fast = series("fast", *[factor] * 5, name=one.format, operation=one.operation)
        other = series(one.against, *[1 / one.maximum] * 5, name=one.format, operation=one.operation)
        found |= {(one.format, one.operation, each.lane): each for each in (fast, other)}
    return list(found.values())


def report_of(measured: list[Series]) -> BenchReport:
    return BenchReport("", 0, quick=False, series=tuple(measured), ratios=tuple(ratios_of(measured)))


# --- turns -----------------------------------------------------------------------------------------------------------


def test_lanes_take_turns_in_alternating_order() -> None:
    lanes = tuple(Lane(name, Call(abs, (1,)), "all", same_bytes=True) for name in "abc")
    group = Group("chunk", 1, "decode", 0, lanes)
    order = [(turn.round, turn.lane.name) for turn in turns([group], Pace(3, 1e-5))]
    assert order.pop(0) == (UNCOUNTED, "a")
    assert order == [(0, "a"), (0, "b"), (0, "c"), (1, "c"), (1, "b"), (1, "a"), (2, "a"), (2, "b"), (2, "c")]


def test_ratio_is_taken_within_rounds() -> None:
    slow_then_fast, same = series("fast", 10, 1, 1), series("handwritten", 10, 1, 1)
    assert ratio_of(slow_then_fast, same).ratio == 1
    assert ratio_of(series("fast", 20, 2, 1), series("handwritten", 10, 1, 10)).ratio == 2


def test_series_are_read_per_operation() -> None:
    facts = {"round": 0, "format": "chunk", "operation": "flips", "lane": "fast", "operations": 4}
    warm_up = {"extra_info": {**facts, "round": UNCOUNTED}, "stats": {"data": [9.0]}}
    benchmarks = {"benchmarks": [warm_up, {"extra_info": facts, "stats": {"data": [8.0, 4.0, 400.0]}}]}
    assert series_of(benchmarks) == [Series("chunk", "flips", "fast", (2.0,))]


# --- promises --------------------------------------------------------------------------------------------------------


def test_kept_promises_are_proved() -> None:
    report = report_of(every_promise(0.99))
    assert unmeasured((ratio.format, ratio.operation, ratio.against) for ratio in report.ratios) == []
    assert (report.missed, report.exit_code) == ([], 0)


@pytest.mark.parametrize("promise", THRESHOLDS, ids=lambda one: f"{one.format}-{one.operation}-{one.against}")
def test_planted_slow_lane_is_flagged(promise: Any) -> None:
    planted = [
        replace(one, rounds=tuple(1.1 * value for value in one.rounds))
        if (one.format, one.operation, one.lane) == (promise.format, promise.operation, "fast")
        else one
        for one in every_promise(0.99)
    ]
    report = report_of(planted)
    assert (promise.format, promise.operation) in {(one.format, one.operation) for one in report.missed}
    assert report.exit_code == 1
    assert any(row.get("ok") is False for row in report.as_dict()["ratios"])


def test_promise_that_nobody_measured_is_named() -> None:
    first = THRESHOLDS[0]
    assert unmeasured([(first.format, first.operation, first.against)]) == list(THRESHOLDS[1:])


def test_nothing_measured_is_not_green() -> None:
    assert report_of([]).exit_code == 3


def test_slow_flips_are_flagged() -> None:
    report = report_of([series("fast", 6, 6, 6, operation="flips")])
    assert [row["ok"] for row in report.rates] == [False]
    assert report.exit_code == 1


def test_lookup_that_decodes_a_column_is_flagged(seed: int) -> None:
    def lookup(data: bytes, key: bytes) -> int:
        count = int.from_bytes(data[4:6], "little")
        return len([*data[32 : 32 + count]]) + len(key)

    lanes = (Lane("fast", Call(lookup, ()), "all", same_bytes=True),)
    growth = lookup_growth(Group("lsm_page.data", 1, "lookup", 0, lanes), seed)
    assert growth is not None
    assert growth["ok"] is False


def test_lookup_that_passes_over_all_keys_is_flagged(seed: int) -> None:
    key_at = CATALOG["lsm_page.data@1"].codec.module.key_at

    def lookup(data: bytes, key: bytes) -> int:
        index = 0
        while key_at(data, index) != key:
            index += 1
        return index

    lanes = (Lane("fast", Call(lookup, ()), "all", same_bytes=True),)
    growth = lookup_growth(Group("lsm_page.data", 1, "lookup", 0, lanes), seed)
    assert growth is not None
    assert growth["long"]["lines"] > 3 * growth["short"]["lines"]
    assert growth["ok"] is False


@pytest.mark.parametrize("name", ["lsm_page.data", "lsm_page.index"])
def test_generated_lookup_allocates_nothing_per_entry(name: str, seed: int) -> None:
    module = CATALOG.labelled(name).codec.module
    lookup = module.lookup if name == "lsm_page.data" else module.lower_bound
    lanes = (Lane("fast", Call(lookup, ()), "all", same_bytes=True),)
    growth = lookup_growth(Group(name, 1, "lookup", 0, lanes), seed)
    assert growth is not None
    assert growth["ok"], growth


# --- saved runs ------------------------------------------------------------------------------------------------------


def saved(folder: Path, measured: list[Series]) -> Path:
    path, report = file_of("before", folder), report_of(measured)
    save(path, report.as_dict(), list(report.ratios))
    return path


def test_absent_baseline_is_no_error(tmp_path: Path) -> None:
    found = compare("main", tmp_path / "main.json", ratios_of(every_promise(1)))
    assert (found.found, found.ok, found.note) == (False, True, "no baseline yet: --save main makes one")


def test_slower_than_the_saved_run_is_flagged(tmp_path: Path) -> None:
    path = saved(tmp_path, [series("fast", 10, 11, 12), series("handwritten", 10, 10, 10)])
    now = [series("fast", 15, 16, 17), series("handwritten", 10, 10, 10)]
    found = compare("before", path, ratios_of(now))
    assert [(change.format, change.ok) for change in found.changes] == [("chunk", False)]
    assert replace(report_of(now), comparison=found).exit_code == 1


def test_noise_is_not_called_slower(tmp_path: Path) -> None:
    path = saved(tmp_path, [series("fast", 8, 10, 20, 22), series("handwritten", 10, 10, 10, 10)])
    now = [series("fast", 18, 20, 22, 23), series("handwritten", 10, 10, 10, 10)]
    assert compare("before", path, ratios_of(now)).ok


def test_each_benchmark_has_a_limit_of_its_own(tmp_path: Path) -> None:
    before = [series("fast", 10, 10, 10), series("handwritten", 10, 10, 10)]
    path = saved(tmp_path, before)
    text = json.loads(path.read_text())
    text["limits"]["chunk decode fast"] = 2.0
    path.write_text(json.dumps(text))
    now = [series("fast", 15, 15, 15), series("handwritten", 10, 10, 10)]
    assert compare("before", path, ratios_of(now)).ok
    saved(tmp_path, before)
    assert load(path)["limits"]["chunk decode fast"] == 2.0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "limits": {}, "ratios": [{}]}', '{"ratios": 3}'])
def test_file_that_is_no_saved_run_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(ShardproofError, match="is not a saved run"):
        run(None, compare_with=str(path), quick=True)


def test_file_that_cannot_be_written_is_said_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShardproofError, match="cannot be written"):
        run(None, histogram=tmp_path / "file" / "a.svg")
    with pytest.raises(ShardproofError, match="cannot be written"):
        run(None, save_as="a", folder=tmp_path / "file")


# --- whole runs ------------------------------------------------------------------------------------------------------


def test_results_have_the_stable_keys(quick: BenchReport) -> None:
    found = json.loads(json.dumps(quick.as_dict()))
    assert list(found)[:3] == ["ok", "seed", "catalog"]
    for row in found["results"]:
        assert {"format", "structure", "operation", "lane", "microseconds"} <= row.keys()
        assert row["microseconds"] > 0
    for row in found["ratios"]:
        assert {"format", "structure", "operation", "against", "ratio"} <= row.keys()
        assert row["times_faster"] == pytest.approx(1 / row["ratio"])
    assert {row["format"] for row in found["results"]} == {entry.family for entry in CATALOG}
    assert {row["structure"] for row in found["results"]} == {"data", "index", "filter", "footer", None}


def test_every_format_is_measured_in_every_lane(quick: BenchReport) -> None:
    for operation in ("decode", "encode"):
        for lane in ("fast", "fast_tuple", "oracle", "handwritten", "construct", "construct_compiled"):
            measured = {one.format for one in quick.series if (one.operation, one.lane) == (operation, lane)}
            unwritten = {"lsm_page.data@2"} if lane.startswith("construct") else set()
            assert measured == set(NAMES) - unwritten, (operation, lane)


def test_quick_run_judges_no_time(quick: BenchReport) -> None:
    assert not any("threshold" in row for row in quick.as_dict()["ratios"])
    assert quick.findings == ()
    assert quick.exit_code == 0


def test_run_is_saved_and_drawn(quick: BenchReport, folder: Path) -> None:
    assert quick.comparison is not None
    assert quick.comparison.found is False
    assert len(load(folder / "first.json")["results"]) == len(quick.series)
    texts = [element.text for element in ET.parse(folder / "a.svg").iter() if element.text]  # noqa: S314  # our own file
    assert {"chunk decode", "lsm_page.data lookup", "construct compiled"} <= set(texts)


def test_report_is_readable_without_colours(quick: BenchReport) -> None:
    console = Console(file=io.StringIO(), width=80, no_color=True)
    quick.render(console)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    assert "too short to judge" in text
    assert "\x1b" not in text


def test_missed_promise_is_said_in_the_last_line() -> None:
    console = Console(file=io.StringIO(), width=120)
    report_of(every_promise(1.5)).render(console)
    last = console.file.getvalue().splitlines()[-1]  # type: ignore[attr-defined]  # likewise
    assert last.startswith(f"{len(THRESHOLDS)} promises missed")


def test_users_catalog_is_measured_in_our_lanes(seed: int) -> None:
    progress: list[tuple[str, int, int]] = []
    report = run(EXAMPLE, seed=seed, quick=True, progress=lambda *step: progress.append(step))
    assert {(one.operation, one.lane) for one in report.series} == {
        (operation, lane) for operation in ("decode", "encode") for lane in ("fast", "fast_tuple", "oracle")
    }
    assert report.exit_code == 0
    assert progress[-1][1] == progress[-1][2] > 0


def test_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "find_spec", lambda name: None if name == "pytest_benchmark" else object())
    report = run(None)
    assert [row["reason"] for row in report.not_run] == ["pytest-benchmark not installed"]
    assert report.not_run[0]["install"] == "pip install 'shardproof[bench]'"
    assert report.exit_code == 3


def test_missing_peer_is_named_and_the_others_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Peer("protobuf_peer", "no_such_package.inside", "protobuf", ("protobuf",))
    broken = Peer("no_such_peer", "msgspec", "msgspec", ("other",))
    here = registry.PEERS[0]
    monkeypatch.setattr("roundtrip.bench.plan.PEERS", (absent, broken, here))
    plan = Plan()
    assert [peer for peer, _ in installed_peers(plan)] == [here]
    assert [row["what"] for row in plan.not_run] == ["protobuf", "other"]
    assert plan.not_run[0]["reason"] == "protobuf is not installed"


def test_picture_of_one_round_is_drawn() -> None:
    text = picture([series("fast", 1), series("a<b", 3)], title="one & two")
    assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314  # our own text


def test_samples_repeat_for_a_seed_and_fill_a_page(seed: int) -> None:
    first, second = (samples(CATALOG, seed) for _ in range(2))
    assert [sample.plain for sample in first] == [sample.plain for sample in second]
    assert len(data_page(random.Random(seed))["entries"]["keys"]) == 78
    assert LOOPS > 1
