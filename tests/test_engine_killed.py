"""Processes that are killed while they write leave a store that is whole; a process that lies is found out.

`shardproof store survive PATH` does this a hundred times.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from roundtrip.command import run
from roundtrip.killing import Survival

#: It reports keys as persistent without waiting.
IMPATIENT = "import engine.dependency; engine.dependency.Dependency.wait = lambda self, timeout=None: None"
#: It stores something else under some keys.
GARBLING = (
    "import engine; put = engine.Store.put\n"
    "def garbling(self, key, value): return put(self, key, b'other' if key[-1:] == b'8' else value)\n"
    "engine.Store.put = garbling"
)
#: It never deletes anything, and says that it did.
KEEPING = "import engine; engine.Store.delete = lambda self, key, **rest: engine.Dependency()"


def command(planted: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"{planted}\nfrom roundtrip.command import main; main()")


@pytest.mark.slow
def test_killed_processes_leave_a_whole_store(seed: int, tmp_path: Path) -> None:
    report = Survival(tmp_path, seed).run(3)
    assert report.violations == ()
    assert report.kills == 3
    assert report.keys_checked > 0


@pytest.mark.slow
@pytest.mark.parametrize("planted", [IMPATIENT, GARBLING, KEEPING], ids=["impatient", "garbling", "keeping"])
def test_a_process_that_lies_is_found_out(seed: int, tmp_path: Path, planted: str) -> None:
    report = Survival(tmp_path, seed, command(planted)).run(40)
    assert report.violations
    assert report.violations[0].expected != report.violations[0].found


@pytest.mark.slow
def test_survive_command_reports_where_it_killed_and_cleans_up(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "kills"
    code = run(["store", "survive", str(path), "--times", "2", "--seed", "5", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == (0 if report["killed"] else 3)
    assert sum(report["moments"].values()) == report["kills"] == 2
    assert report["violations"] == []
    assert list(path.iterdir()) == []


def test_survive_command_refuses_a_directory_that_holds_something(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine").write_bytes(b"")
    assert run(["store", "survive", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
