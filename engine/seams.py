"""The three small seams by which nondeterminism enters the engine: sync, random and clock. The fourth is `engine.disk`.

Every lock, condition and thread of the engine comes from a `Sync`, every random byte from a `Randomness`, every time
from a `Clock`, so that a test can replace them and repeat a run exactly.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol


class Lock(AbstractContextManager[Any], Protocol):
    """A mutual exclusion lock, not reentrant."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; the timeout is in seconds."""
        ...

    def release(self) -> None:
        """Give the lock back."""
        ...


class Condition(AbstractContextManager[Any], Protocol):
    """A condition variable over a lock."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait to be notified; False when the timeout (seconds) ran out first."""
        ...

    def notify_all(self) -> None:
        """Wake all that wait."""
        ...


class Thread(Protocol):
    """A thread that was started."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        ...


class Sync(Protocol):
    """Makes locks, conditions and threads."""

    def lock(self) -> Lock:
        """A new lock."""
        ...

    def condition(self, lock: Lock) -> Condition:
        """A new condition over a lock of this same maker."""
        ...

    def start(self, name: str, target: Callable[[], None]) -> Thread:
        """A new thread that runs `target`, started."""
        ...


class ThreadSync:
    """The real thing: `threading`."""

    def lock(self) -> Lock:
        """A `threading.Lock`."""
        return threading.Lock()

    def condition(self, lock: Lock) -> Condition:
        """A `threading.Condition`."""
        return threading.Condition(lock)  # type: ignore[arg-type]  # a Lock of this same maker

    def start(self, name: str, target: Callable[[], None]) -> Thread:
        """A daemon thread, so that a process that forgot to close a store still ends."""
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread


class Randomness(Protocol):
    """Makes random bytes: UUIDs of disks and chunks."""

    def bytes(self, count: int) -> bytes:
        """So many random bytes."""
        ...


class SystemRandomness:
    """The operating system's."""

    def bytes(self, count: int) -> bytes:
        """From `os.urandom`."""
        return os.urandom(count)


class SeededRandomness:
    """The same bytes for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        """The next bytes of the seeded stream."""
        return self._random.randbytes(count)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """From `time.monotonic`."""
        return time.monotonic()


class Seams(NamedTuple):
    """The seams of one store, the disk apart."""

    sync: Sync = ThreadSync()
    randomness: Randomness = SystemRandomness()
    clock: Clock = SystemClock()
