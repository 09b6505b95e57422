"""A history during which the disk fails: one read, write or sync is refused, the next ones are served.

Three operations plan a fault for the operation behind them, as `cut` plans a power failure:

    fail-read 2      the third read of the next operation fails; the same with fail-write and fail-sync

1. The operation that meets the fault may fail, with `DiskFailed` or `StorePoisoned`; no other operation may.
2. A change that failed has taken effect or has not; of `put-many` that holds for each key.
3. After a failed sync the store takes no more changes until it is opened again; what was persistent is there then.
4. Nothing else changes: every other answer is the model's, and at the end the whole mapping is.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, Self

from engine.errors import DiskFailed, StorePoisoned

from ..histories.history import History
from ..histories.operations import (
    Compact,
    Delete,
    Flush,
    Operation,
    Put,
    PutDurable,
    PutMany,
    PutStream,
    Reboot,
    Reclaim,
    Synchronize,
)
from ..histories.presets import preset_named
from ..histories.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from ..histories.presets import Preset

#: Background work meets more of the disk than a put does, so faults are planned for it more often.
BUSY: Final = (Flush, Synchronize, PutDurable, Compact, Reclaim, Reboot)
BUSY_WEIGHT: Final = 6
#: Faults of one history, and how many operations of the disk are served before.
FAULTS_MAXIMUM: Final = 3
SERVED_MAXIMUM: Final = 24


class Fail(Operation, frozen=True):
    """One operation of the disk fails during the next operation; `after` so many of its kind."""

    after: int


class FailRead(Fail, frozen=True):
    """A read fails."""

    verb = "fail-read"


class FailWrite(Fail, frozen=True):
    """A write fails."""

    verb = "fail-write"


class FailSync(Fail, frozen=True):
    """A sync fails."""

    verb = "fail-sync"


FAILS: Final = {FailRead: "read", FailWrite: "write", FailSync: "sync"}


class FaultedHistory(History, frozen=True, kw_only=True):
    """A history with faults in it."""

    @classmethod
    def drawn(cls, random: Random, history: History) -> Self:
        """The history with a few faults planned in it."""
        operations = list(history.operations)
        for _ in range(random.randint(1, FAULTS_MAXIMUM)):
            weights = [BUSY_WEIGHT if isinstance(one, BUSY) else 1 for one in operations]
            (at,) = random.choices(range(len(operations)), weights)
            fail = random.choice(list(FAILS))
            operations.insert(at, fail(int(SERVED_MAXIMUM * random.random() ** 2)))
        return cls(preset=history.preset, placement=history.placement, operations=tuple(operations))

    def run(self) -> FaultedSession:
        """Run it. Raises `Mismatch`; anything else that is raised is a finding too."""
        session = FaultedSession(preset_named(self.preset), self.placement)
        session.run(self.operations)
        return session


class FaultedSession(Session):
    """A session with a disk that fails when it is planned."""

    def __init__(self, preset: Preset, placement: str) -> None:
        super().__init__(preset, placement)
        self.has_failed = False
        for kind in FAILS:
            self.apply_by_kind[kind] = self.plan

    def run(self, operations: Sequence[Operation]) -> None:
        """All operations, then the whole mapping."""
        for operation in operations:
            self.apply(operation)
        self.faults = self.disk.faults = None
        self.compare_all()

    def plan(self, operation: Fail) -> None:
        """The fault comes with the next operation."""
        verb, left = FAILS[type(operation)], operation.after
        self.has_failed = False

        def fail_once(kind: str, _extent: int, _offset: int, _length: int) -> None:
            nonlocal left
            if kind != verb or self.has_failed:
                return
            if not left:
                self.has_failed = True
                raise OSError(errno.EIO, "planned fault")
            left -= 1

        self.faults = self.disk.faults = fail_once

    def apply(self, operation: Operation) -> None:
        """One operation, which may fail where the fault comes."""
        if isinstance(operation, Fail):
            self.plan(operation)
            return
        try:
            super().apply(operation)
        except (DiskFailed, StorePoisoned):
            if not self.has_failed:
                raise
            self.faults = self.disk.faults = None
            self.settle(operation)
        else:
            if self.store.writeback.refusal is not None:
                # The call had taken effect before; the next one would say that a sync failed.
                self.reopen()
        self.faults = self.disk.faults = None
        self.has_failed = False

    def settle(self, operation: Operation) -> None:
        """The operation failed: see what is there now."""
        self.say_interrupted(operation)
        if isinstance(operation, Reboot) or self.store.writeback.refusal is not None:
            self.reopen()
        elif isinstance(operation, Delete):
            self.take_over(self.keys[operation.key], None)
        elif isinstance(operation, Put | PutDurable | PutStream | PutMany):
            keys = self.keys_from(operation.key, operation.count if isinstance(operation, PutMany) else 1)
            # The same values once more.
            self.puts -= len(keys)
            for key in keys:
                self.take_over(key, self.value(operation.size))

    def reopen(self) -> None:
        """What is durable is there after it."""
        self.store.abandon()
        self.recover(())

    def take_over(self, key: bytes, value: bytes | None) -> None:
        """The key has its former value, or this one."""
        found = self.store.get(key)
        if found not in (value, self.model.get(key)):
            raise self.wrong(key, value, found)
        if found is None:
            self.model.delete(key)
        else:
            self.model.put(key, found)
