"""Writeback: hands what is ready to the disk and syncs, one sync per level of the dependency graph.

Who waits for a dependency becomes the leader, if there is none, and takes steps for everybody; the others wait for
the end of the leader's step (group commit). A step issues every segment and root record whose inputs are persistent,
syncs once, and settles what was issued before the sync began.

A failed sync poisons the store: the kernel may have dropped the dirty pages and forgotten that it did, so a later
sync that succeeds proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dependency import GraphNode, unpersisted
from .errors import EngineError, StorePoisoned, WaitTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from .extents import Extents
    from .roots import RootLog
    from .seams import Clock, Lock, Sync


class Writeback:
    """The only caller of `Disk.sync`. `lock` is the store's lock.

    `levels`: syncs that were made so far; `refusal`: why the store takes no more writes (poisoned, closed), or None.
    """

    def __init__(self, extents: Extents, lock: Lock, sync: Sync, clock: Clock) -> None:
        self.extents = extents
        self.lock = lock
        self.step_done = sync.condition(lock)
        self.clock = clock
        self.roots: tuple[RootLog, ...] = ()
        self.levels = 0
        self.refusal: EngineError | None = None
        self.when_poisoned: Callable[[str], None] = lambda _reason: None
        self._issued: list[GraphNode] = []
        self._leading = False

    def issued(self, node: GraphNode) -> None:
        """The disk has the node's bytes; the next sync makes them durable. The lock is held."""
        self._issued.append(node)

    def refuse_if_unfit(self) -> None:
        """Raise why the store takes no more writes, if it does not."""
        if self.refusal is not None:
            raise type(self.refusal)(*self.refusal.args)

    def step(self) -> bool:
        """One level: issue what is ready, sync, settle. False when there was nothing to do. The lock is not held."""
        with self.lock:
            self._lead(None)
        try:
            return self._step()
        finally:
            with self.lock:
                self._leading = False
                self.step_done.notify_all()

    def persist(self, nodes: tuple[GraphNode, ...], timeout: float | None = None) -> None:
        """Make the nodes persistent; see `Dependency.wait`. The lock is not held."""
        deadline = None if timeout is None else self.clock.now() + timeout
        while nodes := unpersisted(nodes):
            demand_all(nodes)
            with self.lock:
                if not unpersisted(nodes):
                    return
                self.refuse_if_unfit()
                if deadline is not None and self.clock.now() >= deadline:
                    raise WaitTimeout(f"not persistent within {timeout} s; the writes go on, wait again")
                if self._leading:
                    self.step_done.wait(None if deadline is None else max(0.0, deadline - self.clock.now()))
                    continue
                self._leading = True
            try:
                progressed = self._step()
            finally:
                with self.lock:
                    self._leading = False
                    self.step_done.notify_all()
            assert progressed or not unpersisted(nodes) or self._can_progress(), "a dependency waits for itself"

    def issue_all(self) -> None:
        """Hand every segment that is ready to the disk, without a sync. The lock is held."""
        for extent in list(self.extents.pending.values()):
            self.extents.issue(extent)

    def halt(self, reason: EngineError) -> None:
        """Take no more steps, and wait for the end of the one that is under way. The lock is held."""
        if self.refusal is None:
            self.refusal = reason
        self.step_done.notify_all()
        while self._leading:
            self.step_done.wait()

    def _lead(self, timeout: float | None) -> None:
        """Become the leader. The lock is held."""
        while self._leading:
            self.step_done.wait(timeout)
        self._leading = True

    def _step(self) -> bool:
        with self.lock:
            self.refuse_if_unfit()
            self.issue_all()
            for root in self.roots:
                root.write_record()
            batch, self._issued = self._issued, []
            if not batch:
                return False
        try:
            self.extents.disk.sync()
        except OSError as error:
            with self.lock:
                raise self._poison(error) from error
        with self.lock:
            self.levels += 1
            for node in batch:
                node.settle()
        return True

    def _can_progress(self) -> bool:
        """Whether another thread has put something in the way of the nodes that the next step will do."""
        with self.lock:
            return bool(self._issued or self.extents.pending or any(root.is_dirty() for root in self.roots))

    def _poison(self, error: OSError) -> StorePoisoned:
        """Never write again. The lock is held."""
        reason = (
            f"sync failed: {error.strerror or error}; what was written since the last sync may be lost; "
            "close the store and open it again"
        )
        self.refusal = StorePoisoned(reason)
        self.when_poisoned(reason)
        self.step_done.notify_all()
        return self.refusal


def demand_all(nodes: tuple[GraphNode, ...]) -> None:
    """Tell the nodes and everything before them that somebody waits. Iterative: chains may be long."""
    stack, seen = list(nodes), set(nodes)
    while stack:
        node = stack.pop()
        if node.persistent:
            continue
        node.demand()
        for before in node.after:
            if before not in seen:
                seen.add(before)
                stack.append(before)
