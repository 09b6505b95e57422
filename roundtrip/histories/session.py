"""A session: one store and its model, side by side, operation by operation.

Every operation's result is compared with the model's. A power failure leaves the model with what the crash may leave
of each key; what recovery finds must be among it, and is what the model holds from then on.

1. An answer is the model's answer, or an error that the operation may end with.
2. Persistence: what a dependency reported persistent before a power failure is there after it, unless something later
   took its place. Forward progress: after a clean close every dependency is persistent.
3. What is persistent stays so: a dependency never takes it back.
4. Recovery is repeatable, and a crash is no damage: no rotten root, no rotten frame (with an honest medium).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from engine import Store
from engine.crash_choice import Kept
from engine.errors import StoreFull
from engine.seams import Seams
from roundtrip.models.store import Durability, StoreModel, Value, illegal_key

from .checksums import Checksums
from .comparing import Comparing
from .mismatch import Mismatch, shown
from .operations import (
    Compact,
    Contains,
    Crash,
    Cut,
    CutKeep,
    Delete,
    Drain,
    Flush,
    Get,
    GetStream,
    Operation,
    PowerCut,
    Put,
    PutDurable,
    PutMany,
    PutStream,
    Reboot,
    Reclaim,
    ReclaimLater,
    Records,
    Scan,
    Scrub,
    Size,
    Step,
    Synchronize,
)
from .placement import randomness_of
from .power import UNCOUNTED, PowerFailed, drawn_survivors
from .single_thread import SINGLE_THREAD, StillClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.memory_disk import Faults, MemoryDisk
    from engine.seams import Randomness

    from .presets import Preset

#: A store may call itself full once so much of its ordinary extents is alive or waits to be reclaimed.
FULL_SHARE: Final = 0.2
#: Bytes that a value and its key cost beside themselves: frame, and entry in a run.
ENTRY_COST: Final = 120


class Session(Comparing, Checksums):
    """A store of a preset on a new disk, and its model. Raises `Mismatch` from every method that compares."""

    def __init__(self, preset: Preset, placement: str = "counter", disk: MemoryDisk | None = None) -> None:
        self.preset = preset
        self.keys = preset.keys
        self.randomness: Randomness = randomness_of(placement)
        self.seams = Seams(sync=SINGLE_THREAD, randomness=self.randomness, clock=StillClock())
        self.disk = preset.new_disk() if disk is None else disk
        self.model = StoreModel()
        self.durability = Durability()
        self.puts = 0
        #: Operations that ended with `StoreFull`.
        self.refused = 0
        #: How often the store was opened.
        self.openings = 0
        self.written_versions = frozenset(
            each.chunk_version for each in (preset.limits, *preset.later_limits) if each.chunk_version
        )
        self._values = self.model.values
        self._cut: Cut | CutKeep | None = None
        #: What every disk of the session consults before each operation.
        self.faults: Faults | None = None
        self.store = self.create()
        self.apply_by_kind: dict[type[Operation], Callable[[Any], None]] = {
            Get: self.get,
            GetStream: self.get_stream,
            Contains: self.contains,
            Size: self.size,
            Put: self.put,
            Delete: self.delete,
            Scan: self.scan,
            Flush: self.flush,
            Synchronize: self.synchronize,
            Drain: self.drain,
            Step: self.step,
            PutDurable: self.put_durable,
            PutMany: self.put_many,
            PutStream: self.put_stream,
            Compact: self.compact,
            Reclaim: self.reclaim,
            Scrub: self.scrub,
            Reboot: self.reboot,
            Crash: self.crash,
            Cut: self.plan_cut,
            PowerCut: self.power_cut,
            CutKeep: self.plan_cut,
            ReclaimLater: self.reclaim_later,
            Records: self.records,
        }

    # Opening.

    def create(self) -> Store:
        """The store, new."""
        return Store.create_on(self.disk, self.preset.shape, self.preset.limits, self.seams)

    def open(self) -> Store:
        """The store, as the disk has it."""
        self.openings += 1
        return Store.open_on(self.disk, self.preset.limits_at(self.openings), self.seams)

    # Running.

    def run(self, operations: Sequence[Operation]) -> None:
        """All operations, then the whole mapping."""
        apply = self.apply_by_kind
        for operation in operations:
            if self._cut is None:
                apply[operation.__class__](operation)
            else:
                self.apply_until_cut(operation)
        self.compare_all()

    def apply(self, operation: Operation) -> None:
        """One operation."""
        if self._cut is None:
            self.apply_by_kind[operation.__class__](operation)
        else:
            self.apply_until_cut(operation)

    def end(self) -> None:
        """Nothing more comes: give back at once what the store holds, and not when garbage is collected."""
        self.store.abandon()
        self.apply_by_kind.clear()

    def value(self, size: int) -> bytes:
        """The next value: it differs from all others as far as its size allows."""
        self.puts += 1
        mark = b"%d." % self.puts
        return (mark * (size // len(mark) + 1))[:size]

    # Changes.

    def put(self, operation: Put) -> None:
        """A value under a key."""
        key, value = self.keys[operation.key], self.value(operation.size)
        try:
            dependency = self.store.put(key, value, checksum=self.checksum_for(value))
        except StoreFull as error:
            self.full(error, len(value))
            return
        self._values[key] = value
        self.durability.say(key, value, dependency)

    def put_durable(self, operation: PutDurable) -> None:
        """A value under a key, persistent at once."""
        key, value = self.keys[operation.key], self.value(operation.size)
        try:
            dependency = self.store.put(key, value, durable=True)
        except StoreFull as error:
            self.full(error, len(value))
            self.either(key, value)
            return
        self._values[key] = value
        self.durability.say(key, value, dependency)
        self.expect_persistent(dependency, "a durable put")

    def put_stream(self, operation: PutStream) -> None:
        """A value from a stream."""
        key, value = self.keys[operation.key], self.value(operation.size)
        try:
            self.expect_refused(key, value)
            dependency = self.store.put(key, io.BytesIO(value), checksum=self.checksum_for(value))
        except StoreFull as error:
            self.full(error, len(value))
            return
        self._values[key] = value
        self.durability.say(key, value, dependency)

    def put_many(self, operation: PutMany) -> None:
        """Several values in one call; where it is refused, those before the one that failed are stored."""
        items = [(key, self.value(operation.size)) for key in self.keys_from(operation.key, operation.count)]
        try:
            dependency = self.store.put_many(items, checksums=self.checksums_for(items))
        except StoreFull as error:
            for key, value in items:
                self.either(key, value)
            self.full(error, operation.size)
            return
        for key, value in items:
            self._values[key] = value
            self.durability.say(key, value, dependency)

    def keys_from(self, number: int, count: int) -> list[bytes]:
        """So many neighbouring keys; after the last comes the first."""
        return [self.keys[(number + step) % len(self.keys)] for step in range(count)]

    def delete(self, operation: Delete) -> None:
        """Delete a key."""
        key = self.keys[operation.key]
        try:
            dependency = self.store.delete(key)
        except StoreFull as error:
            self.full(error, 0)
            return
        self._values.pop(key, None)
        self.durability.say(key, None, dependency)

    def either(self, key: bytes, value: Value) -> None:
        """A call that was refused may have taken effect for this key: look."""
        found = self.store.get(key)
        if found not in (value, self._values.get(key)):
            raise self.wrong(key, self._values.get(key), found)
        if found == value:
            self.durability.say(key, value)
            self._values[key] = value  # type: ignore[assignment]  # a put's value is never None

    def full(self, error: StoreFull, size: int) -> None:
        """The store calls itself full: only where a good part of it is in use."""
        self.refused += 1
        shape = self.preset.shape
        ordinary = (shape.extent_count - 8) * shape.extent_size_bytes
        alive = size + sum(len(key) + len(value) + ENTRY_COST for key, value in self._values.items())
        if alive < FULL_SHARE * ordinary:
            raise Mismatch("room", f"room for {size} bytes beside {alive} of {ordinary} in use", str(error))

    # Background work.

    def flush(self, _operation: Flush) -> None:
        """The memtable becomes a run."""
        self.work(self.store.flush)

    def synchronize(self, _operation: Synchronize) -> None:
        """Everything becomes persistent."""
        self.work(lambda: self.store.flush().wait())
        self.expect_all_persistent("a flush that was waited for")

    def drain(self, _operation: Drain) -> None:
        """Every accepted byte is handed over."""
        self.work(self.store.drain)

    def step(self, _operation: Step) -> None:
        """One level of writeback."""
        self.store.writeback.step()

    def compact(self, _operation: Compact) -> None:
        """Merge all runs."""
        self.work(self.store.compact)

    def reclaim(self, operation: Reclaim) -> None:
        """Free extents."""
        self.work(lambda: self.store.reclaim(operation.extents or None))

    def work(self, call: Callable[[], object]) -> None:
        """Background work, which may find no room."""
        try:
            call()
        except StoreFull as error:
            self.full(error, 0)

    def reclaim_later(self, _operation: ReclaimLater) -> None:
        """Evacuate an extent, and queue its reset."""
        reclamation = self.store.reclamation
        candidates = [each for each in reclamation.candidates(frozenset({"data"})) if each.spent_bytes]
        if candidates:
            victim = min(candidates, key=lambda each: (each.live_bytes, each.number))
            self.work(lambda: reclamation.reclaim([victim.number]))

    def records(self, operation: Records) -> None:
        """Records of the superblock, one after the other."""
        for _ in range(operation.count):
            self.store.superblock.next_record()
            self.store.writeback.step()

    # Reboots.

    def reboot(self, _operation: Reboot) -> None:
        """Close cleanly and open again: nothing is lost."""
        try:
            self.store.close()
        except StoreFull as error:
            # No room to close cleanly: the store goes on.
            self.full(error, 0)
            return
        self.expect_all_persistent("a clean close")
        self.restart(())
        self.compare_all()
        self.durability.found(self._values)

    def crash(self, operation: Crash) -> None:
        """Power fails; what survives is drawn."""
        self.lose_power()
        self.recover(drawn_survivors(self.disk, operation.draw))

    def power_cut(self, operation: PowerCut) -> None:
        """Power fails; this survives."""
        self.lose_power()
        self.recover(operation.kept)

    def lose_power(self) -> None:
        """Nothing that the store still holds reaches the disk."""
        self.store.abandon()

    def plan_cut(self, operation: Cut | CutKeep) -> None:
        """Power will fail during the next operation."""
        self._cut = operation

    def apply_until_cut(self, operation: Operation) -> None:
        """The operation, and a power failure in its midst."""
        cut, self._cut = self._cut, None
        assert cut is not None, "a cut was planned"
        remaining = cut.after

        def count_down(verb: str, _extent: int, _offset: int, _length: int) -> None:
            nonlocal remaining
            if verb in UNCOUNTED:
                return
            if not remaining:
                raise PowerFailed
            remaining -= 1

        self.faults = self.disk.faults = count_down
        try:
            self.apply_by_kind[operation.__class__](operation)
        except PowerFailed:
            self.say_interrupted(operation)
        finally:
            self.faults = self.disk.faults = None
        self.lose_power()
        self.recover(cut.kept if isinstance(cut, CutKeep) else drawn_survivors(self.disk, cut.draw))

    def say_interrupted(self, operation: Operation) -> None:
        """A change that power failed in may have taken effect: after the crash both are legal."""
        if isinstance(operation, Put | PutDurable | PutStream | PutMany | Delete):
            if isinstance(operation, Delete):
                self.durability.say(self.keys[operation.key], None)
                return
            keys = self.keys_from(operation.key, operation.count if isinstance(operation, PutMany) else 1)
            # The same values once more.
            self.puts -= len(keys)
            for key in keys:
                self.durability.say(key, self.value(operation.size))

    def restart(self, kept: Sequence[Kept]) -> None:
        """Open what the disk holds after it lost power."""
        self.disk = self.disk.crash(kept)
        self.disk.faults = self.faults
        self.store = self.open()
        self.expect_no_damage()

    def recover(self, kept: Sequence[Kept]) -> None:
        """Open what is left, and take over what it holds."""
        legal = self.durability.legal_states()
        self.restart(kept)
        found = self.mapping()
        key = illegal_key(legal, found)
        if key is not None:
            expected = " or ".join(shown(value) for value in legal.get(key, (None,)))
            raise Mismatch("persistence", f"{expected} under {shown(key)}", shown(found.get(key)))
        self.durability.found(found)
        self._values.clear()
        self._values.update(found)
