"""Campaigns: blocks are pure, ledgers resume, workers do not matter, findings are files that replay."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crc32c import crc32c

from engine.index import Index
from roundtrip.campaign import kinds, volume
from roundtrip.campaign.block import Block, BlockResult
from roundtrip.campaign.coverage import cover
from roundtrip.campaign.kept import run_kept
from roundtrip.campaign.kinds import UnknownKind, run_block
from roundtrip.campaign.ledger import BadLedger, Ledger
from roundtrip.campaign.plan import blocks_of
from roundtrip.campaign.reading import read_finding, write_finding
from roundtrip.campaign.runner import Campaign, run_campaign
from roundtrip.campaign.workers import ENDS, LIVES, Limits
from roundtrip.component_conformance import COMPONENTS
from roundtrip.histories import drivers_guided
from roundtrip.histories.drawing import draw
from roundtrip.histories.drivers import bytes_of, history_of
from roundtrip.histories.drivers_machine import run_machine
from roundtrip.histories.failure import examine
from roundtrip.histories.finding import Finding
from roundtrip.histories.history import History
from roundtrip.histories.operations import Flush, Get, Put

#: This module stands for that of a kind of its own.
lost_finding = volume.lost_finding
BLOCK = Block(kind="conform", preset="tiny", seed=3, first=40, count=6)
HISTORY = History(preset="tiny", placement="counter", operations=(Put(3, 40), Flush(), Put(3, 1), Flush(), Get(3)))


def oldest_run_first(self: Any, key: bytes) -> Any:
    """A planted bug: of two runs with a key the older one answers."""
    for run in reversed(self.runs):
        entry = run.get(key, crc32c(key), self.cache)
        if entry is not None:
            return entry
    return None


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(Index, "find_in_runs", oldest_run_first)
    return monkeypatch


# --- blocks


def test_block_gives_the_same_result_twice() -> None:
    for kind in ("conform", "crash-histories"):
        block = msgspec.structs.replace(BLOCK, kind=kind)
        assert run_block(block).to_json() == run_block(block).to_json()


def test_result_of_another_seed_is_another() -> None:
    assert run_block(BLOCK).digest != run_block(msgspec.structs.replace(BLOCK, seed=4)).digest


def test_block_and_result_parse_back_from_json() -> None:
    result = run_block(msgspec.structs.replace(BLOCK, kind="crash-histories"))
    assert Block.from_json(BLOCK.to_json()) == BLOCK
    assert BlockResult.from_json(result.to_json()) == result
    assert result.operations == 6 * 50 == sum(result.counts.values())
    assert result.images > 0
    assert result.survivals


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKind, match="expected one of conform, crash-histories"):
        run_block(msgspec.structs.replace(BLOCK, kind="magic"))


def test_histories_of_a_block_are_those_of_their_numbers() -> None:
    assert history_of(3, 41, "tiny").operations == history_of(3, 41, "tiny", longest=50).operations
    assert bytes_of(3, 41) != bytes_of(3, 42) != bytes_of(4, 42)
    assert history_of(3, 41, "tiny").operations[:7] == History.from_bytes(bytes_of(3, 41), "tiny", longest=7).operations


def test_components_run_in_blocks_too() -> None:
    for component in COMPONENTS:
        result = run_block(Block(kind="component", preset=component, seed=1, first=0, count=2))
        assert (result.histories, result.found) == (2, 0)


# --- workers and ledgers


def small_campaign(workers: int, ledger: Ledger | None = None, histories: int = 25) -> Campaign:
    return run_campaign(blocks_of("conform", "tiny", 5, histories, per_block=5), workers=workers, ledger=ledger)


def test_one_worker_and_two_write_the_same_set_of_lines(tmp_path: Path) -> None:
    files = []
    digests = set()
    for workers in (0, 1, 2):
        path = tmp_path / f"{workers}.ledger"
        with Ledger(path) as ledger:
            digests.add(small_campaign(workers, ledger).digest())
        files.append(sorted(path.read_bytes().split(b"\n")))
    assert files[0] == files[1] == files[2]
    assert len(digests) == 1


def test_blocks_in_the_ledger_are_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        small_campaign(1, ledger, 10)
    with Ledger(path) as ledger:
        campaign = small_campaign(1, ledger, 25)
    assert (campaign.resumed, campaign.histories_now, campaign.histories) == (2, 15, 25)
    assert campaign.digest() == small_campaign(0).digest()


def test_torn_last_line_is_cut_off_and_its_block_run_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        small_campaign(0, ledger, 10)
    whole = path.read_bytes()
    for size in (1, 30, len(whole) - 20):
        path.write_bytes(whole[:size])
        with Ledger(path) as ledger:
            assert small_campaign(0, ledger, 10).histories == 10
        assert path.read_bytes() == whole


def test_ledger_of_other_code_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_text('{"ledger":1,"fingerprint":"0000000000000000"}\n', encoding="utf-8")
    with pytest.raises(BadLedger, match="name a new file, or check out the code"):
        Ledger(path)


@pytest.mark.parametrize("text", ["hello\n", "hello", '{"ledger":2}\n', "[]\n"])
def test_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadLedger, match="name another file"):
        Ledger(path)
    assert path.read_text(encoding="utf-8") == text


def test_line_that_is_no_result_is_refused_by_number(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        small_campaign(0, ledger, 10)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "{}", *lines[1:], ""]), encoding="utf-8")
    with pytest.raises(BadLedger, match="line 2: expected the result of a block"):
        Ledger(path)


def test_ledger_is_open_once(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger"), pytest.raises(BadLedger, match="another process has it open"):
        Ledger(tmp_path / "ledger")


def hanging_block(block: Block, tick: Any) -> BlockResult:
    tick(block.first + 1)
    time.sleep(60)
    raise AssertionError("the limit comes first")


def dying_block(block: Block, tick: Any) -> BlockResult:
    tick(block.first + 2)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives this")


def greedy_block(block: Block, tick: Any) -> BlockResult:
    tick(block.first)
    return BlockResult(block=block, histories=len(bytearray(1 << 30)), operations=0)


@pytest.mark.parametrize(
    ("function", "law", "number"), [(hanging_block, ENDS, 1), (dying_block, LIVES, 2), (greedy_block, LIVES, 0)]
)
def test_block_that_hangs_or_dies_is_a_finding_with_the_number_of_its_history(
    monkeypatch: pytest.MonkeyPatch, function: Any, law: str, number: int
) -> None:
    monkeypatch.setitem(kinds.KINDS, "bad", (__name__, function.__name__))
    monkeypatch.setattr(kinds, "import_module", lambda _: __import__("types").SimpleNamespace(**globals()))
    block = Block(kind="bad", preset="tiny", seed=5, first=10, count=4)
    limits = Limits(memory_bytes=900 << 20, seconds=0.4)
    campaign = run_campaign(iter([block]), workers=1, limits=limits)
    (finding,) = campaign.findings()
    assert (finding.law, finding.driver, finding.seed) == (law, f"bad, history {10 + number}", 5)
    assert isinstance(finding, Finding)
    assert finding.history == history_of(5, 10 + number, "tiny")
    assert f"histories {11 + number} to 13 were not run" in finding.failure.found


def test_time_ends_a_campaign_that_has_no_end() -> None:
    campaign = run_campaign(blocks_of("conform", "tiny", 1, per_block=2), workers=2, seconds=0.2)
    assert campaign.histories > 0


# --- other drivers


class FakeFuzzer:
    """Stands for the coverage-guided fuzzer: gives the bytes of a few seeds, and ends the process at a finding."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        self.judge: Any = None

    def instrument_imports(self, **_options: Any) -> Any:
        return open(os.devnull, encoding="utf-8")  # noqa: PTH123  # any context manager

    def Setup(self, arguments: list[str], judge: Any) -> None:  # noqa: N802  # as the fuzzer calls it
        self.arguments, self.judge = arguments, judge

    def Fuzz(self) -> None:  # noqa: N802  # likewise
        for number in range(40):
            self.judge(bytes_of(1, number))


