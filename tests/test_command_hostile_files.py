"""`shardproof inspect` on what is no file, no frame or no end: one clear error each, in bounded memory."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from formats.catalog import CATALOG
from roundtrip.command import run

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()"]
#: Address space that is enough for everything but a copy of the file.
MEMORY_SIZE_MAXIMUM = 2**30 + 2**29


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Any:
    """Inspects a file that must be refused; the answer is the exit code and the one line on standard error."""

    def refusing(path: object, *arguments: str) -> tuple[int, str]:
        code = run(["inspect", str(path), *arguments])
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 1
        return code, captured.err

    return refusing


def test_a_missing_file_is_one_line(refused: Any, tmp_path: Path) -> None:
    code, line = refused(tmp_path / "absent")
    assert code == 2
    assert "No such file" in line


def test_a_directory_is_one_line(refused: Any, tmp_path: Path) -> None:
    code, line = refused(tmp_path)
    assert code == 2
    assert "a directory" in line


def test_a_fifo_does_not_hang(refused: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    code, line = refused(tmp_path / "fifo")
    assert code == 2
    assert "a FIFO" in line


def test_a_socket_is_one_line(refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        code, line = refused("socket")
    assert code == 2
    assert "a socket" in line


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_not_read(refused: Any, device: str) -> None:
    code, line = refused(device)
    assert code == 2
    assert "a character device" in line


def test_a_loop_of_links_is_one_line(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "loop")[0] == 2


def test_a_file_behind_a_file_is_one_line(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert refused(tmp_path / "file" / "file")[0] == 2


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, ""])
def test_an_impossible_name_is_one_line(refused: Any, name: str) -> None:
    assert refused(name)[0] == 2


def test_a_name_that_could_drive_a_terminal_is_escaped(refused: Any, tmp_path: Path) -> None:
    _, line = refused(tmp_path / "a\x1b[31m\nb")
    assert "\x1b" not in line
    assert "\\x1b[31m\\nb" in line


def test_an_unreadable_file_is_one_line(refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_bytes(b"x")

    def denied(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("roundtrip.inspection.sources.os.open", denied)
    code, line = refused(tmp_path / "secret")
    assert code == 2
    assert "secret: Permission denied" in line


def test_a_file_that_cannot_be_read_on_is_one_line(
    refused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "failing").write_bytes(b"x")

    def failing(*_: object, **__: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("roundtrip.inspection.sources.os.read", failing)
    code, line = refused(tmp_path / "failing")
    assert code == 2
    assert "Input/output error" in line


def test_an_empty_file_is_nothing_to_inspect(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    code, line = refused(tmp_path / "empty")
    assert code == 3
    assert "the file is empty" in line


def test_a_text_file_is_not_recognised(refused: Any) -> None:
    code, line = refused(__file__)
    assert code == 3
    assert "this looks like text" in line


@pytest.mark.parametrize("size", [1, 64, 4096, 2**20 + 1])
def test_zeros_are_no_frame(refused: Any, tmp_path: Path, size: int) -> None:
    (tmp_path / "zeros").write_bytes(bytes(size))
    code, line = refused(tmp_path / "zeros")
    assert code == 3
    assert "only zeros" in line


def test_every_file_of_one_byte_is_answered(refused: Any, tmp_path: Path) -> None:
    for byte in range(256):
        (tmp_path / "byte").write_bytes(bytes([byte]))
        assert refused(tmp_path / "byte")[0] == 3


def limited(*arguments: str, stdin: Any = None) -> subprocess.CompletedProcess[bytes]:
    """Runs the command with little memory and little time."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_SIZE_MAXIMUM, MEMORY_SIZE_MAXIMUM))

    return subprocess.run(
        [*COMMAND, *arguments], stdin=stdin, capture_output=True, check=False, timeout=60, preexec_fn=limit
    )


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "code"), [((), 3), (("--format", "chunk"), 1), (("--format", "superblock"), 1)])
def test_one_gibibyte_of_zeros_takes_bounded_memory(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        file.truncate(2**30)
    done = limited("inspect", str(path), *arguments)
    assert done.returncode == code
    assert b"unexpected" not in done.stderr


def test_an_endless_standard_input_is_cut() -> None:
    with Path("/dev/zero").open("rb") as zeros:
        done = limited("inspect", "-", stdin=zeros)
    assert done.returncode == 2
    assert b"more than 64 MiB" in done.stderr


ENDLESS = """
from construct import Byte, Int32ub, Struct, this
from formats.primitives import RecordsToEnd
STREAM = {"stream": Struct("records" / RecordsToEnd(Struct("byte" / Byte)))}
ARRAY = {"array": Struct("count" / Int32ub, "items" / Byte[this.count])}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "format_name"), [("STREAM", "stream"), ("ARRAY", "array")])
def test_a_format_of_any_number_of_fields_is_shown_in_part(tmp_path: Path, name: str, format_name: str) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS, encoding="utf-8")
    with (tmp_path / "long").open("wb") as file:
        file.write(b"\x10\0\0\0")
        file.truncate(2**29)
    catalog = f"{tmp_path / 'endless.py'}:{name}"
    arguments = ["--catalog", catalog, "--format", format_name, "--json"]
    done = limited("inspect", str(tmp_path / "long"), *arguments)
    report = json.loads(done.stdout)
    assert "the first 65536 of 536870912 bytes" in report["frames"][0]["partial"]
    assert report["frames"][0]["elided_fields"] > 50_000


@pytest.mark.parametrize("entry", CATALOG.formats, ids=lambda entry: entry.label)
def test_lengths_at_their_maximum_allocate_nothing(tmp_path: Path, entry: Any, capsys: Any) -> None:
    lead = entry.layout.root.members[:3]
    (tmp_path / "long").write_bytes(bytes(lead[0].node.value) + bytes([lead[1].node.value, 1]) + b"\xff" * 200)
    assert run(["inspect", str(tmp_path / "long"), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["frames"][0]["format"] == entry.name
    assert report["frames"][0]["violations"]


def test_damage_anywhere_is_reported_and_never_unexpected(tmp_path: Path, capsys: Any, seed: int) -> None:
    """Every cut and many flips of a frame: exit 1 or 3, and one JSON object whose parts cover the file."""
    value = {"owner": "run", "uuid": bytes(range(16)), "part": 1, "key": b"key", "payload": b"hello"}
    data = CATALOG["chunk@1"].oracle.encode(value, 0)
    cases = [data[:size] for size in range(1, len(data))]
    cases += [data[:at] + bytes([data[at] ^ 1 << (seed + at) % 8]) + data[at + 1 :] for at in range(len(data))]
    for case in cases:
        (tmp_path / "file").write_bytes(case)
        code = run(["inspect", str(tmp_path / "file"), "--json"])
        report = json.loads(capsys.readouterr().out)
        assert code in {0, 1, 3}, report
        if code == 3:
            continue
        parts = sorted((one["start"], one["end"]) for one in report["frames"] + report["unrecognised"])
        assert parts[0][0] == 0
        assert parts[-1][1] == len(case)
        assert all(before[1] == after[0] for before, after in pairwise(parts))
