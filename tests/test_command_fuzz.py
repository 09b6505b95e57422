"""`shardproof fuzz`: exit codes, findings as files, canaries, planted bugs, Ctrl-C."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from formats.catalog import CATALOG, Format
from roundtrip.command import run
from roundtrip.commands import fuzz_findings, fuzz_mutate, fuzz_planted
from roundtrip.commands.fuzz import chosen_formats
from roundtrip.commands.fuzz_engines import interrupted_between_inputs
from roundtrip.fuzzing import hunting
from roundtrip.fuzzing.block import FuzzResult
from roundtrip.fuzzing.canary import Canary
from roundtrip.fuzzing.target import Target, target_of
from roundtrip.mutants import Mutant, mutant_named
from roundtrip.mutants.planting import from_behaviour

SCRIPT: Final = "from roundtrip.command import main; main()"
SMALL: Final = ("--format", "extent_header", "--inputs", "1500", "--seed", "5", "--workers", "0")
HARMLESS: Final = from_behaviour(lambda codec: {"probe": lambda data, seed=0: codec.probe(data, seed)})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fuzz_findings, "SHRINK_SECONDS", 0.1)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run(["fuzz", *words, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def with_bug(entry: Format, planted: Any = None) -> Target:
    """The target of a format with a bug in it, whatever was asked for."""
    return target_of(entry, planted or mutant_named("unchecked-version").plant(entry))


def test_fuzz_of_a_right_format_is_quiet_and_resumes(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, *SMALL)
    assert (code, found["ok"], found["inputs"], found["findings"]) == (0, True, 1500, [])
    assert found["canaries"][0]["found"]
    assert list(Path(".shardproof/fuzz/inputs/extent_header").iterdir())
    code, again = answer(capsys, *SMALL[:4])
    assert (code, again["inputs_now"], again["seed"], again["digest"]) == (0, 0, 5, found["digest"])


def test_finding_is_shrunk_written_and_replayed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hunting, "target_of", with_bug)
    monkeypatch.setattr(fuzz_mutate, "target_of", with_bug)
    code, found = answer(capsys, *SMALL, "--no-promote")
    assert code == 1
    assert {(one["law"], one["rule"]) for one in found["findings"]} >= {("lanes agree", "version")}
    file = found["findings"][0]["file"]
    assert run(["replay", file]) == 0, "the right codec has no such bug"
    assert run(["replay", file, "--plant", "unchecked-version"]) == 1


def test_finding_is_kept_in_the_catalogs_corpus(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hunting, "target_of", with_bug)
    monkeypatch.setattr(fuzz_mutate, "target_of", with_bug)
    monkeypatch.setattr(fuzz_findings, "writable_folder", lambda _: tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    assert run(["fuzz", *SMALL]) == 1
    assert "kept      found/extent_header/v1/" in capsys.readouterr().out
    assert list((tmp_path / "kept/found/extent_header/v1").glob("*.txt"))


def test_missed_canary_is_red(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunting, "canary_of", lambda *_: Canary("harmless", "nothing is wrong", HARMLESS))
    monkeypatch.setattr(hunting, "CANARY_INPUTS", 1500)
    assert run(["fuzz", *SMALL]) == 1
    assert "the fuzzer found nothing where a bug was planted: extent_header" in capsys.readouterr().out


def test_planted_bug_is_found_and_the_table_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fuzz", "--plant", "unchecked-version", "--seed", "1", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "unchecked-version  extent_header  lanes agree" in out
    assert "1 of 1 planted bugs found" in out


def test_planted_bug_that_survives_is_red(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bug = Mutant("harmless", "extent_header", "nothing is wrong", "behaviour", "D1", HARMLESS)
    monkeypatch.setattr(fuzz_planted, "mutant_named", lambda _: bug)
    code, found = answer(capsys, "--plant", "harmless", "--budget", "200ms", "--workers", "0")
    assert (code, found["bugs"][0]["found"], found["bugs"][0]["reason"]) == (1, False, "")


def test_bug_that_no_bytes_can_show_is_named_with_its_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = from_behaviour(lambda codec: {"probe": codec.probe})
    bug = Mutant("elsewhere", "extent_header", "it is in no lane", "behaviour", "D1", plant)
    monkeypatch.setattr(fuzz_planted, "mutant_named", lambda _: bug)
    assert run(["fuzz", "--plant", "elsewhere"]) == 0
    assert "elsewhere: no bytes can show it: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "nonsense"], "nonsense"),
        (["--plant", "nonsense"], "there is no planted bug 'nonsense'"),
        (["--plant", ""], "there is no planted bug ''"),
        (["--plant", "all", "--format", "chunk"], "--plant plants bugs in our own formats"),
        (["--engine", "nonsense"], "nonsense"),
        (["--out", "file"], "name another folder with --out"),
    ],
)
def test_wrong_usage_is_named(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("no folder")
    assert run(["fuzz", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("command", ["replay", "shrink"])
@pytest.mark.parametrize("what", ["/dev/zero", "fifo", "large"])
def test_what_cannot_be_a_finding_is_not_read(command: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("fifo")
    with Path("large").open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert run([command, what]) == 2
    assert f"error: {what}: expected the file of a finding" in capsys.readouterr().err


def test_option_for_another_finding_is_named_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.finding").write_text("shardproof fuzz finding 1\n")
    assert run(["replay", "one.finding", "--format", "chunk"]) == 2
    assert "--format is for other findings" in capsys.readouterr().err


def test_other_engine_runs_and_reports(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--engine", "hypothesis", "--format", "extent_header", "--inputs", "40", "--seed", "1")
    code, found = answer(capsys, *words)
    assert (code, found["engine"], found["findings"]) == (0, "hypothesis", [])
    assert found["formats"][0]["inputs"] >= 40


def test_ctrl_c_during_a_garbage_collection_is_heard() -> None:
    def interrupt(phase: str, _facts: object) -> None:
        if phase == "start" and not heard:
            heard.append(phase)
            signal.raise_signal(signal.SIGINT)

    heard: list[str] = []
    gc.callbacks.append(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt), interrupted_between_inputs():
            gc.collect()
    finally:
        gc.callbacks.remove(interrupt)


def test_format_without_bytes_is_not_fuzzed_and_not_green(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.py").write_text(
        "from construct import Struct\nfrom formats import Catalog, Format\n"
        "CATALOG = Catalog('empty', (Format('nothing', 1, Struct(), 'no bytes at all'),))\n"
    )
    code, found = answer(capsys, "--catalog", "empty.py:CATALOG", "--inputs", "100")
    assert (code, found["ok"], found["inputs"], found["not_fuzzed"]) == (3, False, 0, ["nothing"])


def test_torn_input_of_a_full_disk_is_written_again(capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, *SMALL)
    folder = Path(".shardproof/fuzz/inputs/extent_header")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.write_bytes(b"")
    Path(".shardproof/fuzz/ledger.jsonl").unlink()
    answer(capsys, *SMALL)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_format_names_every_version() -> None:
    assert [entry.label for entry in chosen_formats(CATALOG, ("chunk",))] == ["chunk", "chunk@2"]
    assert [entry.label for entry in chosen_formats(CATALOG, ("chunk@2",))] == ["chunk@2"]


def test_interrupt_keeps_finished_blocks() -> None:
    words = ["fuzz", "--format", "extent_header", "--seed", "1", "--budget", "60s", "--workers", "2"]
    ledger = Path(".shardproof/fuzz/ledger.jsonl")
    with subprocess.Popen([sys.executable, "-c", SCRIPT, *words], start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not (ledger.exists() and ledger.read_bytes().count(b"\n") > 2):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(10) == 130
    *lines, rest = ledger.read_bytes().split(b"\n")
    assert rest == b""
    assert all(FuzzResult.from_json(line).inputs for line in lines[1:])
