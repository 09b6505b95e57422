"""Standard streams that are closed or break, and Ctrl-C before the command is ready for it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine import Shape, Store

COMMAND = [sys.executable, "-c", "from roundtrip.command import main; main()"]
#: Not imported here: it settles what Ctrl-C does to a process.
GUARD = Path(__file__).parent.parent / "roundtrip/guard.py"


def shell(words: list[str], redirections: str) -> tuple[int, str, str]:
    """Runs a command in a shell that redirects its streams."""
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join([*COMMAND, *words])} {redirections}"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = tmp_path / "store"
    Store.create(path, Shape(extent_count=64, extent_size_bytes=65536, page_size_bytes=512)).close()
    return str(path)


def test_a_closed_standard_output_is_one_line() -> None:
    assert shell(["formats", "list"], ">&-") == (2, "", "error: standard output is closed\n")
    assert shell(["formats", "list"], ">&- 2>&- <&-") == (2, "", "")


def test_a_closed_standard_error_is_no_obstacle(store: str) -> None:
    assert shell(["store", "ls", store], "2>&-") == (0, "", "")
    assert shell(["store", "get", store, "nope"], "2>&-") == (1, "", "")


@pytest.mark.parametrize("words", [["inspect", "-"], ["store", "put", "STORE", "key", "-"]], ids=" ".join)
def test_a_closed_standard_input_is_one_line_where_it_is_read(store: str, words: list[str]) -> None:
    named = [store if word == "STORE" else word for word in words]
    assert shell(named, "<&-") == (2, "", "error: standard input is closed\n")


def test_no_file_takes_the_number_of_a_closed_stream(store: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    code, out, err = shell(["store", "put", store, str(tmp_path), "--report-persistent"], "<&- 2>&-")
    assert (code, out.splitlines()[1], err) == (1, "persistent file", "")
    with Store.open(store, read_only=True) as opened:
        assert opened.scrub().is_clean()


def test_a_broken_pipe_ends_a_table_as_it_ends_everything() -> None:
    script = (
        "import sys; from roundtrip import command; from roundtrip.commands import formats, output;"
        "formats.load = lambda _name: output.rich_console().print('text');"
        "sys.argv[1:] = ['formats', 'list']; command.main()"
    )
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_the_console_entry_ends_quietly_on_ctrl_c_from_its_first_line_on() -> None:
    script = (
        "import os, runpy, signal; runpy.run_path(PATH);"
        "assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL; os.kill(os.getpid(), signal.SIGINT)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script.replace("PATH", repr(str(GUARD)))], capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (-2, b"", b"")
