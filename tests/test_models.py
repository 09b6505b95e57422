"""The models keep their own laws, stand in for real parts, and agree with them; planted bugs in either are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from engine import Limits, Node, Shape, Store
from engine.dependency import GraphNode
from engine.errors import CallRefused, OutOfService
from engine.extents import HEADER_SIZE, StalePlace
from engine.locator import TOMBSTONE, Entry, Locator
from engine.memory_disk import MemoryDisk
from engine.recovery import ExtentState
from roundtrip.component_conformance import (
    COMPONENTS,
    model_sizes,
    replay_component,
    run_component,
    shrink_component,
)
from roundtrip.component_conformance.planted import PLANTED, model_forgets_in_a_crash_during_reclamation
from roundtrip.component_conformance.sizes import code_lines
from roundtrip.component_conformance.trial import Disagreement, Operation, equal
from roundtrip.models.chunks import ChunkStoreModel
from roundtrip.models.extents import ExtentModel, ExtentsModel
from roundtrip.models.index import IndexModel
from roundtrip.models.mocks import IndexMock, StoreMock
from roundtrip.models.node import NodeModel
from roundtrip.models.store import StoreModel
from roundtrip.models.superblock import SuperblockModel

Patch = pytest.MonkeyPatch

# Laws of the chunk store's model.


def test_chunk_model_never_reuses_a_locator() -> None:
    model = ChunkStoreModel()
    given: list[Locator] = []
    for round_number in range(20):
        given += [model.put(b"same payload") for _ in range(3)]
        given += model.reclaim(round_number, given[::2]).values()
        if round_number % 5 == 0:
            model.crash(given[-2:])
    assert len(set(given)) == len(given)


def test_chunk_model_keeps_what_is_named_and_forgets_the_rest() -> None:
    model = ChunkStoreModel()
    kept, dropped = model.put(b"kept"), model.put(b"dropped")
    moved = model.reclaim(kept[0], {kept})
    assert list(moved) == [kept]
    assert model.get(moved[kept]) == b"kept"
    for former in (kept, dropped):
        with pytest.raises(StalePlace):
            model.get(former)


def test_chunk_model_takes_a_reclamation_back_in_a_crash_unless_it_is_persistent() -> None:
    model = ChunkStoreModel()
    first = model.put(b"payload")
    second = model.reclaim(first[0], {first})[first]
    model.crash({first})
    assert model.get(first) == b"payload"
    third = model.reclaim(first[0], {first})[first]
    model.persist()
    model.crash({third})
    assert model.get(third) == b"payload"
    for former in (first, second):
        with pytest.raises(StalePlace):
            model.get(former)


# Laws of the index's model.


def node_of_graph() -> GraphNode:
    """A node that no store will ever make persistent by itself."""
    return GraphNode(cast("Any", None))


def entry_of(number: int) -> Entry:
    return ((8, 1, number, 10, 0),)


def test_index_model_answers_with_the_newest_entry_and_lists_no_deleted_key() -> None:
    model = IndexModel()
    for number, key in enumerate((b"b", b"a", b"c", b"a")):
        model.insert(key, entry_of(number), ())
    model.insert(b"c", TOMBSTONE, ())
    model.flush()
    model.compact()
    assert model.find(b"a") == entry_of(3)
    assert model.find(b"c") == TOMBSTONE
    assert model.find(b"d") is None
    assert list(model.batches()) == [([b"a", b"b"], [entry_of(3), entry_of(0)])]
    assert list(model.batches(b"c")) == []


def test_index_model_after_a_crash_is_one_that_it_was_and_no_older_than_what_was_persistent() -> None:
    model, nodes = IndexModel(), [node_of_graph() for _ in range(3)]
    dependencies = [model.insert(b"key", entry_of(number), (node,)) for number, node in enumerate(nodes)]
    nodes[1].persistent = True
    assert [dependency.is_persistent() for dependency in dependencies] == [False] * 3
    nodes[0].persistent = True
    assert [dependency.is_persistent() for dependency in dependencies] == [True, True, False]
    assert [state[b"key"] for state in model.possible()] == [entry_of(1), entry_of(2)]
    model.crash()
    assert model.find(b"key") == entry_of(1)
    assert model.barrier() == ()


# Laws of the models of extents and superblock.


def taken(model: ExtentsModel, data: bytes) -> ExtentModel:
    extent = model.take("data")
    assert extent is not None
    model.append(extent, (data,), len(data))
    return extent


def test_extents_model_refuses_reads_beyond_the_pointer_and_of_other_lives() -> None:
    model = ExtentsModel(12, 4096)
    extent = taken(model, b"0123456789")
    assert model.read(extent.number, 1, HEADER_SIZE + 4, 6) == b"456789"
    with pytest.raises(ValueError, match="beyond the pointer"):
        model.read(extent.number, 1, HEADER_SIZE + 4, 7)
    model.release(extent, 2)
    for generation, refusal in ((1, StalePlace), (2, ValueError), (3, StalePlace)):
        with pytest.raises(refusal):
            model.read(extent.number, generation, HEADER_SIZE, 1)
    with pytest.raises(AssertionError, match="no life comes twice"):
        model.release(extent, 2)


def test_extents_model_takes_the_extent_that_is_free_longest() -> None:
    model = ExtentsModel(11, 4096)
    first, second, third = (taken(model, b"") for _ in range(3))
    assert model.take("index") is None
    model.release(second, 2)
    model.release(first, 2)
    assert [extent and extent.number for extent in (model.take("data"), model.take("index"))] == [9, 8]
    assert third.state() == ExtentState(1, HEADER_SIZE, "data")


def test_superblock_model_holds_a_reset_back_until_its_inputs_are_persistent() -> None:
    extents, copy = ExtentsModel(12, 4096), node_of_graph()
    model = SuperblockModel(extents)
    extent = taken(extents, b"bytes")
    assert model.persisted[extent.number] == ExtentState(1, 0, "free")
    model.reset(extent, (copy,))
    model.write_record()
    assert model.persisted[extent.number] == ExtentState(1, HEADER_SIZE + 5, "data")
    copy.persistent = True
    assert model.persisted[extent.number].owner == "data"
    model.write_record()
    assert model.persisted[extent.number] == ExtentState(2, 0, "free")


def test_superblock_model_after_a_crash_appends_to_no_extent_of_before() -> None:
    extents = ExtentsModel(12, 4096)
    model = SuperblockModel(extents)
    used, lost = taken(extents, b"bytes"), None
    model.write_record()
    lost = taken(extents, b"never in a record")
    model.reopen(clean=False)
    assert used.state() == ExtentState(1, 4096, "data")
    assert lost.state() == ExtentState(2, 0, "free")
    assert extents.free == [9, 10, 11]


# Laws of the node's model.


def test_node_model_refuses_the_shards_of_a_missing_disk_and_has_them_when_it_returns() -> None:
    model = NodeModel([StoreModel() for _ in range(2)])
    keys = [b"shard %d" % number for number in range(10)]
    assert model.bulk_create((key, key) for key in keys).failed == {}
    away = model.disk_of(keys[0])
    model.remove_disk(away)
    with pytest.raises(OutOfService):
        model.get(keys[0])
    with pytest.raises(OutOfService):
        model.list()
    with pytest.raises(CallRefused):
        model.remove_disk(away)
    there = [key for key in keys if model.disk_of(key) != away]
    assert list(model.list(only_in_service=True)) == there
    assert list(model.bulk_remove(keys).failed) == [away]
    model.return_disk(away)
    assert list(model.list()) == [key for key in keys if key not in there]
    assert [disk.in_service for disk in model.disks()] == [True, True]


# The models as mocks.


def test_node_runs_over_store_models() -> None:
    """The real node, its slots and its bulk operations, without a single disk."""
    stores = [StoreMock() for _ in range(3)]
    node = Node.over([cast("Any", lambda store=store: store) for store in stores])
    keys = [b"shard %02d" % number for number in range(30)]
    assert node.bulk_create((key, key * 2) for key in keys).failed == {}
    assert node.put(keys[0], b"newer", durable=True).is_persistent()
    node.remove_disk(2)
    with pytest.raises(OutOfService):
        node.list()
    assert list(node.bulk_remove(keys[10:]).failed) == [2]
    node.return_disk(2)
    assert list(node.list()) == [key for at, key in enumerate(keys) if at < 10 or node.disk_of(key) == 2]
    assert node.get(keys[0]) == b"newer"
    assert sum(len(store.values) for store in stores) == len(list(node.list()))
    node.close()


def test_calls_of_a_store_run_over_models_of_index_and_chunk_store(monkeypatch: Patch) -> None:
    """The front of the real store: what it does between the call and the two parts, without either."""
    shape = Shape(extent_count=16, extent_size_bytes=8192, page_size_bytes=512)
    store: Any = Store.create_on(MemoryDisk(16, 8192), shape, Limits(background=False))
    store.index, store.chunks = IndexMock(), ChunkStoreModel()
    monkeypatch.setattr(store, "_find", store.index.find)
    monkeypatch.setattr(store, "_read", store.chunks.read)
    for number in range(200):
        store.put(b"key %03d" % number, b"v" * number)
    store.put_many((b"key %03d" % number, b"new") for number in range(150, 170))
    store.delete(b"key 151")
    assert store.get(b"key 100") == b"v" * 100
    assert store.get(b"key 151") is None
    assert store.size_of(b"key 150") == 3
    assert store.open_value(b"key 199").read(10) == b"v" * 10
    assert list(store.scan(b"key 149", b"key 153")) == [b"key 149", b"key 150", b"key 152"]
    store.abandon()


# Conformance.


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.parametrize("seed", range(3))
def test_component_agrees_with_its_model(name: str, seed: int) -> None:
    report = run_component(name, seed, 500)
    assert report.finding is None
    assert report.operations == 500


@pytest.mark.parametrize("name", COMPONENTS)
def test_history_of_a_seed_is_always_the_same_and_replays_from_its_text(name: str) -> None:
    report = run_component(name, 5, 150)
    assert report == run_component(name, 5, 150) == replay_component(name, 5, report.history)
    used = {line.split()[0] for line in run_component(name, 5, 600).history}
    assert used == {verb.name for verb in COMPONENTS[name].alphabet}


def test_history_that_is_none_is_refused() -> None:
    for line in ("jump", "put 1", "put 1 x", "put 1 -1", ""):
        with pytest.raises(CallRefused, match="expected one of"):
            replay_component("index", 0, [line])
    assert str(Operation.parse("put 1 5", COMPONENTS["index"].alphabet)) == "put 1 5"


def test_sizes_of_models_are_counted() -> None:
    sizes = model_sizes()
    assert {"store.py", "chunks.py", "index.py"} <= sizes.models.keys()
    assert max(sizes.models.values()) < 150
    assert 0.01 < sizes.ratio < 0.15
    assert code_lines('"""Docstring."""\n\n# comment\nx = (\n    1,\n)\n\ndef f():\n    """Doc\n    string."""\n') == 4


# Planted bugs.


@pytest.mark.parametrize(
    ("name", "plant"), [pytest.param(name, plant, id=plant.__name__) for name in PLANTED for plant in PLANTED[name]]
)
def test_planted_bug_is_found(name: str, plant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    reports = (run_component(name, seed, 600) for seed in range(20))
    report = next(report for report in reports if report.finding is not None)
    finding = report.finding
    assert finding is not None
    assert finding.number == report.operations == len(report.history)
    assert finding.operation == report.history[-1]
    assert finding.expected != finding.found


def test_finding_shrinks_to_the_few_operations_that_show_it(monkeypatch: Patch) -> None:
    model_forgets_in_a_crash_during_reclamation(monkeypatch)
    report = next(report for seed in range(10) if (report := run_component("chunks", seed, 600)).finding)
    shorter = shrink_component(report)
    assert shorter.finding is not None
    assert len(shorter.history) <= 6
    assert {line.split()[0] for line in shorter.history} > {"put", "reclaim"}
    assert shorter.finding.operation.startswith("crash")


def test_difference_is_shown_short() -> None:
    with pytest.raises(Disagreement) as difference:
        equal("short", "long " * 1000)
    assert difference.value.expected == "short"
    assert difference.value.found.endswith("… (5000 characters)")
