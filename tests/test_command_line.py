"""The command line as a whole: exit codes, `--json`, seeds, quiet pipes, interrupts, and errors in one line."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

import corpus
from formats.errors import Corrupt, LaneDisagreement, SchemaRefused, ShardproofError, Unverifiable, ValueRefused
from roundtrip import command as command_module
from roundtrip.command import COMMANDS, command, run
from roundtrip.commands.exits import CommandError, exit_code_of

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()"]
CHECK = ["check", "--format", "extent_header", "--budget", "500ms", "--law", "D7"]


@pytest.fixture
def shardproof(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command in this process; the answer is exit code, standard output, standard error."""

    def running(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return running


def every_command(group: click.Group, *path: str) -> list[tuple[str, ...]]:
    """The words of every command below a group."""
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        below = every_command(inner, *path, name) if isinstance(inner, click.Group) else [(*path, name)]
        found += below
    return found


@pytest.mark.parametrize("words", every_command(command), ids=" ".join)
def test_every_command_explains_itself_and_speaks_json(shardproof: Any, words: tuple[str, ...]) -> None:
    code, out, err = shardproof(*words, "--help")
    assert (code, err) == (0, "")
    assert "--json" in out


def test_every_command_is_listed_with_its_own_summary() -> None:
    context = click.Context(command)
    for name, (_, summary) in COMMANDS.items():
        inner = command.get_command(context, name)
        assert inner is not None
        assert inner.get_short_help_str(200) == summary


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["check", "--nonsense"],
        ["check", "--budget", "soon"],
        ["check", "--law", "D99"],
        ["check", "--format", "nonsense"],
        ["check", "--plant", "nonsense"],
        ["check", "--seed", "-1"],
        ["formats", "show", "nonsense"],
        ["formats", "show", "chunk", "--version", "9"],
        ["formats", "generate", "--catalog", "formats.catalog:CATALOG"],
        ["inspect"],
        ["inspect", "x", "--context", "nonsense"],
        ["inspect", "x", "--context", "extent=1,extent=2"],
        ["inspect", "x", "--context", "disk=12"],
        ["inspect", "x", "--context", "extent=4294967296"],
        ["inspect", "x", "--at", "-1"],
        ["corpus", "run", "--only", "nonsense"],
        ["replay", "--format", "chunk", "--law", "D1", "--bytes", "zz"],
        ["mutants", "--only", "nonsense"],
        ["check", "--catalog", "nonsense"],
        ["check", "--catalog", "formats.nonsense:X"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line_and_exit_2(shardproof: Any, arguments: list[str]) -> None:
    code, out, err = shardproof(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    code, out, _ = shardproof(*arguments, "--json")
    assert code == 2
    report = json.loads(out)
    assert report["ok"] is False
    assert report["error"]["exit_code"] == 2
    assert report["error"]["message"]


def test_no_command_shows_the_help(shardproof: Any) -> None:
    code, out, err = shardproof()
    assert code == 2
    assert "Commands:" in out + err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Corrupt("magic"), 1),
        (LaneDisagreement("chunk", "oracle", "fast", "no reason"), 1),
        (Unverifiable("no place"), 2),
        (ValueRefused("chunk", "no reason"), 2),
        (SchemaRefused((), "no reason"), 2),
        (ShardproofError("no reason"), 2),
        (CommandError("nothing", 3), 3),
    ],
)
def test_every_error_of_ours_has_its_exit_code(
    shardproof: Any, monkeypatch: pytest.MonkeyPatch, error: ShardproofError, code: int
) -> None:
    assert exit_code_of(error) == code
    fail_with(monkeypatch, error)
    assert shardproof("formats", "list") == (code, "", f"error: {error}\n")
    found, out, _ = shardproof("formats", "list", "--json")
    assert found == code
    assert json.loads(out)["error"]["type"] == type(error).__name__


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `formats list` raise."""

    def failing(_name: str | None) -> None:
        raise error

    monkeypatch.setattr("roundtrip.commands.formats.load", failing)


def test_an_unexpected_exception_is_one_line_and_exit_4(shardproof: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHARDPROOF_DEBUG", raising=False)
    fail_with(monkeypatch, KeyError("gone\nwrong"))
    code, out, err = shardproof("formats", "list")
    assert (code, out) == (4, "")
    assert err == "error: unexpected KeyError: 'gone\\nwrong'; SHARDPROOF_DEBUG=1 shows the traceback\n"


def test_an_unexpected_exception_shows_its_traceback_on_demand(
    shardproof: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARDPROOF_DEBUG", "1")
    fail_with(monkeypatch, KeyError("gone"))
    code, _, err = shardproof("formats", "list")
    assert code == 4
    assert "Traceback (most recent call last)" in err


def test_an_interrupt_is_one_line_and_exit_130(shardproof: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    assert shardproof("formats", "list") == (130, "", "error: interrupted\n")


def test_ctrl_c_ends_a_check_and_its_workers_at_once() -> None:
    arguments = [*COMMAND, "check", "--budget", "2m"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("seed ")
        time.sleep(1.5)
        started = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (130, "error: interrupted\n")
        assert time.monotonic() - started < 10


def test_python_without_assertions_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-O", *COMMAND[1:], "check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: assertions are part of the proof")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["formats", "list"], ["inspect", "FILE"]])
def test_a_closed_pipe_is_quiet(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    kept = next((Path(corpus.__file__).parent / "data/golden/chunk/v1").glob("*.bin"))
    words = [str(kept) if word == "FILE" else word for word in arguments]
    done = subprocess.run([*COMMAND, *words], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_not_silent() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "formats", "list"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_check_prints_the_seed_first_and_repeats_it(shardproof: Any) -> None:
    code, out, err = shardproof(*CHECK, "--seed", "7")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "seed 7"
    assert "proved: " in " ".join(out.splitlines()[-2:])


def test_the_seed_may_come_from_the_environment(shardproof: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARDPROOF_SEED", "41")
    assert json.loads(shardproof(*CHECK, "--json")[1])["seed"] == 41
    monkeypatch.setenv("SHARDPROOF_SEED", "nonsense")
    assert shardproof(*CHECK)[0] == 2


def test_check_json_is_one_object_with_the_documented_keys(shardproof: Any) -> None:
    code, out, err = shardproof(*CHECK, "--json", "--seed", "7", "--matrix")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert {"ok", "seed", "counts", "findings", "laws", "not_run"} <= set(report)
    counts = {"formats", "laws", "bit_flips", "silent", "corpus_files", "lane_comparisons"}
    assert counts <= set(report["counts"])
    assert report["ok"]
    assert report["counts"]["silent"] == 0


def test_a_planted_bug_refutes_and_its_command_replays_it(shardproof: Any) -> None:
    arguments = ["--format", "chunk", "--budget", "2s", "--plant", "unchecked-payload-checksum"]
    code, out, _ = shardproof("check", *arguments, "--law", "D6", "--json", "--seed", "7")
    assert code == 1
    findings = json.loads(out)["findings"]
    assert "D6" in {one["law"] for one in findings}
    for finding in findings:
        assert (finding["format"], finding["field"] != "") == ("chunk", True)
        words = shlex.split(finding["command"])
        assert words[:2] == ["shardproof", "replay"]
        code, out, _ = shardproof(*words[1:], "--json")
        assert code == 1
        assert json.loads(out)["findings"]


def test_no_colours_and_no_progress_in_a_pipe() -> None:
    done = subprocess.run([*COMMAND, *CHECK], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("no_color", ["", "1"])
def test_progress_is_shown_on_a_terminal_and_goes_to_standard_error(no_color: str) -> None:
    controller, terminal = pty.openpty()
    settings = os.environ | {"TERM": "xterm-256color", "NO_COLOR": no_color}
    with subprocess.Popen([*COMMAND, *CHECK], stdout=subprocess.PIPE, stderr=terminal, env=settings) as process:
        os.close(terminal)
        output, _ = process.communicate(timeout=60)
    watched = os.read(controller, 65536)
    os.close(controller)
    assert process.returncode == 0
    assert b"\x1b" not in output
    assert b"extent_header D7" in watched
    assert (b"\x1b[38;5;" in watched) is (no_color == "")


def test_version_is_the_installed_one(shardproof: Any) -> None:
    code, out, _ = shardproof("--version")
    assert code == 0
    assert out.startswith("shardproof ")


def test_nothing_imports_the_guard() -> None:
    folder = Path(command_module.__file__).parent
    offenders = [path for path in folder.rglob("*.py") if "import guard" in path.read_text(encoding="utf-8")]
    assert not offenders
