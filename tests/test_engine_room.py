"""A store is not full before its time, whatever background work gets to do."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from engine import Limits, Shape, Store
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness, Thread, ThreadSync
from engine.victims import Candidate, choose
from roundtrip.histories.history import History
from roundtrip.histories.operations import parse_operation
from roundtrip.histories.presets import preset_named


class NeverScheduled(ThreadSync):
    """Its threads get no time: what background work would have done in advance is never done."""

    def start(self, name: str, target: Callable[[], None]) -> Thread:  # noqa: ARG002  # never run
        return self

    def join(self, timeout: float | None = None) -> None:
        pass


def test_a_flush_that_comes_between_does_not_take_the_room_that_reclamation_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = Shape(extent_count=64, extent_size_bytes=65536)
    seams = Seams(sync=NeverScheduled(), randomness=SeededRandomness(1))
    store = Store.create_on(MemoryDisk(shape.extent_count, shape.extent_size_bytes), shape, Limits(), seams)
    drawn = random.Random(1)
    keys = [drawn.randbytes(16) for _ in range(3883)]
    store.put_many((key, bytes(100)) for key in keys)
    store.flush().wait()
    reclaim_some: Callable[[], bool] = getattr(store.maintenance, "_reclaim_some")  # noqa: B009  # between its callers and it

    def reclaim_after_a_flush() -> bool:
        store.index.flush()  # what the thread may do between the put that found no room and this
        return reclaim_some()

    monkeypatch.setattr(store.maintenance, "_reclaim_some", reclaim_after_a_flush)
    newest = {}
    for number in range(20000):
        key = drawn.choice(keys)
        newest[key] = number.to_bytes(100, "big")
        store.put(key, newest[key])
    assert store.stats().reclaimed_extents > 0
    assert all(store.get(key) == newest.get(key, bytes(100)) for key in keys)
    store.close()


def test_regression_a_put_into_a_nearly_full_store_ends() -> None:
    # Each value fills an extent but for a rest, which stays one wherever the value is moved to.
    lines = ("put 0 5655", "put 6 1401", "put 1 4998", "put 0 3983", "put-many 1 6 3982", "delete 1", "put 2 10")
    history = History(preset="enumerated", placement="same", operations=tuple(map(parse_operation, lines)))
    assert history.run().refused == 1


def test_rests_alone_are_worth_it_only_where_fewer_extents_hold_the_same() -> None:
    large, small = [Candidate(number, 3374, 3374, 658) for number in range(3)], [Candidate(9, 1500, 1500, 2500)] * 2
    assert choose(large, room_bytes=99999, most=8, gain_bytes=256, capacity_bytes=4032) == []
    assert choose(small, room_bytes=99999, most=8, gain_bytes=256, capacity_bytes=4032) == [9, 9]
    assert choose(small, room_bytes=2000, most=8, gain_bytes=256, capacity_bytes=4032) == []
    assert choose(small, room_bytes=99999, most=1, gain_bytes=256, capacity_bytes=4032) == []


def test_regression_runs_are_merged_where_the_memtable_never_fills() -> None:
    preset = preset_named("tiny")
    store = Store.create_on(preset.new_disk(), preset.shape, preset.limits, Seams(randomness=SeededRandomness(1)))
    for number in range(2500):
        store.put(b"%d" % (number % 4), number.to_bytes(400, "big"))
    assert len(store.index.runs) < 12
    store.close()
