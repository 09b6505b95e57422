"""`shardproof conform`, `replay FILE` and `shrink`: exit codes, findings as files, ledgers, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from crc32c import crc32c

from engine.index import Index
from roundtrip.campaign import shrinking
from roundtrip.campaign.block import BlockResult
from roundtrip.command import run
from roundtrip.histories.finding import Finding
from roundtrip.histories.history import History
from roundtrip.histories.mismatch import Mismatch
from roundtrip.histories.operations import Flush, Get, Put

SCRIPT: Final = "from roundtrip.command import main; main()"
HISTORY: Final = History(
    preset="tiny", placement="counter", operations=(Put(1, 9), Put(3, 40), Flush(), Put(3, 1), Flush(), Get(3))
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stale() -> Iterator[pytest.MonkeyPatch]:
    """A planted bug, which the test can undo: of two runs with a key the older one answers."""

    def oldest_run_first(self: Any, key: bytes) -> Any:
        for each in reversed(self.runs):
            entry = each.get(key, crc32c(key), self.cache)
            if entry is not None:
                return entry
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Index, "find_in_runs", oldest_run_first)
        yield patch


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and object of a command with `--json`."""
    code = run([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_conform_prints_its_seed_first_and_is_green(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", "--seed", "7", "--histories", "6", "--workers", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seed 7"
    assert any(line.startswith("6 histories, 300 operations") and "no difference" in line for line in lines)
    assert not Path("findings").exists()


def test_conform_gives_the_same_answer_twice_and_with_two_workers(capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for workers in ("1", "2", "0"):
        words = ("conform", "--crashes", "--seed", "5", "--histories", "8", "--workers", workers)
        code, found = answer(capsys, *words)
        assert code == 0
        answers.append({**found, "seconds": 0, "workers": 0})
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["images"] > 0


def test_conform_stops_when_its_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "conform", "--budget", "100ms", "--workers", "1")
    assert code == 0
    assert found["histories"] > 0


@pytest.mark.parametrize("words", [("--preset", "zoned"), ("--component", "index"), ("--every-operation",)])
def test_conform_runs_what_it_is_told(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, found = answer(capsys, "conform", "--seed", "1", "--histories", "3", "--workers", "1", *words)
    assert code == 0
    assert found["histories"] == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--preset", "huge"), "preset: expected one of tiny"),
        (("--component", "wheel"), "component: expected one of"),
        (("--ledger", "absent/ledger"), "No such file"),
        (("--histories", "0"), "--histories"),
        (("--budget", "soon"), "is no duration"),
    ],
)
def test_conform_refuses_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert run(["conform", "--histories", "2", *words]) == 2
    assert message in capsys.readouterr().err


def test_conform_takes_a_ledger_up_where_it_was_left(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("conform", "--seed", "5", "--workers", "1", "--ledger", "campaign.ledger")
    first = answer(capsys, *words, "--histories", "200")[1]
    code, second = answer(capsys, *words, "--histories", "203")
    assert code == 0
    assert (second["histories"], second["histories_now"]) == (203, 3)
    assert first["histories_now"] == 200


def test_finding_becomes_a_file_that_replays_shrinks_and_holds_without_the_bug(
    stale: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = answer(capsys, "conform", "--seed", "1", "--histories", "6", "--workers", "2")
    assert code == 1
    assert not found["ok"]
    file = found["findings"][0]["file"]
    assert found["findings"][0]["command"] == f"shardproof replay {file}"
    code, again = answer(capsys, "replay", file, "--graph", "graph.svg")
    assert code == 1
    assert again["failure"]["law"] == found["findings"][0]["law"]
    assert Path("graph.svg").read_text(encoding="utf-8").startswith("<svg")
    code, small = answer(capsys, "shrink", file, "-o", "small.txt")
    assert code == 1
    assert small["after"] <= 8 < small["before"]
    assert run(["replay", "small.txt"]) == 1
    assert "broken" in capsys.readouterr().out
    stale.undo()
    assert run(["replay", "small.txt"]) == 0
    assert "holds now" in capsys.readouterr().out
    assert run(["shrink", "small.txt"]) == 0
    assert not Path("small-small.txt").exists()


def test_finding_of_a_component_replays_and_shrinks(
    stale: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("conform", "--component", "index", "--seed", "1", "--histories", "20", "--workers", "1")
    code, found = answer(capsys, *words)
    assert code == 1
    file = found["findings"][0]["file"]
    assert run(["replay", file]) == 1
    assert run(["shrink", file]) == 1
    stale.undo()
    assert run(["replay", file.replace(".txt", "-small.txt")]) == 0
    assert run(["replay", file, "--graph", "graph.svg"]) == 2


def test_planted_bug_is_replayed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    Finding.of(HISTORY, Mismatch("answer", "a", "b")).write(Path("finding.txt"))
    assert run(["replay", "finding.txt", "--plant", "nonsense"]) == 2
    assert "found 'nonsense'" in capsys.readouterr().err
    assert run(["replay", "finding.txt", "--plant", "cache-not-drained"]) == 0


@pytest.mark.parametrize("command", ["replay", "shrink"])
def test_bad_file_is_refused_with_its_line(capsys: pytest.CaptureFixture[str], command: str) -> None:
    text = Finding.of(HISTORY, Mismatch("answer", "a", "b")).text()
    Path("bad.txt").write_text(text.replace("put 3 40", "put 3"), encoding="utf-8")
    assert run([command, "bad.txt"]) == 2
    assert "bad.txt: line 10: expected `put KEY SIZE`" in capsys.readouterr().err
    assert run([command, "absent.txt"]) == 2


@pytest.mark.parametrize(
    "words", [("--law", "D1"), ("--format", "chunk"), (), ("--graph", "x.svg"), ("f.txt", "--law", "D1")]
)
def test_replay_needs_a_file_or_a_format_and_a_law(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    assert run(["replay", *words]) == 2
    assert "error: " in capsys.readouterr().err


def test_finding_that_hangs_is_replayed_apart_and_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Finding.of(HISTORY, Mismatch("every operation ends", "an end", "none")).write(Path("hang.txt"))
    assert run(["replay", "hang.txt"]) == 0
    monkeypatch.setattr(Index, "find_in_runs", lambda _self, _key: time.sleep(60))
    assert run(["replay", "hang.txt", "--budget", "300ms"]) == 1
    assert "an end within 0.3 seconds" in capsys.readouterr().out


def test_finding_that_hangs_shrinks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shrinking, "CANDIDATE_SECONDS", 0.1)
    monkeypatch.setattr(Index, "find_in_runs", lambda _self, _key: time.sleep(60))
    Finding.of(HISTORY, Mismatch("every operation ends", "an end", "none")).write(Path("hang.txt"))
    code, small = answer(capsys, "shrink", "hang.txt", "--budget", "5s")
    assert (code, small["law"]) == (1, "every operation ends")
    assert small["after"] < small["before"]


def test_rates_and_coverage_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, rates = answer(capsys, "conform", "--rates", "--seed", "1", "--histories", "4")
    assert code == 0
    assert {"Hypothesis state machine", "histories from bytes"} <= {rate["name"] for rate in rates["rates"]}
    assert run(["conform", "--coverage", "--seed", "1", "--histories", "2"]) == 0
    text = capsys.readouterr().out
    assert "engine/index.py: lines that never ran: " in text
    assert "functions that never ran: " in text


def test_interrupt_leaves_a_whole_ledger() -> None:
    words = ["conform", "--seed", "1", "--budget", "60s", "--workers", "2", "--ledger", "campaign.ledger"]
    with subprocess.Popen([sys.executable, "-c", SCRIPT, *words], start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            file = Path("campaign.ledger")
            if file.exists() and file.read_bytes().count(b"\n") > 1:
                break
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(10) == 130
    *lines, rest = Path("campaign.ledger").read_bytes().split(b"\n")
    assert rest == b""
    assert all(BlockResult.from_json(line).histories for line in lines[1:])
