"""`shardproof faults`: what it prints, writes, and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from roundtrip.commands.exits import PROVED, REFUTED
from roundtrip.commands.faults import command
from roundtrip.faults import run
from roundtrip.faults.atlas import ATLAS, atlas_markdown
from roundtrip.faults.kinds import Fault
from roundtrip.faults.plan import Task
from roundtrip.faults.planted import PLANTED
from roundtrip.histories.finding import Finding
from roundtrip.histories.presets import UnknownPreset

TASKS = (Task("faults", "changes", Fault.parse("eio read 5 once 0"), 3), Task("pending", "pending"))


@pytest.fixture(autouse=True)
def short_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "quick_plan", lambda: iter(TASKS))


def faults(*arguments: str) -> tuple[object, Result]:
    result = CliRunner().invoke(command, [*arguments, "--workers", "1"], standalone_mode=False)
    return result.return_value, result


def test_a_run_without_findings_is_proved(tmp_path: Path) -> None:
    code, result = faults("--seed", "7", "--findings", str(tmp_path / "findings"))
    assert code == PROVED
    assert result.stdout.startswith("seed 7\nfault ")
    assert "no finding" in result.stdout.splitlines()[-1]
    assert f"never fired: {ATLAS[-1].fault}, {ATLAS[-1].where}" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_report_as_json_has_stable_keys(tmp_path: Path) -> None:
    code, result = faults("--seed", "7", "--json", "--findings", str(tmp_path))
    report = json.loads(result.stdout)
    assert code == PROVED
    assert list(report) == [
        *("ok", "preset", "seed", "tasks", "scenarios", "faults", "fired", "never_fired", "found", "findings"),
        "seconds",
    ]
    assert report["faults"]["eio read"] == report["scenarios"] - 2
    assert len(report["fired"]) + len(report["never_fired"]) == len(ATLAS)


def test_a_finding_prints_its_history_and_fault_and_is_written(tmp_path: Path) -> None:
    with PLANTED["unreadable-is-absent"]():
        code, result = faults("--seed", "7", "--findings", str(tmp_path / "here"))
    assert code == REFUTED
    file = tmp_path / "here/faults-tiny-7-1.txt"
    assert "broken: answer" in result.stdout
    assert "  fault     eio read " in result.stdout
    assert "  history   put 0 100; " in result.stdout
    assert f"  again     shardproof replay {file}" in result.stdout
    assert Finding.parse(file.read_text(encoding="utf-8")).faults[0].startswith("eio read ")


def test_a_finding_as_json_names_its_file(tmp_path: Path) -> None:
    with PLANTED["unreadable-is-absent"]():
        code, result = faults("--json", "--findings", str(tmp_path))
    report = json.loads(result.stdout)
    assert (code, report["ok"]) == (REFUTED, False)
    assert {"law", "expected", "found", "faults", "n", "log", "history", "file", "command"} == report["findings"][
        0
    ].keys()


def test_the_budget_goes_on_behind_the_plan(tmp_path: Path) -> None:
    _, result = faults("--json", "--budget", "2s", "--findings", str(tmp_path))
    report = json.loads(result.stdout)
    assert report["tasks"] > len(TASKS)
    assert report["ok"]


def test_the_atlas_is_printed_and_nothing_is_run() -> None:
    assert faults("--atlas")[1].stdout == atlas_markdown()
    rows = json.loads(faults("--atlas", "--json")[1].stdout)["atlas"]
    assert [row["fault"] for row in rows] == [row.fault for row in ATLAS]
    assert list(rows[0]) == ["fault", "where", "legal", "why"]


def test_an_unknown_preset_is_refused() -> None:
    _, result = faults("--preset", "huge")
    assert isinstance(result.exception, UnknownPreset)
