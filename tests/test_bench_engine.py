"""The engine's benchmark is honest: same work, fair turns, promises that can be missed. No test here judges a time."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from formats.errors import ShardproofError
from roundtrip.bench.engine import run
from roundtrip.bench.engine.child import OPERATIONS
from roundtrip.bench.engine.figures import Series, judged, ratios_of, series_of
from roundtrip.bench.engine.idle import wait_until_still
from roundtrip.bench.engine.operations import Task, WrongAnswer, measure_read
from roundtrip.bench.engine.peer import Engine, Pair, Room
from roundtrip.bench.engine.planted import PLANTS
from roundtrip.bench.engine.promises import GROWTH_PROMISES, PROMISES, Promise
from roundtrip.bench.engine.registry import ENGINES, OURS
from roundtrip.bench.engine.report import EngineReport
from roundtrip.bench.engine.selection import Selection, turns_of
from roundtrip.bench.engine.workload import FULL, KEY_SIZE, MIB, QUICK, SIZES, drawn, key_at, key_bytes, pool
from roundtrip.commands import bench as command
from roundtrip.commands.bench import ENGINES as CHOICES

NAMES = [entry.name for entry in ENGINES]


@pytest.fixture(scope="module")
def quick(seed: int, tmp_path_factory: pytest.TempPathFactory) -> EngineReport:
    folder = tmp_path_factory.mktemp("engines")
    report = run(
        seed=seed, quick=True, selection=Selection(sizes=(100, 65536)), directory=folder, plot=folder / "a.svg"
    )
    assert [path.name for path in folder.iterdir()] == ["a.svg"]
    drawn = " ".join(ET.fromstring((folder / "a.svg").read_text()).itertext())  # noqa: S314  # a picture of our own
    assert all(name in drawn for name in NAMES)
    return report


def series(engine: str, promise: Promise, *values: float) -> Series:
    facts = {} if promise.quantity == "microseconds" else {promise.quantity: values}
    return Series(engine, promise.operation, promise.value_size, promise.keys, values, facts)


def test_every_engine_does_every_operation_with_every_size(quick: EngineReport) -> None:
    assert (quick.findings, quick.not_run, quick.ok) == ((), (), True)
    for entry in ENGINES:
        for name in ("put", "put_batch", "put_durable", "put_durable_8", "reopen", "get", "scan", "overwrite"):
            assert {one.value_size for one in quick.series if (one.engine, one.operation) == (entry.name, name)} == {
                100,
                65536,
            }
    assert {one.against for one in quick.ratios} == set(NAMES) - {OURS}
    levels = [one.facts["levels"] for one in quick.series if (one.engine, one.operation) == (OURS, "put_durable")]
    assert levels == [(3.0,), (3.0,)]


def test_a_quick_run_judges_nothing_and_says_so(quick: EngineReport) -> None:
    assert quick.judgements == ()
    out = io.StringIO()
    quick.render(Console(file=out, width=200))
    assert "too short to judge promises" in out.getvalue()
    for entry in ENGINES:
        assert entry.name in out.getvalue()


def test_the_json_form_has_its_promised_keys(quick: EngineReport) -> None:
    report = json.loads(json.dumps(quick.as_dict()))
    assert {"engine", "operation", "value_size", "microseconds"} <= set(report["results"][0])
    assert {"engine", "against", "operation", "value_size", "ratio", "low", "high"} <= set(report["ratios"][0])
    facts = [row for row in report["results"] if (row["engine"], row["operation"]) == (OURS, "put_settled")]
    assert all({"space_amplification", "peak_memory_bytes", "call_amplification"} <= set(row) for row in facts)


def test_choices_of_the_command_are_what_there_is() -> None:
    assert list(CHOICES) == NAMES
    assert list(command.OPERATIONS) == list(OPERATIONS)
    assert set(command.PLANTS) == set(PLANTS)


@pytest.mark.parametrize("promise", [*PROMISES, *GROWTH_PROMISES], ids=repr)
def test_every_promise_can_be_kept_and_missed(promise: Promise) -> None:
    good, bad = (1.01, 0.99) if promise.at_least else (0.99, 1.01)
    for factor, kept in ((good, True), (bad, False)):
        ours = series(OURS, promise, *[promise.limit * factor] * 3)
        others = [ours]
        if promise.against is not None or promise.against_keys is not None:
            other = replace(promise, keys=promise.against_keys or promise.keys)
            others.append(series(promise.against or OURS, other, 1.0, 1.0, 1.0))
        found, lost = judged([promise], others)
        assert ([one.ok for one in found], lost) == ([kept], [])
    assert judged([promise], []) == ([], [promise])


def test_a_planted_slow_put_misses_promises(tmp_path: Path) -> None:
    chosen = Selection(engines=(OURS, "rocksdb"), operations=("put", "put_durable"), sizes=(4096,))
    report = run(quick=True, plant="slow-put", selection=chosen, directory=tmp_path)
    assert report.exit_code == 1
    assert {("put", "rocksdb"), ("put_durable", None)} <= {
        (one.promise.operation, one.promise.against) for one in report.missed
    }


def test_growth_measures_each_number_of_keys(tmp_path: Path) -> None:
    plot = tmp_path / "growth.svg"
    report = run(quick=True, growth=True, selection=Selection(engines=(OURS,)), directory=tmp_path, plot=plot)
    assert report.ok
    assert {one.keys for one in report.series} == {100, 1000}
    assert "reopen" in plot.read_text()


def test_ratios_are_taken_within_rounds() -> None:
    found: list[dict[str, Any]] = [
        {"engine": engine, "operation": "put", "value_size": 1, "keys": None, "microseconds": value, "facts": {}}
        for engine, values in ((OURS, (1.0, 10.0, 100.0)), ("leveldb", (2.0, 20.0, 100.0)))
        for value in values
    ]
    assert [one.ratio for one in ratios_of(series_of(found))] == [0.5]


def test_engines_take_turns_in_both_directions() -> None:
    turns = list(turns_of(["a", "b"], [{"operation": "put"}, {"operation": "read"}], 2, quick=False))
    assert [engine for engine, _ in turns] == ["a", "b", "a", "b", "b", "a", "b", "a"]


def test_the_workload_is_the_issue_s_and_the_same_for_everybody() -> None:
    assert [FULL.key_count(size) for size in SIZES] == [200_000, 65536, 4096, 256]
    assert key_bytes(1, 100) == key_bytes(1, 100) != key_bytes(2, 100)
    assert len({key_at(key_bytes(1, 1000), index) for index in range(1000)}) == 1000
    assert pool(1, 100, 50) == pool(1, 100, 50)
    assert drawn(1, "gets", 10, 5) == drawn(1, "gets", 10, 5)
    for size in (100, 4096):
        room = FULL.turnover_room(size)
        total, puts = FULL.turnover_counts(size)
        framed = size + KEY_SIZE + (100 if size == 100 else 0)
        assert math.isclose(total * framed / room.capacity_bytes, 0.5 if size == 100 else 0.7, rel_tol=0.01)
        assert math.isclose(puts * framed / room.capacity_bytes, 4, rel_tol=0.01)
    assert FULL.turnover_bytes == 256 * MIB


class Forgetful(Engine):
    """Answers every get with another value."""

    name = "forgetful"
    note = ""
    keys_put: list[bytes]

    def __init__(self, folder: Path, room: Room) -> None:
        del folder, room
        self.keys_put = []
        self.put = self.put_durable = lambda key, _value: self.keys_put.append(key)
        self.get = lambda _key: b"another value"

    def put_batch(self, pairs: list[Pair]) -> None:
        self.keys_put += [key for key, _ in pairs]

    def keys(self) -> Iterator[bytes]:
        return iter(self.keys_put)

    def items(self) -> Iterator[Pair]:
        return ((key, b"") for key in self.keys_put)

    def drain(self) -> None: ...
    def flush(self) -> None: ...
    def settle(self) -> None: ...
    def close(self) -> None: ...


def test_a_wrong_answer_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(WrongAnswer, match="another value"):
        measure_read(Task(Forgetful, tmp_path, 100, QUICK, 0))


def test_waiting_for_rest_waits_while_something_changes() -> None:
    looks = iter([1, None, 2, 3, 4, 4, 4, 4, 5])
    wait_until_still(lambda: next(looks))
    assert next(looks) == 5


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShardproofError, match="no stores can be made"):
        run(quick=True, directory=tmp_path / "file" / "below")
