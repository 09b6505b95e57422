"""One disk of a node, in service or out of it: calls come in only while it is in, and it goes out when none is left.

    in service ── take_out() ──> calls end, the store closes ──> out of service ── bring_back() ──> in service

Nothing here is shared with the slots of other disks, so what happens to one disk stays with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .errors import CallRefused, EngineError, OutOfService

if TYPE_CHECKING:
    from collections.abc import Callable

    from .seams import Sync
    from .store import Store


class DiskState(msgspec.Struct, frozen=True):
    """One disk of a node. `where`: what people know it by; `trouble`: why it is out of service, where that is known."""

    number: int
    where: str
    in_service: bool
    trouble: str | None


class Slot:
    """The place of one disk. `with slot as store:` is a call to its store; `OutOfService` where there is none.

    `number`: of the disk; `where`: what people know the disk by; `trouble`: why it went out of service by itself, or
    what failed when it last was to come back; `bulk_lock`: held by who changes many shards at once.
    """

    def __init__(self, number: int, where: str, open_store: Callable[[], Store], sync: Sync) -> None:
        self.number = number
        self.where = where
        self.open_store = open_store
        self.trouble: EngineError | None = None
        self.bulk_lock = sync.lock()
        self._store: Store | None = None
        self._calls = 0
        self._lock = sync.lock()
        self._no_calls = sync.condition(self._lock)
        #: Held while the disk goes out or comes back.
        self._turn = sync.lock()

    def __enter__(self) -> Store:
        with self._lock:
            store = self._store
            if store is None:
                raise self._out()
            self._calls += 1
            return store

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if self._store is None and not self._calls:
                self._no_calls.notify_all()

    def is_in_service(self) -> bool:
        """Whether calls come in."""
        return self._store is not None

    def take_out(self) -> None:
        """Let no more calls in, wait for those under way, close the store: everything in it is persistent then.

        Raises `CallRefused` where it is out already. Where the store cannot close cleanly, what the disk has not got is
        lost as in a crash, and the reason is raised; the disk is out of service all the same.
        """
        with self._turn:
            with self._lock:
                store = self._store
                if store is None:
                    raise CallRefused(f"{self}: it is out of service already")
                self._store = None
                while self._calls:
                    self._no_calls.wait()
            try:
                store.close()
            except Exception as error:
                self.trouble = error if isinstance(error, EngineError) else EngineError(str(error))
                store.abandon()
                raise

    def bring_back(self) -> None:
        """Open the store and let calls in. Raises `CallRefused` where it is in service, and as `Store.open`."""
        with self._turn:
            if self._store is not None:
                raise CallRefused(f"{self}: it is in service already")
            try:
                store = self.open_store()
            except EngineError as error:
                self.trouble = error
                raise
            with self._lock:
                self._store, self.trouble = store, None

    def move(self, where: str, open_store: Callable[[], Store]) -> None:
        """The disk is somewhere else when it comes back."""
        with self._turn:
            if self._store is not None:
                raise CallRefused(f"{self}: it is in service already")
            self.where, self.open_store = where, open_store

    def state(self) -> DiskState:
        """The disk as it is now."""
        trouble = None if self.trouble is None else str(self.trouble)
        return DiskState(self.number, self.where, self.is_in_service(), trouble)

    def _out(self) -> OutOfService:
        why = f" ({self.trouble})" if self.trouble is not None else ""
        return OutOfService(f"{self} is out of service{why}; return it to service, or use a replica")

    def __str__(self) -> str:
        return f"disk {self.number} ({self.where})"
