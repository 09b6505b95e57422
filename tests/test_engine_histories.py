"""Random histories of one store against a dict, with clean reopens and with crashes that lose any unsynced write."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from engine import Dependency, Limits, Shape, Store
from engine.crash_choice import Kept
from engine.errors import StoreFull
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness
from engine.zoned_disk import ZonedDisk

#: So small that every path runs within a few dozen operations.
SHAPE: Final = Shape(extent_count=40, extent_size_bytes=16384, page_size_bytes=512)
LIMITS: Final = Limits(
    memtable_entries=20,
    cache_bytes=4096,
    buffer_pool_bytes=8192,
    write_bytes=2048,
    chunk_bytes=3000,
    run_fanout=3,
    background=False,
)
SIZES: Final = (0, 1, 10, 100, 463, 464, 465, 500, 1000, 2999, 3000, 3001, 4000)
Value = bytes | None


class History:
    """A store, and for each key its last persistent value and everything that was said of it since."""

    def __init__(self, seed: int, disk: MemoryDisk) -> None:
        self.random = random.Random(seed)
        self.seams = Seams(randomness=SeededRandomness(seed))
        self.disk = disk
        self.store = Store.create_on(disk, SHAPE, LIMITS, self.seams)
        self.values: dict[bytes, bytes] = {}
        self.said: dict[bytes, list[tuple[Value, Dependency]]] = {}

    def change(self, key: bytes, value: Value) -> None:
        """A put, or a delete."""
        try:
            dependency = self.store.delete(key) if value is None else self.store.put(key, value)
        except StoreFull:
            assert value is not None, "a full store deletes"
            assert self.store.get(key) == self.values.get(key)
            return
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value
        self.said.setdefault(key, []).append((value, dependency))

    def step(self, *, crashes: bool) -> None:
        """One random operation, its result checked."""
        chance, key = self.random.random(), b"key %d" % self.random.randrange(60)
        if chance < 0.5:
            size = 20000 if chance < 0.01 else self.random.choice(SIZES)
            self.change(key, self.random.randbytes(size))
        elif chance < 0.65:
            self.change(key, None)
        elif chance < 0.85:
            assert self.store.get(key) == self.values.get(key)
        elif chance < 0.88:
            assert list(self.store.scan(key)) == sorted(each for each in self.values if each >= key)
        elif chance < 0.91:
            self.store.flush()
        elif chance < 0.93:
            self.store.flush().wait()
        elif chance < 0.94:
            self.store.compact()
        elif chance < 0.96:
            self.store.reclaim(self.random.choice((1, 2, None)))
        elif chance < 0.98 or not crashes:
            self.reopen()
        else:
            self.crash()

    def reopen(self) -> None:
        """A clean close: everything is persistent, nothing is lost."""
        self.store.close()
        assert all(dependency.is_persistent() for said in self.said.values() for _, dependency in said)
        self.recover(())

    def crash(self) -> None:
        """Any part of the unsynced writes survives, each whole, cut short, or without one sector."""
        kept = self.disk.possible(tuple(self.survivors()))
        self.store.abandon()
        self.recover(kept)

    def survivors(self) -> Iterator[Kept]:
        """What the crash leaves."""
        for index, write in enumerate(self.disk.unsynced):
            fate = self.random.randrange(4)
            if fate == 1 or (fate and not write.data):
                yield Kept(index)
            elif fate == 2:
                yield Kept(index, length=self.random.randrange(len(write.data)))
            elif fate == 3:
                yield Kept(index, without_sector=self.random.choice(write.sectors()))

    def recover(self, kept: tuple[Kept, ...]) -> None:
        """Open what is left, and check it against what had become persistent."""
        self.disk = self.disk.crash(kept)
        self.store = Store.open_on(self.disk, LIMITS, self.seams)
        assert self.store.root_damage == ()
        found = {key: self.store.get(key) for key in self.store.scan()}
        for key, said in self.said.items():
            persistent = [at for at, (_, dependency) in enumerate(said) if dependency.is_persistent()]
            legal = [value for value, _ in said[persistent[-1] if persistent else 0 :]]
            assert found.get(key) in (legal if persistent else [None, *legal])
        assert found.keys() <= self.said.keys()
        report = self.store.scrub()
        assert report.is_clean(), [str(damage) for damage in report.damage]
        self.values = {key: value for key, value in found.items() if value is not None}
        # What recovery found is on disk, so it is where the next history begins.
        self.said = {key: [(self.values.get(key), Dependency())] for key in self.said}


def run(seed: int, disk: MemoryDisk, steps: int, *, crashes: bool) -> History:
    history = History(seed, disk)
    for _ in range(steps):
        history.step(crashes=crashes)
    assert {key: history.store.get(key) for key in history.store.scan()} == history.values
    history.reopen()
    return history


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", [MemoryDisk, ZonedDisk])
def test_a_history_agrees_with_a_dict(seed: int, kind: type[MemoryDisk]) -> None:
    run(seed, kind(SHAPE.extent_count, SHAPE.extent_size_bytes), 800, crashes=False)


@pytest.mark.parametrize("seed", range(16))
@pytest.mark.parametrize("kind", [MemoryDisk, ZonedDisk])
def test_a_crash_loses_nothing_that_was_persistent(seed: int, kind: type[MemoryDisk]) -> None:
    run(seed, kind(SHAPE.extent_count, SHAPE.extent_size_bytes), 600, crashes=True)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", [MemoryDisk, ZonedDisk])
def test_background_work_changes_no_answer(kind: type[MemoryDisk], seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "LIMITS", msgspec.structs.replace(LIMITS, background=True))
    run(seed, kind(SHAPE.extent_count, SHAPE.extent_size_bytes), 600, crashes=False)


def test_the_same_seed_writes_the_same_bytes() -> None:
    images = []
    for _ in range(2):
        history = run(7, MemoryDisk(SHAPE.extent_count, SHAPE.extent_size_bytes), 300, crashes=True)
        images.append([history.disk.read(number, 0, SHAPE.extent_size_bytes) for number in range(SHAPE.extent_count)])
    assert images[0] == images[1]
