"""The store commands as processes of their own: pipes, bounded memory, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import Shape, Store
from roundtrip.command import run

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()", "store"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    Store.create(path, Shape(extent_count=64, extent_size_bytes=65536, page_size_bytes=512)).close()
    return path


def keys_of(path: Path) -> list[bytes]:
    with Store.open(path, read_only=True) as store:
        return list(store.scan())


def test_a_value_is_piped_in_and_out(store: Path) -> None:
    value = os.urandom(200_000)
    done = subprocess.run([*COMMAND, "put", store, "key", "-"], input=value, capture_output=True, check=True)
    assert done.stderr == b""
    assert subprocess.run([*COMMAND, "get", store, "key"], capture_output=True, check=True).stdout == value


@pytest.mark.slow
def test_a_large_value_is_streamed_in_bounded_memory(tmp_path: Path) -> None:
    path, source, back = tmp_path / "store", tmp_path / "sparse", tmp_path / "back"
    Store.create(path, Shape(extent_count=64)).close()
    with source.open("wb") as file:
        file.truncate(160 * 2**20)
    # VmHWM and not `ru_maxrss`, which a process inherits from the one that started it.
    measured = "print([line for line in open('/proc/self/status') if line.startswith('VmHWM:')][0].split()[1])"
    script = f"import sys; from roundtrip.command import run; assert run(sys.argv[1:]) == 0; {measured}"
    for words in (["put", path, "key", source], ["get", path, "key", "-o", back]):
        done = subprocess.run(
            [sys.executable, "-c", script, "store", *map(str, words)], capture_output=True, check=True, text=True
        )
        assert int(done.stdout.split()[-1]) * 1024 < 120 * 2**20
    assert back.stat().st_size == source.stat().st_size
    with Store.open(path, read_only=True) as store:
        assert store.scrub().payload_bytes > 160 * 2**20
    (path / "disk").unlink()
    back.unlink()


def interrupted(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_ctrl_c_stops_a_put_and_what_was_stored_is_persistent(store: Path, tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for number in range(3000):
        (root / f"{number}").write_bytes(b"%d" % number * 20)
    words = [*COMMAND, "put", str(store), str(root), "--durable", "--report-persistent"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(11)]
        assert interrupted(process) == (130, b"error: interrupted\n")
    keys = keys_of(store)
    assert 10 <= len(keys) < 3000
    assert {line.split()[1] for line in told[1:]} <= set(keys)
    assert run(["store", "verify", str(store)]) == 0


def test_ctrl_c_stops_a_put_that_waits_for_input(store: Path) -> None:
    words = [*COMMAND, "put", str(store), "key", "-", "--report-persistent"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"open ")
        time.sleep(0.3)
        assert interrupted(process) == (130, b"error: interrupted\n")
    assert keys_of(store) == []
    assert run(["store", "verify", str(store)]) == 0
