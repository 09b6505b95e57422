"""Seams for a store that one thread uses: locks that cost little, and a clock that stands still."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NoReturn

from engine.seams import Condition, Lock, Thread

if TYPE_CHECKING:
    from collections.abc import Callable


class Nobody:
    """A condition that nobody else can fulfil."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> NoReturn:  # noqa: ARG002  # as every condition
        """There is nobody to wait for."""
        raise AssertionError("the only thread waits for itself")

    def notify_all(self) -> None:
        """There is nobody to wake."""


class SingleThread:
    """A `Sync` for stores without background work."""

    def lock(self) -> Lock:
        """A real lock: taking it twice is a deadlock that a time limit shows."""
        return threading.Lock()

    def condition(self, lock: Lock) -> Condition:
        """See `Nobody`."""
        return Nobody(lock)

    def start(self, name: str, target: Callable[[], None]) -> Thread:
        """There are no threads."""
        raise AssertionError(f"{name}: no threads here, {target} is not run")


SINGLE_THREAD: Final = SingleThread()


class StillClock:
    """A `Clock` that never moves: no cadence interferes."""

    def now(self) -> float:
        """Always the same moment."""
        return 0.0