def test_guided_driver_judges_what_the_fuzzer_makes_and_writes_its_finding(
    stale: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fuzzer = FakeFuzzer()
    stale.setattr(drivers_guided, "import_module", lambda _name: fuzzer)
    stale.setattr(drivers_guided, "find_spec", lambda _name: object())
    with pytest.raises(drivers_guided.Found):
        drivers_guided.fuzz("tiny", tmp_path / "found.txt", ["-runs=40"])
    assert fuzzer.arguments[1:] == ["-max_len=201", "-len_control=0", "-runs=40"]
    finding = read_finding(tmp_path / "found.txt")
    assert finding.replay() is not None
    stale.undo()
    assert finding.replay() is None


def test_guided_driver_without_a_fuzzer_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drivers_guided, "find_spec", lambda _name: None)
    with pytest.raises(drivers_guided.NoFuzzer, match="pip install"):
        drivers_guided.fuzz("tiny", tmp_path / "found.txt", [])


def test_state_machine_does_what_histories_do() -> None:
    histories = run_machine("tiny", 3)
    assert len(histories) == 3
    assert all(examine(history) is None for history in histories)


def test_every_kept_finding_passes_now() -> None:
    failures = [f"{kept.name}: {kept.failure}" for kept in run_kept() if kept.failure is not None]
    assert failures == []


def test_kept_finding_that_fails_again_is_seen(stale: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failure = examine(HISTORY)
    assert failure is not None
    write_finding(Finding.of(HISTORY, failure), tmp_path / "stale.txt")
    assert [kept.failure for kept in run_kept(tmp_path)] == [failure]
    stale.undo()
    assert [kept.failure for kept in run_kept(tmp_path)] == [None]


# --- pictures and coverage


def test_finding_draws_the_graph_where_it_goes_wrong(stale: pytest.MonkeyPatch) -> None:
    text, failure = draw(HISTORY, title="stale")
    assert failure == examine(HISTORY)
    assert text.startswith("<svg")
    assert "put 0x33" in text
    crashing = history_of(1, 3, "tiny", crashes=True)
    stale.undo()
    assert draw(crashing, title="crash")[0] == draw(crashing, title="crash")[0]


def test_coverage_names_what_ran_and_what_never_did() -> None:
    coverage = cover("tiny", 1, 3)
    modules = {module.module: module for module in coverage.modules}
    index = modules["engine/index.py"]
    assert 0 < index.lines_run < index.lines
    assert 0 < index.branches_run < index.branches
    assert "Index.find" not in index.never_run
    assert modules["engine/file_disk.py"].lines_run == 0
    assert coverage.failed == 0
    assert json.loads(msgspec.json.encode(coverage))["counts"]
