"""Crash states are enumerated to the end, judged by what is legal, and the checker is seen to fail."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine import Store
from engine.index import Index
from engine.tree_metadata import TreeUpdate
from engine.writeback import Writeback
from roundtrip.campaign.kinds import run_block
from roundtrip.crash.blocks import PER_BLOCK, enumerations, sampled_block
from roundtrip.crash.exhaustive import ALPHABET, Enumeration, histories_of
from roundtrip.crash.judging import Judge
from roundtrip.crash.points import crash_points
from roundtrip.crash.prepared import PREPARED, UnknownPrepared, prepared_named
from roundtrip.crash.recall import NotDeterministic, Recall
from roundtrip.crash.sampling import Sampling
from roundtrip.crash.variants import DurableVariants, images_of, kept_of, variants_of
from roundtrip.histories.drivers import history_of
from roundtrip.histories.finding import Finding
from roundtrip.histories.operations import Drain, Operation, Put, Reboot, Synchronize
from roundtrip.histories.presets import preset_named
from roundtrip.histories.session import Session

PRESET = "enumerated"


def session_of(*names: str) -> Iterator[Session]:
    for name in names or PREPARED:
        session = Session(preset_named(PRESET))
        for operation in PREPARED[name].operations:
            session.apply(operation)
        yield session


def enumerate_history(name: str, *operations: Operation) -> Enumeration:
    enumeration = Enumeration(PREPARED[name], PRESET)
    with enumeration.judge.recording():
        enumeration.history(operations)
    return enumeration


def enumerate_one(name: str, depth: int = 1, preset: str = PRESET) -> Enumeration:
    enumeration = Enumeration(PREPARED[name], preset)
    for _ in enumeration.run(depth):
        pass
    return enumeration


@pytest.mark.parametrize("preset", [PRESET, "enumerated-zoned", "enumerated-v2"])
@pytest.mark.parametrize("name", ["empty", "unclean-open"])
def test_every_image_of_every_single_operation_is_legal(name: str, preset: str) -> None:
    enumeration = enumerate_one(name, preset=preset)
    assert (enumeration.findings, enumeration.histories) == ([], len(ALPHABET))
    assert enumeration.judge.counts.images > 1000
    assert enumeration.judge.counts.examined < enumeration.judge.counts.images


def test_the_count_of_images_reproduces_to_the_unit() -> None:
    one, other = enumerate_one("empty").judge, enumerate_one("empty").judge
    assert (one.counts, one.digest(), one.names()) == (other.counts, other.digest(), other.names())


def test_histories_are_all_of_them() -> None:
    assert len(list(histories_of(2))) == len(ALPHABET) + len(ALPHABET) ** 2
    assert len(set(histories_of(2))) == len(ALPHABET) + len(ALPHABET) ** 2


def test_prepared_stores_are_what_they_say() -> None:
    half_dead, two_runs, reset_pending, switch = session_of(
        "half-dead", "two-runs", "reset-pending", "superblock-switch"
    )
    extents = half_dead.store.extents
    half_dead.store.index.count_live()
    shares = [
        half_dead.store.reclamation.live_bytes(extent) / extent.pointer
        for extent in extents.all[8:]
        if extent.owner == "data" and extent.pointer > extents.size * 0.9
    ]
    assert any(0.3 < share < 0.7 for share in shares)
    assert [run.tombstone_count for run in two_runs.store.index.runs] == [1, 0]
    assert len(reset_pending.store.superblock.resets) == 1
    pair = switch.store.superblock.pair
    switch.apply(Put(0, 10))
    switch.apply(Synchronize())
    assert switch.store.superblock.pair != pair


def test_an_unknown_prepared_store_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownPrepared, match="expected one of empty, half-dead"):
        prepared_named("full")


def test_images_are_what_the_disk_leaves() -> None:
    for preset in (PRESET, "enumerated-zoned"):
        session = Session(preset_named(preset))
        session.apply(Put(0, 300))
        session.apply(Put(1, 700))
        session.apply(Drain())
        durable = DurableVariants().of(session.disk)
        found = variants_of(session.disk, durable)
        assert found
        seen = set()
        for chosen in images_of(found):
            left = session.disk.crash(kept_of(chosen))
            image = {number: left.read(number, 0, left.extent_size_bytes) for number in found}
            assert image == {number: variant.data for number, variant in zip(found, chosen, strict=True)}
            seen.add(tuple(image.values()))
        assert len(seen) == sum(1 for _ in images_of(found))


def test_every_disk_operation_is_a_crash_point() -> None:
    (session,) = session_of("empty")
    session.apply(Put(0, 10))
    points = crash_points(session, Synchronize())
    assert [point.after for point in points] == list(range(1, len(points) + 1))
    key = session.keys[0]
    assert points[0].legal[key] == (None, session.model.get(key))
    assert points[-1].legal[key] == (session.model.get(key),)


def test_the_same_answers_lead_to_the_same_question() -> None:
    recall = Recall()
    recall.keep([(("read", 0, 0, 1), b"a"), (("read", 1, 0, 1), b"b")], 0)
    with pytest.raises(NotDeterministic, match="the same answers"):
        recall.keep([(("read", 0, 0, 1), b"a"), (("read", 2, 0, 1), b"b")], 0)
    with pytest.raises(NotDeterministic, match="outcomes 0 and 1"):
        recall.keep([(("read", 0, 0, 1), b"a"), (("read", 1, 0, 1), b"b")], 1)


def test_sampled_crash_states_repeat_and_find_nothing() -> None:
    results = []
    for _ in range(2):
        sampling = Sampling("tiny", seed=3, drawn=5)
        for number in range(2):
            sampling.history(history_of(3, number, "tiny", crashes=True), number)
        assert sampling.findings == []
        results.append((sampling.judge.counts, sampling.judge.digest()))
    assert results[0] == results[1]
    assert results[0][0].images > 100


def test_blocks_run_as_any_block_of_a_campaign() -> None:
    (block,) = enumerations([PRESET], 1, ["empty"])
    result = run_block(block)
    assert (result.histories, result.found, result.states["images"]) == (len(ALPHABET), 0, result.images)
    assert type(result).from_json(result.to_json()) == result
    assert PER_BLOCK > 0
    assert sampled_block.__module__ == "roundtrip.crash.blocks"


# Seen to fail.


def finding_of(enumeration: Enumeration, law: str) -> Finding:
    """The first finding of a law, which must come again when its history is run."""
    finding = next(each for each in enumeration.findings if each.law == law)
    again = finding.replay()
    assert again is not None
    assert again.law in {law, "persistence", "torn is not rotten", "no unexpected error"}
    return finding


def test_a_mark_that_outlives_the_close_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, step = Store._begin, Writeback.step  # noqa: SLF001  # to plant a bug in them

    def begin_at_once(store: Store) -> None:
        """As it was: the mark goes together with everything else."""
        monkeypatch.setattr(Writeback, "step", step)
        begin(store)

    opened = Store._opened.__func__  # type: ignore[attr-defined]  # noqa: SLF001  # likewise

    def open_without_first_step(kind: type[Store], /, *arguments: object, **options: object) -> Store:
        monkeypatch.setattr(Writeback, "step", lambda _writeback: False)
        return opened(kind, *arguments, **options)  # type: ignore[no-any-return]  # a store

    monkeypatch.setattr(Store, "_begin", begin_at_once)
    monkeypatch.setattr(Store, "_opened", classmethod(open_without_first_step))
    enumeration = enumerate_history("two-runs", Reboot())
    assert finding_of(enumeration, "torn is not rotten").history.operations[-1] == Reboot()


def test_an_index_entry_before_its_chunk_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    install = Index._install  # noqa: SLF001  # likewise

    def without_edges(index: Index, update: TreeUpdate, added: Any, removed: Any, _segments: Any) -> None:
        install(index, update, added, removed, ())
        update.after = ()

    monkeypatch.setattr(Index, "_install", without_edges)
    enumeration = enumerate_history("empty", Put(0, 10), Synchronize())
    assert finding_of(enumeration, "recovery").history.operations[-1] == Synchronize()


def test_a_level_without_a_sync_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (session,) = session_of("empty")
    session.apply(Put(0, 10))
    with monkeypatch.context() as patch:
        patch.setattr(type(session.disk), "sync", lambda _disk: None)
        points = crash_points(session, Synchronize())
    judge = Judge(preset_named(PRESET))
    with judge.recording():
        illegal = judge.judge(points[-1], lambda found: product(*(variants.whole for variants in found.values())))
    assert "persistence" in {each.mismatch.law for each in illegal}


def test_a_finding_stands_for_the_very_image(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        # What recovery found is forgotten: then nothing that was persistent is there.
        patch.setattr(Index, "open_runs", lambda _index: None)
        finding = finding_of(enumerate_history("empty", Put(0, 10), Synchronize()), "the reference store agrees")
    assert Finding.parse(finding.text()) == finding
    assert finding.replay() is None
