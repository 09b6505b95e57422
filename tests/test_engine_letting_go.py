"""A store that is closed gives back at once what it held, though its parts name one another."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine import Dependency, Limits, Shape, Store
from engine.errors import StoreClosed
from engine.memory_disk import MemoryDisk
from roundtrip.histories.history import History
from roundtrip.histories.operations import Put, Reclaim
from roundtrip.histories.placement import PLACEMENTS

SHAPE = Shape(extent_count=24, extent_size_bytes=8192, page_size_bytes=512)


@pytest.fixture(autouse=True)
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def busy_store() -> tuple[Store, Dependency]:
    """A store with something of everything: frozen and pending bytes, runs, a reset that waits; and its last put."""
    store = Store.create_on(MemoryDisk(24, 8192), SHAPE, Limits(memtable_entries=8, background=False))
    for number in range(60):
        store.put(b"key %d" % (number % 9), b"v" * 300)
    store.flush().wait()
    victim, *_ = store.reclamation.candidates(frozenset({"data"}))
    store.reclamation.reclaim([victim.number])
    return store, store.put(b"late", b"v" * 3000)


@pytest.mark.parametrize("ending", [Store.close, Store.abandon])
def test_a_store_that_is_gone_leaves_no_garbage(ending: Callable[[Store], None]) -> None:
    store, dependency = busy_store()
    ending(store)
    parts: list[weakref.ref[Any]] = [
        weakref.ref(part) for part in (store.index, store.extents, store.maintenance, store.superblock)
    ]
    del store
    assert [part() for part in parts] == [None] * 4
    assert dependency.is_persistent() == (ending is Store.close)


def test_a_dependency_outlives_an_abandoned_store() -> None:
    store, dependency = busy_store()
    store.abandon()
    del store
    with pytest.raises(StoreClosed):
        dependency.wait()


def test_a_session_that_ended_leaves_no_garbage() -> None:
    operations = (*(Put(key % 5, 700) for key in range(30)), Reclaim(1), Put(1, 900))
    session = History(preset="tiny", placement=PLACEMENTS[0], operations=operations).run()
    left: list[weakref.ref[Any]] = [weakref.ref(session), weakref.ref(session.store.index)]
    session.end()
    del session
    assert [one() for one in left] == [None, None]
