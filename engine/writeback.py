"""Writeback: hands what is ready to the disk and syncs, one sync per level of the dependency graph.

Who waits for a dependency becomes the leader, if there is none, and takes steps for everybody; the others sleep until
what they wait for is persistent, or until it is their turn to lead (group commit). A step demands what anybody waits
for, issues every segment and root record whose inputs are persistent, syncs once, and settles what was issued before
the sync began. So puts that come while a sync is under way share the next one, in one sorted run.

A failed sync poisons the store: the kernel may have dropped the dirty pages and forgotten that it did, so a later
sync that succeeds proves nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from .dependency import GraphNode, unpersisted
from .errors import EngineError, StorePoisoned, WaitTimeout
from .extents import Extents

if TYPE_CHECKING:
    from collections.abc import Callable

    from .roots import RootLog
    from .seams import Clock, Condition, Lock, Sync


class Turn:
    """Somebody who sleeps until the nodes are persistent, or until there is no leader. No nodes: until he can lead."""

    __slots__ = ("nodes", "wakes")

    def __init__(self, nodes: tuple[GraphNode, ...], wakes: Condition) -> None:
        self.nodes = nodes
        self.wakes = wakes

    def is_done(self) -> bool:
        """Whether the nodes are persistent."""
        return bool(self.nodes) and not unpersisted(self.nodes)


class Writeback:
    """The only caller of `Disk.sync`. `lock` is the store's lock.

    `levels`: syncs that were made so far; `refusal`: why the store takes no more writes (poisoned, closed), or None.
    """

    def __init__(self, extents: Extents, lock: Lock, sync: Sync, clock: Clock) -> None:
        self.extents = extents
        self.lock = lock
        self.clock = clock
        self.roots: tuple[RootLog, ...] = ()
        self.levels = 0
        self.refusal: EngineError | None = None
        self.when_poisoned: Callable[[str], None] = lambda _reason: None
        self._sync = sync
        self._issued: list[GraphNode] = []
        self._leading = False
        self._turns: list[Turn] = []

    def issued(self, node: GraphNode) -> None:
        """The disk has the node's bytes; the next sync makes them durable. The lock is held."""
        self._issued.append(node)

    def refuse_if_unfit(self) -> None:
        """Raise why the store takes no more writes, if it does not."""
        if self.refusal is not None:
            raise type(self.refusal)(*self.refusal.args)

    def step(self) -> bool:
        """One level: issue what is ready, sync, settle. False when there was nothing to do. The lock is not held."""
        self._take_lead((), None)
        try:
            return self._step()
        finally:
            self._give_lead(leads=True)

    def persist(self, nodes: tuple[GraphNode, ...], timeout: float | None = None) -> None:
        """Make the nodes persistent; see `Dependency.wait`. The lock is not held."""
        nodes = unpersisted(nodes)
        deadline = None if timeout is None else self.clock.now() + timeout
        leads = bool(nodes) and self._take_lead(nodes, deadline)
        if not leads:
            return
        try:
            asked = False
            while nodes:
                self._refuse_late(deadline)
                waiting = [turn.nodes for turn in tuple(self._turns)]
                # What was asked for once has all that it needs; others may have come to wait meanwhile.
                if any(map(demandable, waiting if asked else [nodes, *waiting])):
                    # Without the lead, and without waking anybody for it: to write a memtable may take a step of its
                    # own.
                    leads = False
                    self._leading = False
                    self._demand(nodes)
                    leads = self._take_lead(nodes, deadline)
                    if not leads:
                        return
                asked = True
                progressed = self._step()
                nodes = unpersisted(nodes)
                assert progressed or not nodes or self._can_progress(), "a dependency waits for itself"
        finally:
            self._give_lead(leads=leads)

    def _take_lead(self, nodes: tuple[GraphNode, ...], deadline: float | None) -> bool:
        """Become the leader, or return False once somebody else has made the nodes persistent."""
        with self.lock:
            if not self._leading and self.refusal is None:
                self._leading = not nodes or bool(unpersisted(nodes))
                return self._leading
            turn = Turn(nodes, self._sync.condition(self.lock))
            self._turns.append(turn)
            try:
                while True:
                    if turn.is_done():
                        return False
                    self.refuse_if_unfit()
                    if not self._leading:
                        self._leading = True
                        return True
                    self._refuse_late(deadline)
                    turn.wakes.wait(None if deadline is None else max(0.0, deadline - self.clock.now()))
            finally:
                self._turns.remove(turn)
                self._wake_next()

    def _give_lead(self, *, leads: bool) -> None:
        """Lead no more, or let those go on that were not woken for a pause."""
        with self.lock:
            if leads:
                self._leading = False
            if self._turns:
                self._wake_done()
                self._wake_next()

    def _wake_next(self) -> None:
        """If nobody leads, wake who may. The lock is held."""
        if not self._leading:
            for turn in self._turns:
                if not turn.is_done():
                    turn.wakes.notify_all()
                    return

    def _wake_done(self) -> None:
        """Wake those whose nodes are persistent. The lock is held."""
        for turn in self._turns:
            if turn.is_done():
                turn.wakes.notify_all()

    def _wake_all(self) -> None:
        """The lock is held."""
        for turn in self._turns:
            turn.wakes.notify_all()

    def _refuse_late(self, deadline: float | None) -> None:
        if deadline is not None and self.clock.now() >= deadline:
            raise WaitTimeout("not persistent within the time that was given; the writes go on, wait again")

    def _demand(self, nodes: tuple[GraphNode, ...]) -> None:
        """Tell what the leader and everybody else waits for that somebody waits."""
        with self.lock:
            others = [turn.nodes for turn in self._turns]
        demand_all(nodes)
        for waiting in others:
            # Who waits for it is told when he leads.
            with suppress(EngineError):
                demand_all(waiting)

    def issue_all(self) -> None:
        """Hand every segment that is ready to the disk, without a sync. The lock is held."""
        if self.extents.pending:
            for extent in list(self.extents.pending.values()):
                self.extents.issue(extent)

    def halt(self, reason: EngineError) -> None:
        """Take no more steps, and wait for the end of the one that is under way. The lock is held."""
        if self.refusal is None:
            self.refusal = reason
        self._wake_all()
        turn = Turn((), self._sync.condition(self.lock))
        while self._leading:
            self._turns.insert(0, turn)
            turn.wakes.wait()
            self._turns.remove(turn)
        self._wake_next()

    def let_go(self) -> None:
        """Keep nothing of a closed store alive: dependencies name this, and outlive the store. The lock is held."""
        extents = self.extents
        nothing = msgspec.structs.replace(extents.shape, extent_count=0)
        self.extents = Extents(extents.disk, extents.uuid, nothing, extents.pool)
        for extent in extents.pending.values():
            extent.segments = []
        self.roots, self._issued = (), []

    def _step(self) -> bool:
        with self.lock:
            if self.refusal is not None:
                self.refuse_if_unfit()
            self.issue_all()
            for root in self.roots:
                root.write_record()
            batch, self._issued = self._issued, []
            if not batch:
                return False
            if self._turns:
                # Only now, and not when they were done: they run while the disk syncs, and not in the leader's way.
                self._wake_done()
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
        self._wake_all()
        return self.refusal


def demandable(nodes: tuple[GraphNode, ...]) -> list[GraphNode]:
    """Those of the nodes, and of everything before them, that are for somebody to ask for."""
    found = []
    stack, seen = list(nodes), set(nodes)
    # Iterative: chains may be long.
    while stack:
        node = stack.pop()
        if node.persistent:
            continue
        if node.when_demanded is not None:
            found.append(node)
        for before in node.after:
            if before not in seen:
                seen.add(before)
                stack.append(before)
    return found


def demand_all(nodes: tuple[GraphNode, ...]) -> None:
    """Tell the nodes and everything before them that somebody waits."""
    for node in demandable(nodes):
        node.demand()
