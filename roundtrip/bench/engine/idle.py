"""Waiting until a process has nothing more to do.

LevelDB does not tell whether it is compacting. Its thread does: it is idle while every thread but the caller's sleeps
(state S: a futex; a thread that reads, writes or syncs is in state D or R) and none has used processor time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Final

#: Seconds between two looks, and how many looks in a row must find nothing: 3 ms in all are charged to the engine.
PAUSE_SECONDS: Final = 0.001
LOOKS: Final = 3
THREADS: Final = Path("/proc/self/task")


def wait_until_threads_sleep() -> None:
    """Return when all other threads of this process sleep."""
    wait_until_still(thread_times)


def wait_until_still(look: Callable[[], object]) -> None:
    """Return when so many looks in a row found the same thing, and not None, which stands for being busy."""
    found, same = look(), 0
    while same < LOOKS:
        sleep(PAUSE_SECONDS)
        before, found = found, look()
        same = same + 1 if found is not None and found == before else 0


def thread_times() -> tuple[tuple[str, ...], ...] | None:
    """Processor time (in clock ticks, and as often as the thread was switched) of each other thread; None: one runs."""
    found = []
    own = str(threading.get_native_id())
    for folder in sorted(THREADS.iterdir()):
        if folder.name == own:
            continue
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            spent = (folder / "schedstat").read_text(encoding="utf-8").split()
        except OSError:
            continue  # it has ended, or the kernel keeps no such file
        if fields[0] not in "SIZ":
            return None
        found.append((folder.name, *spent))
    return tuple(found)
