"""A session on a disk that fails: what the store owes when operations of the disk end in an error.

After a failure an operation may disagree with the model by failing, and in no other way (the relaxation of the
ShardStore paper). For every error that the store raises:

1. Never wrong data: what is answered is the model's answer; where a call broke off that may have taken effect, the
   state before it or the one after it, and from the first look on that one.
2. Typed: the error is `DiskFailed`, `StoreFull` or `StorePoisoned`, and it follows from a fault. `DiskFailed` names the
   place that the fault hit, and comes from a call in which a fault hit; nothing is rotten while the medium is honest.
3. A failed sync poisons: until it is opened again the store answers, and changes nothing.
4. A put or delete that raises has not happened, but for a durable one.
5. Isolation: while one extent cannot be read, keys that need nothing in it are read.
6. No extent is lost: each is owned, or free to be taken.
7. Healing: once the faults end (a poisoned store is opened again), everything durable is there with its value, and
   changes, flushes, a close and a crash work as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.errors import ChunkRotten, DiskFailed, EngineError, StoreFull, StorePoisoned

from ..histories.mismatch import Mismatch
from ..histories.operations import (
    Compact,
    Contains,
    Delete,
    Drain,
    Flush,
    Get,
    Operation,
    Put,
    PutDurable,
    PutMany,
    PutStream,
    Reclaim,
    Scan,
    Scrub,
    Size,
    Step,
    Synchronize,
)
from ..histories.power import drawn_survivors
from .healing import expect_isolation, expect_no_lost_extent, heal
from .injected import InjectedSession
from .injector import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.crash_choice import Kept

    from .kinds import Injected

QUESTIONS: Final = (Get, Contains, Size, Scan, Scrub)
CHANGES: Final = (Put, PutDurable, PutMany, PutStream, Delete)
#: What a poisoned store refuses.
REFUSED: Final = (*CHANGES, Flush, Synchronize, Drain, Step, Compact, Reclaim)
#: Operations that a poisoned store is asked for before it is opened again.
POISONED_OPERATIONS: Final = 3


class FaultSession(InjectedSession):
    """A session on a `FaultyDisk` that the injector harms. Raises `Mismatch` where the store owes something.

    `outcomes`: for each operation in which a fault hit, the first such fault and how the operation ended: `failed`,
    `absorbed`, `not opened` or `poisoned`.
    """

    # Running.

    def run(self, operations: Sequence[Operation]) -> None:
        """All operations, then isolation and healing."""
        for operation in operations:
            self.apply(operation)
        self.finish()

    def apply(self, operation: Operation) -> None:
        """One operation; an error that the faults explain is no mismatch."""
        self._began_at = len(self.injector.log)
        self._unsure, self._is_refused = set(), False
        self.injector.patience = self.injector.asked + PATIENCE
        poisoned, puts = self.has_failed_sync(), self.puts
        try:
            if self.is_down or self._poisoned_operations >= POISONED_OPERATIONS:
                self.bring_up()
                poisoned = False
            if self.uncertain and isinstance(operation, QUESTIONS):
                self.settle_all()
            super().apply(operation)
        except EngineError as error:
            self.judge(str(operation), error)
            if self.puts != puts and isinstance(operation, PutDurable | PutMany):
                self._say_broken_off(operation)
            self.note("not opened" if self.is_down else "poisoned" if self.has_failed_sync() else "failed")
        else:
            if poisoned and isinstance(operation, REFUSED):
                raise Mismatch("a failed sync poisons", f"`{operation}` is refused until the store is opened", "done")
            if isinstance(operation, CHANGES) and not self._is_refused:
                self.know(self._keys_of(operation))
            self.note("poisoned" if self.has_failed_sync() else "failed" if self._is_refused else "absorbed")
        if self.has_failed_sync():
            self._poisoned_operations += 1

    def _keys_of(self, operation: Any) -> set[bytes]:
        count = operation.count if isinstance(operation, PutMany) else 1
        return set(self.keys_from(operation.key, count))

    def _say_broken_off(self, operation: PutDurable | PutMany) -> None:
        """The call raised, and may have taken effect."""
        keys = self.keys_from(operation.key, operation.count if isinstance(operation, PutMany) else 1)
        self.puts -= len(keys)
        for key in keys:
            self.either(key, self.value(operation.size))

    # Errors.

    def judge(self, what: str, error: EngineError) -> None:
        """Raise `Mismatch` unless the faults explain the error."""
        fired = self.fired()
        if isinstance(error, DiskFailed):
            if any(names(error, one) for one in fired) or self.is_stuck():
                return
            if not fired:
                raise Mismatch("liveness", f"`{what}` works: no fault hit it", str(error))
            raise Mismatch("the error names the place", str(fired[0]), f"{error} (extent {error.extent})")
        if isinstance(error, StorePoisoned) and self.has_failed_sync():
            return
        if isinstance(error, StoreFull) and any(is_full(one) for one in fired or self.injector.log):
            return
        if isinstance(error, ChunkRotten) and self.is_reverted():
            return
        law = "torn is not rotten" if isinstance(error, ChunkRotten) else "the error is typed"
        raise Mismatch(law, f"`{what}` works, or fails as {fired[0] if fired else 'nothing did'}", repr(error))

    def full(self, error: StoreFull, size: int) -> None:
        """The store calls itself full: also where the faults keep it from making room."""
        self._is_refused = True
        fired = self.fired()
        if any(one.verb in {"allocate", "reset"} and not is_full(one) for one in fired):
            raise Mismatch("the error names the place", str(fired[0]), str(error))
        if fired or self.lasts():
            self.refused += 1
            return
        super().full(error, size)

    # Questions and reboots.

    def scrub(self, operation: Scrub) -> None:
        """Everything that is named is whole, unless reads give what was there before."""
        if self.is_reverted():
            self.store.scrub()
            return
        super().scrub(operation)

    def synchronize(self, _operation: Synchronize) -> None:
        """Everything becomes persistent, where there is room for it."""
        self.work(lambda: self.store.flush().wait())
        if not self._is_refused:
            self.expect_all_persistent("a flush that was waited for")

    def reboot(self, operation: Any) -> None:  # noqa: ARG002  # as every operation
        """Close cleanly and open again; a poisoned store is opened as after a crash."""
        if self.has_failed_sync():
            self.bring_up()
            return
        self.injector.phase = "close"
        try:
            self.store.close()
        except StoreFull as error:
            self.full(error, 0)
            return
        finally:
            self.injector.phase = "call"
        self.expect_all_persistent("a clean close")
        if not self.uncertain:
            self.durability.found(self._values)
        self.recover(())

    def bring_up(self) -> None:
        """Open what is closed, did not open, or is poisoned."""
        self.store.abandon()
        self.recover(self.what_reached())

    def what_reached(self) -> Sequence[Kept]:
        """What of the unsynced writes is on the medium: as the file system does it, or all, nothing, or a part."""
        kinds = [one.kind for one in self.injector.log if one.verb == "sync"]
        if kinds:
            return drawn_survivors(self.disk, 0 if kinds[-1] in {"sync-keeps", "sync-reverts"} else 1)
        return drawn_survivors(self.disk, (1, 0, 7)[self.injector.operations % 3])

    def opened(self) -> None:
        """What was before is over."""
        self._opened_at, self._poisoned_operations = len(self.injector.log), 0

    # The end.

    def end(self) -> None:
        """Give everything back."""
        self.store.abandon()

    def finish(self) -> None:
        """Isolation while the faults go on, then healing without them."""
        self._began_at = len(self.injector.log)
        self.injector.patience = self.injector.asked + PATIENCE
        if not self.is_down:
            expect_no_lost_extent(self.store)
        if not self.is_down and not self.has_failed_sync():
            expect_isolation(self)
        self.injector.is_armed = False
        try:
            heal(self)
        except EngineError as error:
            raise Mismatch("healing", "everything works once the faults have ended", repr(error)) from error


def is_full(one: Injected) -> bool:
    """Whether the medium said that it has no room."""
    return one.kind.startswith("enospc")


def names(error: DiskFailed, fault: Injected) -> bool:
    """Whether the error names the place that the fault hit; a frame is named by its start."""
    return error.extent == fault.extent and error.offset <= fault.offset + fault.length
