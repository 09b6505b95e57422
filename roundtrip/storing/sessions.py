"""A store that is open for one command, and what Ctrl-C does meanwhile.

A store may be killed at any moment and loses nothing that was reported persistent. Ctrl-C is kinder: the first one
stops the command at the next safe place, and the store is closed with everything that was put until then; the second
one ends the process on the spot, like a kill.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from engine import Limits, Store
from engine.errors import EngineError

from ..commands.exits import INTERRUPTED
from ..commands.output import note, on_terminal, one_line
from .damage import damage_text

if TYPE_CHECKING:
    from collections.abc import Callable


class Interrupts:
    """Notes Ctrl-C, for the command to look at where it is safe to stop."""

    def __init__(self) -> None:
        self._is_wanted = False
        self._former: Callable[..., Any] | int | None = None
        self._is_installed = False
        self._is_safe = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = signal.signal(signal.SIGINT, self._noted)
            self._is_installed = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_installed:
            signal.signal(signal.SIGINT, self._former)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """A safe place that may take long, such as reading what somebody types: Ctrl-C stops it."""
        self.check()
        self._is_safe = True
        try:
            yield
        finally:
            self._is_safe = False

    def check(self) -> None:
        """A safe place: stop here if somebody pressed Ctrl-C."""
        if self._is_wanted:
            raise KeyboardInterrupt

    def _noted(self, *_: object) -> None:
        if not self._is_wanted:
            self._is_wanted = True
            if on_terminal(sys.stderr):
                note("stopping; what was put is being made persistent (Ctrl-C again: end at once)")
            if self._is_safe:
                raise KeyboardInterrupt
            return
        # Not by an exception: it would come up in the middle of the store's work, which a close then builds upon.
        if on_terminal(sys.stderr):
            sys.stderr.write("\x1b[?25h")  # a progress bar has hidden the cursor
        note("error: interrupted")
        os._exit(INTERRUPTED)


@contextmanager
def reading(path: str) -> Iterator[Store]:
    """The store at the path, for reading; others may read it at the same time."""
    store = Store.open(path, read_only=True)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def writing(path: str, versions: tuple[int, int] = (0, 0)) -> Iterator[tuple[Store, Interrupts]]:
    """The store at the path, for writing; when this ends without an error, everything that was put is persistent.

    versions: in which chunks and data pages are written; 0: the newest that the store declares.
    """
    with Interrupts() as interrupts:
        store = Store.open(path, Limits(chunk_version=versions[0], page_version=versions[1]))
        for damage in store.root_damage:
            note(f"note: repaired from the other copy: {one_line(damage_text(damage))}")
        try:
            yield store, interrupts
        except BaseException:
            close_after_failure(store)
            raise
        close(store)
        interrupts.check()


def close(store: Store) -> None:
    """Close the store; where it cannot be closed cleanly, as a crash would, and raise why."""
    try:
        store.close()
    finally:
        store.abandon()


def close_after_failure(store: Store) -> None:
    """Close the store as well as it goes: the failure that brought us here is what counts."""
    try:
        close(store)
    except EngineError as error:
        note(f"note: closing the store: {one_line(str(error))}")
