"""Every disk obeys every law of the protocol, and every law is seen to fail on a disk with a bug planted."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from random import Random

import pytest

from engine.disk import Buffer, Disk
from engine.disk_state import DiskState
from engine.file_disk import FileDisk
from engine.memory_disk import MemoryDisk
from engine.system_calls import OperatingSystem, System
from engine.zoned_disk import ZonedDisk
from roundtrip.disk_conformance import LAWS, Maker, broken_laws, check_law


class Grudging:
    """Seldom moves all that is asked for, and is interrupted half of the time."""

    fdatasync = staticmethod(os.fdatasync)
    fsync = staticmethod(os.fsync)
    posix_fallocate = staticmethod(os.posix_fallocate)
    posix_fadvise = staticmethod(os.posix_fadvise)
    dup2 = staticmethod(os.dup2)
    close = staticmethod(os.close)

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def grudge(self, length: int) -> int:
        if self.random.random() < 0.5:
            raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))
        return self.random.randint(1, max(1, length))

    def pread(self, descriptor: int, length: int, position: int) -> bytes:
        return os.pread(descriptor, self.grudge(length) if length else 0, position)

    def pwritev(self, descriptor: int, buffers: Sequence[Buffer], position: int) -> int:
        data = b"".join(buffers)
        return os.pwrite(descriptor, data[: self.grudge(len(data))], position)


class Files:
    """Files in a folder; a restart closes and opens."""

    def __init__(self, folder: Path, system: System, kind: type[FileDisk] = FileDisk) -> None:
        self.folder = folder
        self.system = system
        self.kind = kind
        self.numbers = count()

    def make(self, extent_count: int, extent_size_bytes: int) -> FileDisk:
        path = self.folder / f"{next(self.numbers)}.disk"
        return self.kind.create(path, extent_count, extent_size_bytes, system=self.system)

    def restart(self, disk: Disk) -> FileDisk:
        assert isinstance(disk, FileDisk)
        disk.close()
        again = self.kind.open(disk.path, system=self.system)
        again.divide(disk.extent_size_bytes)
        return again


class Memory:
    """Disks in memory; a restart is a crash that any unsynced write may survive, or a part of it."""

    def __init__(self, kind: type[MemoryDisk], seed: int = 0) -> None:
        self.kind = kind
        self.random = Random(seed)

    def make(self, extent_count: int, extent_size_bytes: int) -> MemoryDisk:
        return self.kind(extent_count, extent_size_bytes)

    def restart(self, disk: Disk) -> MemoryDisk:
        assert isinstance(disk, MemoryDisk)
        chosen = [
            self.random.choice(list(disk.survivals(index)))
            for index in range(len(disk.unsynced))
            if self.random.random() < 0.7
        ]
        return disk.crash(disk.possible(chosen))


SUBJECTS: dict[str, Callable[[Path, int], Maker]] = {
    "file": lambda folder, _seed: Files(folder, OperatingSystem()),
    "file on a grudging system": lambda folder, seed: Files(folder, Grudging(seed)),
    "memory": lambda _folder, seed: Memory(MemoryDisk, seed),
    "zoned": lambda _folder, seed: Memory(ZonedDisk, seed),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_disk_obeys_law(subject: str, law: str, tmp_path: Path, seed: int) -> None:
    check_law(law, SUBJECTS[subject](tmp_path, seed), seed)


class GathersBackwards(MemoryDisk):
    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        super().write(extent, offset, buffers[::-1])


class WritesOneByteLate(MemoryDisk):
    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        super().write(extent, min(offset + 1, self.extent_size_bytes - sum(map(len, buffers))), buffers)


class LosesTheTail(FileDisk):
    def _write_on(self, position: int, buffers: Sequence[Buffer], done: int) -> None:
        if not done:
            super()._write_on(position, buffers, done)


class CarriesOnFromTheFirstBuffer(FileDisk):
    def _write_on(self, position: int, buffers: Sequence[Buffer], done: int) -> None:
        rest = b"".join(buffers)
        super()._write_on(position, [rest[: len(rest) - done]], 0)


class TakesTwoBuffersOnly(FileDisk):
    def _write_on(self, position: int, buffers: Sequence[Buffer], done: int) -> None:
        super()._write_on(position, buffers if done else buffers[:2], done)


class ReadsTheNeighbour(MemoryDisk):
    def read(self, extent: int, offset: int, length: int) -> bytes:
        start = extent * self.extent_size_bytes + offset
        return self.image()[max(0, start) : start + length].ljust(length, b"\0")


class WritesTheNeighbour(MemoryDisk):
    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        data = b"".join(buffers)
        size = self.extent_size_bytes
        super().write(extent, offset, [data[: max(0, size - offset)]])
        if offset + len(data) > size and extent + 1 < self.extent_count:
            super().write(extent + 1, 0, [data[size - offset :]])


class CountsItems(FileDisk):
    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        length = sum(map(len, buffers))
        super().write(extent, offset, [b"".join(buffers)[:length]])


class ForgetsAfterSync(MemoryDisk):
    def sync(self) -> None:
        super().sync()
        for extent in range(self.extent_count):
            self.damage(extent, 64, bytes(1))


class SyncsNothing(MemoryDisk):
    def sync(self) -> None:
        self.reads_still_work = True


class ResetLeaks(MemoryDisk):
    def reset(self, extent: int) -> None:
        super().reset(extent)
        if extent + 1 < self.extent_count:
            self.damage(extent + 1, 0, bytes(8))


class ResetKeepsThePointer(ZonedDisk):
    def reset(self, extent: int) -> None:
        self._begin("reset", extent)


class AllocationWipes(MemoryDisk):
    def allocate(self, extent: int) -> None:
        super().allocate(extent)
        self.damage(extent, 0, bytes(16))


class UnwrittenIsOnes(MemoryDisk):
    def read(self, extent: int, offset: int, length: int) -> bytes:
        found = super().read(extent, offset, length)
        return found if extent in self._views else b"\xff" * len(found)


class KeepsTheBuffers(MemoryDisk):
    def __init__(self, extent_count: int, extent_size_bytes: int, *, state: DiskState | None = None) -> None:
        super().__init__(extent_count, extent_size_bytes, state=state)
        self.last: tuple[int, int, Sequence[Buffer]] = (0, 0, [])

    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        super().write(extent, offset, buffers)
        self.last = (extent, offset, buffers)

    def sync(self) -> None:
        super().write(*self.last)
        super().sync()


class SeeksThenReads(FileDisk):
    def read(self, extent: int, offset: int, length: int) -> bytes:
        super().read(extent, offset, length)
        os.lseek(self._descriptor, extent * self.extent_size_bytes + offset, os.SEEK_SET)
        time.sleep(0)  # another thread gets its turn in between
        return os.read(self._descriptor, length)


class WorksWhenClosed(MemoryDisk):
    def close(self) -> None:
        self.sync()


class ClosesTwice(FileDisk):
    def close(self) -> None:
        self.system.close(self._descriptor)


class HarmsWhatWasSynced(MemoryDisk):
    def write(self, extent: int, offset: int, buffers: Sequence[Buffer]) -> None:
        # The sector that the write begins in is emptied first, for good, and written whole again.
        start = offset - offset % 512
        former = self.read(extent, start, offset - start)
        self.damage(extent, start, bytes(offset - start))
        super().write(extent, start, [former, *buffers])


def memory(kind: type[MemoryDisk]) -> Callable[[Path, int], Maker]:
    return lambda _folder, seed: Memory(kind, seed)


def file(kind: type[FileDisk], *, is_grudging: bool = False) -> Callable[[Path, int], Maker]:
    return lambda folder, seed: Files(folder, Grudging(seed) if is_grudging else OperatingSystem(), kind)


#: Each planted bug, and a law that finds it.
PLANTS: dict[str, tuple[Callable[[Path, int], Maker], str]] = {
    "gathers backwards": (memory(GathersBackwards), "buffers_are_gathered_in_order"),
    "writes one byte late": (memory(WritesOneByteLate), "what_was_written_is_read"),
    "loses the tail of a short write": (file(LosesTheTail, is_grudging=True), "what_was_written_is_read"),
    "carries on from the first buffer": (
        file(CarriesOnFromTheFirstBuffer, is_grudging=True),
        "what_was_written_is_read",
    ),
    "takes two buffers of a large write": (file(TakesTwoBuffersOnly), "large_writes_are_whole"),
    "reads the neighbour": (memory(ReadsTheNeighbour), "places_outside_are_refused"),
    "writes the neighbour": (memory(WritesTheNeighbour), "an_extent_is_full_at_its_border"),
    "counts items for bytes": (file(CountsItems), "buffers_are_gathered_in_order"),
    "forgets after a sync": (memory(ForgetsAfterSync), "histories_agree_with_the_model"),
    "syncs nothing": (memory(SyncsNothing), "synced_bytes_survive"),
    "reset leaks": (memory(ResetLeaks), "neighbours_are_untouched"),
    "reset keeps the pointer": (memory(ResetKeepsThePointer), "a_reset_begins_a_new_life"),
    "allocation wipes": (memory(AllocationWipes), "unwritten_bytes_are_zeros"),
    "unwritten is ones": (memory(UnwrittenIsOnes), "unwritten_bytes_are_zeros"),
    "keeps the buffers": (memory(KeepsTheBuffers), "buffers_are_not_kept"),
    "seeks then reads": (file(SeeksThenReads), "threads_do_not_mix"),
    "works when closed": (memory(WorksWhenClosed), "a_closed_disk_refuses"),
    "closes twice": (file(ClosesTwice), "a_closed_disk_refuses"),
    "harms what was synced": (memory(HarmsWhatWasSynced), "unsynced_bytes_harm_no_others"),
}


#: Bugs that show in an error of the disk's own. All others must be seen by the law, and not by an accident.
REFUSED_BY_THE_DISK = {
    "reset keeps the pointer": "OSError: [Errno 5] zone",
    "closes twice": "OSError: [Errno 9]",
}


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_bug_is_found(plant: str, tmp_path: Path, seed: int) -> None:
    make, law = PLANTS[plant]
    seen = broken_laws(make(tmp_path, seed), seed)[law]
    assert seen.startswith(REFUSED_BY_THE_DISK.get(plant, "LawBroken"))


def test_every_law_has_a_bug_that_it_finds() -> None:
    assert {law for _make, law in PLANTS.values()} == set(LAWS)


def test_laws_repeat_by_their_seed(seed: int) -> None:
    first, second = (broken_laws(Memory(GathersBackwards), seed) for _ in range(2))
    assert first == second != {}
