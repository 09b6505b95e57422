"""One store, one process, one `Store`: the lock holds against all, ends with its process, and tells who has it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import EngineError, StoreBusy, StorePoisoned
from engine.lock_file import LockFile

HOLDER = """
import sys
import time
from pathlib import Path
from engine.lock_file import LockFile
lock_file = LockFile(Path(sys.argv[1]), shared=sys.argv[2] == "shared")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@contextmanager
def other_process(path: Path, *, shared: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(path), "shared" if shared else "alone"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def refusal(path: Path, *, shared: bool = False) -> str:
    """What a further lock is told."""
    with pytest.raises(EngineError) as caught:
        LockFile(path, shared=shared)
    return f"{type(caught.value).__name__}: {caught.value}"


def test_lock_is_taken_once_and_again_after_its_release(path: Path) -> None:
    with LockFile(path) as lock_file:
        assert "this process" in refusal(path)
        assert "this process" in refusal(path, shared=True)
        lock_file.release()
        lock_file.release()
    LockFile(path).release()


def test_second_release_does_not_free_the_next_holder(path: Path) -> None:
    first = LockFile(path)
    first.release()
    with LockFile(path):
        first.release()
        assert refusal(path).startswith("StoreBusy")


def test_readers_share_and_exclude_a_writer(path: Path) -> None:
    with LockFile(path, shared=True), LockFile(path, shared=True):
        assert refusal(path).startswith("StoreBusy")
    LockFile(path).release()


def test_lock_is_of_the_file_and_not_of_its_path(path: Path) -> None:
    link = path.with_name("link")
    with LockFile(path):
        link.symlink_to(path)
        assert "this process" in refusal(link)


def test_other_process_is_refused_and_named(path: Path) -> None:
    with other_process(path) as process:
        expected = f"StoreBusy: {path.parent}: process {process.pid} has the store open; close it there"
        assert refusal(path).startswith(expected)
        assert refusal(path, shared=True).startswith(expected)


def test_readers_of_another_process_are_told_as_readers(path: Path) -> None:
    path.write_text("4242\n")
    with other_process(path, shared=True):
        assert "another process has the store open for reading" in refusal(path)
        LockFile(path, shared=True).release()


def test_killed_process_leaves_no_obstacle(path: Path) -> None:
    with other_process(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert path.read_text() == f"{process.pid}\n"
    with LockFile(path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert path.read_text() == ""


def test_poisoned_store_stays_locked_until_it_is_closed(path: Path) -> None:
    lock_file = LockFile(path)
    lock_file.poison("sync failed: Input/output error")
    for shared in (False, True):
        with pytest.raises(StorePoisoned, match=r"close that store .* \(sync failed: Input/output error\)"):
            LockFile(path, shared=shared)
    lock_file.release()
    LockFile(path).release()


def test_refused_lock_leaves_no_descriptor_and_holds_nothing(path: Path) -> None:
    lock_file = LockFile(path)
    with other_process(path.with_name("other")):
        before = sorted(Path("/proc/self/fd").iterdir())
        for name in ("lock", "other"):
            assert refusal(path.with_name(name)).startswith("StoreBusy")
        assert sorted(Path("/proc/self/fd").iterdir()) == before
    lock_file.release()
    LockFile(path).release()


def test_lock_without_a_directory_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LockFile(path / "below" / "lock")


def test_reader_needs_no_right_to_write(path: Path) -> None:
    path.touch(mode=0o444)
    opened: list[int] = []
    real = os.open

    def watched(name: Path, flags: int, mode: int = 0o777) -> int:
        opened.append(flags)
        return real(name, flags, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", watched)
        LockFile(path, shared=True).release()
    assert [flags & os.O_ACCMODE for flags in opened] == [os.O_RDONLY]
    assert all(flags & os.O_NOFOLLOW and flags & os.O_NONBLOCK for flags in opened)


def test_file_that_is_replaced_meanwhile_is_not_locked_in_vain(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open
    replacements = 2

    def replacing(name: Path, flags: int, mode: int = 0o777) -> int:
        nonlocal replacements
        descriptor = real(name, flags, mode)
        if replacements:
            replacements -= 1
            path.unlink()
            path.touch()
        return descriptor

    monkeypatch.setattr(os, "open", replacing)
    with LockFile(path):
        monkeypatch.undo()
        assert refusal(path).startswith("StoreBusy")


def test_only_one_of_many_threads_gets_the_lock(path: Path) -> None:
    held: list[LockFile] = []
    refused: list[StoreBusy] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        try:
            held.append(LockFile(path))
        except StoreBusy as error:
            refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 7)
    held[0].release()


FORKER = """
import os, sys
from pathlib import Path
from engine.errors import StoreBusy
from engine.lock_file import LockFile
path = Path(sys.argv[1])
lock_file = LockFile(path)
child = os.fork()
if child == 0:
    lock_file.release()
    try:
        LockFile(path)
    except StoreBusy as error:
        os._exit(0 if f"process {os.getppid()} has" in str(error) else 3)
    os._exit(4)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
idle = os.fork()
if idle == 0:
    import time
    time.sleep(60)
    os._exit(0)
print(idle, flush=True)
sys.stdin.read()
os.kill(os.getpid(), 9)
"""


def is_soon_free(path: Path) -> bool:
    """Whether the lock can be had within ten seconds."""
    for _ in range(200):
        try:
            LockFile(path).release()
        except StoreBusy:
            time.sleep(0.05)
        else:
            return True
    return False


def test_forked_child_has_no_lock_and_takes_none_away(path: Path) -> None:
    command = [sys.executable, "-c", FORKER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        idle = int(process.stdout.readline())
        assert f"process {process.pid} has" in refusal(path)
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        try:
            # The parent was killed, the child lives on: it gives up what it inherited as soon as it runs.
            assert is_soon_free(path)
        finally:
            os.kill(idle, signal.SIGKILL)
