"""Maintenance: flush, compaction and reclamation, in a thread, by hand, or inside the call that needs them.

Two locks keep long work apart, and both are taken before any other lock: `reclaim` (one reclamation at a time) and
`tree` (no extent of runs is reclaimed while a compaction reads old runs and writes a new one that nobody names yet).
Who holds `reclaim` may wait for `tree`; who holds `tree` only tries to get `reclaim`.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from .chunks import KEPT_FOR_RUNS
from .compaction import Compaction, has_garbage, likely_bytes, most_bytes, plan, plan_full
from .dependency import Dependency
from .errors import CallRefused, EngineError, StoreFull
from .extents import HEADER_SIZE
from .victims import GAIN_SHARE, VICTIMS_AT_ONCE, Candidate, ReclaimReport, choose, room_for_copies, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .chunks import ChunkStore
    from .config import Limits
    from .extents import Extents
    from .index import Index
    from .reclamation import Reclamation
    from .seams import Clock, Sync, Thread
    from .writeback import Writeback

DATA: Final = frozenset({"data"})
INDEX: Final = frozenset({"index"})
DATA_AND_INDEX: Final = frozenset({"data", "index"})
#: Frozen memtables that puts may run ahead of the flush.
FROZEN_MAXIMUM: Final = 2
#: Seconds after which work that failed is tried again.
RETRY_SECONDS: Final = 1.0


class Maintenance:
    """Keeps one store in shape. Its methods are called without the store's lock."""

    def __init__(  # the parts that it works on
        self,
        extents: Extents,
        chunks: ChunkStore,
        index: Index,
        reclamation: Reclamation,
        writeback: Writeback,
        limits: Limits,
        sync: Sync,
        clock: Clock,
    ) -> None:
        self.extents = extents
        self.chunks = chunks
        self.index = index
        self.reclamation = reclamation
        self.writeback = writeback
        self.limits = limits
        self.clock = clock
        self.compactions = 0
        #: The last failure of background work; work goes on being tried.
        self.trouble: EngineError | None = None
        self._sync = sync
        self._lock = writeback.lock
        self._reclaim_lock = sync.lock()
        self._tree_lock = sync.lock()
        self._changed = sync.condition(writeback.lock)
        self._stopping = False
        self._busy = False
        #: Whether reclamation might free something; False after it tried in vain, until more is flushed.
        self._may_gain = True
        #: Free extents with which a compaction was tried in vain.
        self._tried_with_free = 0
        self._worker: Thread | None = None
        index.when_full, index.when_grown = self.free_dead_runs, self.wake

    # The thread.

    def start(self) -> None:
        """Begin background work, or go on with it."""
        self._stopping = False
        self._worker = self._sync.start("shardproof-maintenance", self._run)

    def stop(self) -> None:
        """End background work, after the step that it is in; a second call does nothing."""
        with self._lock:
            self._stopping = True
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join()
            self._worker = None

    def let_go(self) -> None:
        """The store is closed: what its parts hold is given back at once, and not when garbage is collected."""
        self.index.let_go()

    def wake(self) -> None:
        """There is something to do. The lock is held."""
        self._changed.notify_all()

    def wait_idle(self) -> None:
        """Wait until nothing is left that background work would do now; without a thread, do it here.

        Raises what background work failed with.
        """
        if self._worker is None:
            while self.work():
                pass
            return
        with self._lock:
            while (self._busy or self._has_work()) and self.trouble is None and not self._stopping:
                self.writeback.refuse_if_unfit()
                self._changed.notify_all()
                self._changed.wait(0.05)
            if self.trouble is not None:
                trouble, self.trouble = self.trouble, None
                raise trouble

    def _run(self) -> None:
        while True:
            with self._lock:
                self._busy = False
                self._changed.notify_all()
                if self.trouble is not None and not self._stopping:
                    self._changed.wait(RETRY_SECONDS)
                while not self._stopping and not self._has_work():
                    self._changed.wait(self._patience())
                if self._stopping or self.writeback.refusal is not None:
                    return
                self._busy = True
            try:
                self.work()
            except EngineError as error:
                self.trouble = error
            except Exception as error:
                # A bug of ours: nobody is there to see it, so the store takes no more writes and says why.
                with self._lock:
                    self.writeback.refusal = EngineError(f"background work failed: {error!r}")
                raise
            else:
                self.trouble = None

    def _patience(self) -> float | None:
        """Seconds until the cadence asks for a flush."""
        if not self.index.active.entries:
            return None
        return max(0.0, self.index.active.born + self.limits.cadence_seconds - self.clock.now())

    def _has_work(self) -> bool:
        """The lock is held."""
        return bool(self.index.frozen) or self._is_due() or self._plan() is not None or self._is_scarce()

    def _is_due(self) -> bool:
        return bool(self.index.active.entries) and self._patience() == 0

    def _is_scarce(self) -> bool:
        """Whether free extents run low and there may be some to gain."""
        return len(self.extents.free) <= self.chunks.reserve + self.chunks.held_back and self._may_gain

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody reclaims or compacts meanwhile."""
        with self._reclaim_lock, self._tree_lock:
            yield

    # The work.

    def work(self) -> bool:
        """Do what is most needed; whether there was anything to do."""
        index = self.index
        if index.frozen or (self._worker is not None and self._is_due()):
            if not index.frozen:
                with self._lock:
                    index.freeze()
            self._flush_frozen()
            return True
        if self._plan() is not None:
            with self._tree_lock:
                return self._compact_as_planned(self._keep_going)
        if self._worker is not None and self._is_scarce():
            with self._reclaim_lock:
                self._may_gain = self._reclaim_some()
            return True
        return False

    def _compact_as_planned(self, keep_going: Callable[[], bool] = lambda: True, *, must_gain: bool = False) -> bool:
        """Merge runs if that is due and there is room; whether any were merged. The tree lock is held."""
        compaction = self._plan(must_gain=must_gain)
        free = len(self.extents.free)
        try:
            if compaction is None or not self.index.compact(compaction, keep_going):
                return False
        except StoreFull:
            # There were more keys than was likely. What was written is dead; more room is needed for another attempt.
            self._tried_with_free = free
            return False
        self.compactions += 1
        self._tried_with_free = 0
        return True

    def _keep_going(self) -> bool:
        """Between two batches of a compaction: puts must not wait for the rest of it."""
        if self._worker is not None:
            if self.index.frozen:
                self._flush_frozen()
            if self._is_scarce() and self._reclaim_lock.acquire(blocking=False):
                # Only tried: whoever reclaims by hand holds this lock and waits for the tree's, which is ours.
                try:
                    self._may_gain = self._reclaim_some(DATA)
                finally:
                    self._reclaim_lock.release()
        return not self._stopping

    def _flush_frozen(self) -> None:
        """Make runs of the frozen memtables, and make them persistent, so that their buffers are free again."""
        updates = tuple(memtable.update for memtable in self.index.frozen)
        self.index.write_frozen()
        self.writeback.persist(updates)
        self._may_gain = True

    def compact_all(self) -> Dependency:
        """Merge everything into one run, by hand."""
        # Where there is no room to flush, what is merged may make it.
        with suppress(StoreFull):
            self.index.flush()
        with self._tree_lock:
            compaction = plan_full(self.index.runs, self.limits.run_fanout)
            if compaction is not None and self.index.compact(compaction):
                self.compactions += 1
        with self._lock:
            return Dependency(self.index.barrier())

    def make_room(self, cause: StoreFull | None = None, attempt: int = 0) -> None:
        """Free extents for puts; `StoreFull` where nothing can be gained. cause: free ones could not be taken.

        attempt: how often it was called for this put: what is gained again and again helps nobody.
        """
        with self._reclaim_lock:
            self.writeback.refuse_if_unfit()
            shard = self.chunks.streams["shard"]
            if cause is None and self.chunks.available(shard):
                return
            if self._worker is None:
                # Each reclamation writes a run; where memtables never fill, nobody else merges them.
                with self._tree_lock:
                    self._compact_as_planned()
            vain = attempt > len(self.extents.all)
            if vain or not (self._reclaim_some() or self._compact_for_room() or self._flush_for_room()):
                if cause is not None:
                    raise cause
                raise StoreFull(
                    f"no room: the {len(self.extents.free)} free extents are kept for deletes, the index and "
                    "reclamation, and no other holds enough that is dead; delete shards, or use a larger store"
                )

    def make_room_for_runs(self) -> None:
        """`StoreFull` where the runs that the memtables become find no room: what is accepted must stay writable."""
        with self._reclaim_lock:
            needed = self.chunks.extents_for(self.index.pending_run_bytes()) + 1
            if needed > len(self.extents.free) and not self._reclaim_some() and not self._compact_for_room():
                raise StoreFull("no room for a delete: the index fills what was kept free; use a larger store")

    def _compact_for_room(self) -> bool:
        """Merge runs, so that there are dead ones, or wait for who does; whether it may have helped."""
        if not self._tree_lock.acquire(blocking=False):
            with self._tree_lock:
                return True
        try:
            return self._compact_as_planned(must_gain=True)
        finally:
            self._tree_lock.release()

    def _flush_for_room(self) -> bool:
        """Write the memtables, for which more room is kept than their runs may take; whether puts may go on."""
        self.index.flush()
        return self.chunks.available(self.chunks.streams["shard"]) > 0

    def free_dead_runs(self) -> bool:
        """Free the extents of which all runs are dead: that needs no run to be written. Whether there was any."""
        if not self._reclaim_lock.acquire(blocking=False):
            return False
        try:
            return self._free_dead_runs()
        finally:
            self._reclaim_lock.release()

    def _free_dead_runs(self) -> bool:
        """The same, alone with reclamation; nothing is done while a compaction goes on."""
        if not self._tree_lock.acquire(blocking=False):
            return False
        try:
            dead = [one.number for one in self.reclamation.candidates(INDEX) if not one.live_bytes]
            if not dead:
                return False
            self.reclamation.reclaim(dead)[1].wait()
        finally:
            self._tree_lock.release()
        return True

    def _reclaim_some(self, owners: frozenset[str] | None = None) -> bool:
        """Free a few extents and wait until they are; whether anything was gained. Alone."""
        if self._free_dead_runs():
            return True
        free = len(self.extents.free)
        both = owners is None and self._tree_lock.acquire(blocking=False)
        try:
            report, freed = self._reclaim_victims(DATA_AND_INDEX if both else DATA)
        finally:
            if both:
                self._tree_lock.release()
        freed.wait()
        # What is all alive may fill as many extents as before: to move it again and again would never end.
        return report.dropped_bytes > 0 or len(self.extents.free) > free

    def _reclaim_victims(self, owners: frozenset[str]) -> tuple[ReclaimReport, Dependency]:
        candidates, gain = self.reclamation.candidates(owners, leave_rotten=True), self.extents.size // GAIN_SHARE
        return self.reclamation.reclaim(self._choose(candidates, VICTIMS_AT_ONCE, gain), leave_rotten=True)

    def _choose(self, candidates: list[Candidate], most: int, gain_bytes: int = 1) -> list[int]:
        self._keep_room_for_runs()
        return choose(
            candidates,
            room_bytes=room_for_copies(self.extents, self.chunks),
            most=most,
            gain_bytes=gain_bytes,
            index_share=self._index_share(),
            capacity_bytes=self.extents.size - HEADER_SIZE,
        )

    def _plan(self, *, must_gain: bool = False) -> Compaction | None:
        """What the shape of the tree asks for, or, when room runs out, all runs; None where there is no room for it."""
        runs, chunks, fanout = self.index.runs, self.chunks, self.limits.run_fanout
        whole = chunks.extents_for(likely_bytes(runs))
        pending = chunks.extents_for(self.index.pending_run_bytes())
        # Without room to merge the whole index, dead entries would fill the disk: puts leave it free.
        chunks.held_back = max(0, whole + KEPT_FOR_RUNS - chunks.reserve)
        free = len(self.extents.free)
        compaction = plan(runs, fanout, small_entries=self.limits.memtable_entries // 2)
        if compaction is None and (must_gain or free <= whole + pending + KEPT_FOR_RUNS) and has_garbage(runs):
            # The last moment at which there is room for it.
            compaction = plan_full(runs, fanout)
        if compaction is None:
            return None
        inputs = [run for run in runs if run.number in compaction.inputs]
        spare = free - 1 - pending
        if chunks.extents_for(most_bytes(inputs)) <= spare:
            return compaction
        may_fit = chunks.extents_for(likely_bytes(inputs)) <= spare
        return compaction if may_fit and free > self._tried_with_free else None

    def _index_share(self) -> float:
        """Bytes of runs for each live byte of values: what moving one costs in the index."""
        live = self.index.live
        return likely_bytes(self.index.runs) / live.total() if live is not None and live.total() > 0 else 0.0

    def _keep_room_for_runs(self) -> None:
        """Moved chunks leave room for the runs that the memtables become: without those nothing is ever reset."""
        needed = self.chunks.extents_for(self.index.pending_run_bytes())
        self.chunks.streams["moved"].keeps_free = max(KEPT_FOR_RUNS, needed + 1)

    def reclaim_by_hand(self, most: int | None) -> ReclaimReport:
        """Reclaim so many extents, or all that hold anything dead; they are free when it returns."""
        if most is not None and most < 0:
            raise CallRefused(f"extents to reclaim: expected 0 or more, found {most}")
        with suppress(StoreFull):
            self.index.flush()
        reports: list[ReclaimReport] = []
        with self._reclaim_lock, self._tree_lock:
            self._close_streams()
            done: set[int] = set()
            while most is None or len(done) < most:
                candidates = [one for one in self.reclamation.candidates(DATA_AND_INDEX) if one.number not in done]
                at_once = VICTIMS_AT_ONCE if most is None else min(VICTIMS_AT_ONCE, most - len(done))
                victims = self._choose(candidates, at_once)
                if not victims:
                    if not self._compact_as_planned(must_gain=True):
                        break
                    continue
                try:
                    report, dependency = self.reclamation.reclaim(victims)
                    dependency.wait()
                except StoreFull:
                    if not reports and not self._compact_as_planned(must_gain=True):
                        raise
                    done.update(victims)
                    continue
                done.update(victims)
                reports.append(report)
        return together(reports)

    def _close_streams(self) -> None:
        """Let the open extents of which at least half is dead be victims too."""
        self.index.count_live()
        with self._lock:
            self.writeback.issue_all()
            for stream in self.chunks.streams.values():
                extent = stream.extent
                if extent is not None and self.reclamation.live_bytes(extent) * 2 <= extent.pointer - HEADER_SIZE:
                    stream.extent = None
