"""A disk with faults: whatever a `MemoryDisk` does, but for what an injector makes go wrong.

1. Every fault that happens is logged, with the number of the operation and the place.
2. Faults are planned by the number of the operation among those of its verb, so a run repeats itself exactly.
3. A power cut or an open keeps injector, plan and log: `crash` and `fork` give a faulty disk again.
4. A write that is lost, or lands elsewhere, moves a hard write pointer like any other.
"""

from __future__ import annotations

import errno
from random import Random
from typing import TYPE_CHECKING, Final, NoReturn

from engine.crash_choice import SECTOR_SIZE

from .injector import Injector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.crash_choice import Kept, Unsynced
    from engine.disk import Buffer
    from engine.memory_disk import Faults, MemoryDisk

    from .kinds import Fault

#: A misdirected write lands this far away at most, counted in sectors.
SECTORS_AWAY: Final = 16


class FaultyDisk:
    """A `Disk` around a `MemoryDisk`. `remembers`: keep what each sector held before its last write, for stale ones."""

    def __init__(
        self,
        inner: MemoryDisk,
        injector: Injector | None = None,
        *,
        remembers: bool = False,
        former: dict[tuple[int, int], bytes] | None = None,
    ) -> None:
        self.inner = inner
        self.injector = Injector() if injector is None else injector
        self.extent_count = inner.extent_count
        self.extent_size_bytes = inner.extent_size_bytes
        self.remembers = remembers
        self.former: dict[tuple[int, int], bytes] = {} if former is None else former

    # The protocol.

    def allocate(self, extent: int) -> None:
        """See `Disk.allocate`."""
        fault = self.injector.hit("allocate", extent)
        if fault is not None:
            self._fail(fault, extent, 0, self.extent_size_bytes)
        self.inner.allocate(extent)

    def reset(self, extent: int) -> None:
        """See `Disk.reset`."""
        fault = self.injector.hit("reset", extent)
        if fault is not None:
            self._fail(fault, extent, 0, 0)
        self.inner.reset(extent)

    def read(self, extent: int, offset: int, length: int) -> bytes:
        """See `Disk.read`."""
        fault = self.injector.hit("read", extent)
        if fault is None:
            return self.inner.read(extent, offset, length)
        if fault.is_error():
            self._fail(fault, extent, offset, length)
        self.injector.note(fault, extent, offset, length)
        other, at = self.elsewhere(fault, extent, offset)
        # The bytes of another place, in the length that was asked for.
        return self.inner.read(other, min(at, self.extent_size_bytes - length), length)

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        """See `Disk.write`."""
        fault = self.injector.hit("write", extent)
        if self.remembers:
            self._remember(extent, offset, sum(memoryview(buffer).nbytes for buffer in buffers))
        if fault is None:
            self.inner.write(extent, offset, buffers)
            return
        data = b"".join(buffers)
        if fault.kind == "short":
            self.inner.write(extent, offset, (data[: len(data) // 2],))
        if fault.is_error():
            self._fail(fault, extent, offset, len(data))
        self._write_wrongly(fault, extent, offset, data)

    def sync(self) -> None:
        """See `Disk.sync`; of one that fails, `kind` says what the file system does with what it lost."""
        fault = self.injector.hit("sync", -1)
        if fault is None:
            self.inner.sync()
            return
        inner = self.inner
        hook = inner.faults

        def refuse(verb: str, extent: int, offset: int, length: int) -> None:
            if hook is not None:
                hook(verb, extent, offset, length)
            self._fail(fault, extent, offset, length)

        inner.faults, inner.reverts_failed_sync = refuse, fault.kind == "sync-reverts"
        try:
            inner.sync()
        finally:
            inner.faults = hook

    def close(self) -> None:
        """See `Disk.close`."""
        self.inner.close()

    # What a `MemoryDisk` has beside the protocol.

    @property
    def faults(self) -> Faults | None:
        """Consulted by the inner disk: for power that fails at a planned moment."""
        return self.inner.faults

    @faults.setter
    def faults(self, faults: Faults | None) -> None:
        self.inner.faults = faults

    @property
    def unsynced(self) -> list[Unsynced]:
        """See `MemoryDisk.unsynced`."""
        return self.inner.unsynced

    def survivals(self, index: int) -> Iterator[Kept]:
        """See `MemoryDisk.survivals`."""
        return self.inner.survivals(index)

    def possible(self, keep: Iterable[Kept]) -> tuple[Kept, ...]:
        """See `MemoryDisk.possible`."""
        return self.inner.possible(keep)

    def crash(self, keep: Iterable[Kept] = ()) -> FaultyDisk:
        """See `MemoryDisk.crash`."""
        return FaultyDisk(self.inner.crash(keep), self.injector, remembers=self.remembers, former=self.former)

    def fork(self) -> FaultyDisk:
        """See `MemoryDisk.fork`; what either remembers from here on is its own, the injector is one."""
        return FaultyDisk(self.inner.fork(), self.injector, remembers=self.remembers, former=dict(self.former))

    # Decay.

    def decay(self, kind: str, extent: int, offset: int, draw: int = 0) -> tuple[int, ...]:
        """Let bytes decay where they lie: `rot` flips a bit of the byte at the offset (bytes), `zeroed`, `ones` and
        `stale` change its whole sector. The offsets of the bytes that are others now; none where nothing changes.
        """
        start = offset - offset % SECTOR_SIZE
        length = min(SECTOR_SIZE, self.extent_size_bytes - start)
        if kind == "rot":
            start, length = offset, 1
        # Whether the store has closed the disk or not: a medium decays.
        inner = self.inner.fork()
        before = inner.read(extent, start, length)
        after = {
            "rot": bytes([before[0] ^ (1 << draw % 8)]),
            "zeroed": bytes(length),
            "ones": b"\xff" * length,
            "stale": self.former.get((extent, start // SECTOR_SIZE), before),
        }[kind]
        self.inner.damage(extent, start, after)
        return tuple(start + at for at in range(length) if before[at] != after[at])

    # How it goes wrong.

    def elsewhere(self, fault: Fault, extent: int, offset: int) -> tuple[int, int]:
        """Where a misdirected operation goes: never to its own place."""
        drawn = Random(f"{fault.draw} {extent} {offset}")
        way = fault.draw % 4
        if way == 0:
            # A neighbour, at the same offset: of a root's first copy that is the second one.
            return extent ^ 1 if extent ^ 1 < self.extent_count else extent - 1, offset
        other = drawn.randrange(self.extent_count - 1)
        other += other >= extent
        if way == 1:
            return other, offset
        if way == 2:
            away = drawn.randrange(1, SECTORS_AWAY) * SECTOR_SIZE
            at = offset + away if offset + away < self.extent_size_bytes else offset - away
            return (extent, at) if at >= 0 else (other, offset)
        return other, drawn.randrange(self.extent_size_bytes // SECTOR_SIZE) * SECTOR_SIZE

    def _write_wrongly(self, fault: Fault, extent: int, offset: int, data: bytes) -> None:
        """Acknowledge a write, and do something else."""
        inner, end = self.inner, offset + len(data)
        written, touched = data, []
        if fault.kind == "rot":
            bit = Random(fault.draw).randrange(len(data) * 8)
            at = bit // 8
            written = data[:at] + bytes([data[at] ^ (1 << bit % 8)]) + data[at + 1 :]
            touched.append((extent, offset + at, offset + at + 1))
        elif fault.kind in {"lost", "misdirected"}:
            # What was there before is written again: so a hard write pointer moves.
            written = inner.read(extent, offset, len(data))
            touched.append((extent, offset, end))
        inner.write(extent, offset, (written,))
        if fault.kind in {"misdirected", "duplicated"}:
            other, at = self.elsewhere(fault, extent, offset)
            landed = data[: self.extent_size_bytes - at]
            inner.damage(other, at, landed)
            touched.append((other, at, at + len(landed)))
        self.injector.note(fault, extent, offset, len(data), *touched)

    def _fail(self, fault: Fault, extent: int, offset: int, length: int) -> NoReturn:
        """Log the fault and raise its error."""
        self.injector.note(fault, extent, offset, length)
        number = errno.ENOSPC if fault.kind == "enospc" else errno.EIO
        raise OSError(number, f"injected {fault.kind}")

    def _remember(self, extent: int, offset: int, length: int) -> None:
        """What the sectors of a write hold before it."""
        for sector in range(offset // SECTOR_SIZE, -(-(offset + length) // SECTOR_SIZE)):
            start = sector * SECTOR_SIZE
            size = min(SECTOR_SIZE, self.extent_size_bytes - start)
            self.former[extent, sector] = self.inner.read(extent, start, size)
