"""A disk with faults harms as planned, the store owes what the atlas says, and planted bugs are found."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engine import Store
from engine.errors import ChunkRotten, DiskFailed, StoreFull
from engine.memory_disk import MemoryDisk
from roundtrip.faults.atlas import ATLAS, atlas_markdown
from roundtrip.faults.disk import FaultyDisk
from roundtrip.faults.histories import HISTORIES, operations_named
from roundtrip.faults.injector import Injector
from roundtrip.faults.kinds import CALLS, ERRORS, SILENT, BadFault, Fault
from roundtrip.faults.nth import every_nth, try_fault
from roundtrip.faults.plan import Task, history_of, quick_plan
from roundtrip.faults.planted import PLANTED
from roundtrip.faults.replaying import replay_faults
from roundtrip.faults.run import FaultReport, run_faults
from roundtrip.faults.tally import Tally
from roundtrip.histories.finding import Finding
from roundtrip.histories.history import History
from roundtrip.histories.operations import parse_operation
from roundtrip.histories.presets import TINY_LIMITS, TINY_SHAPE

ROOT = Path(__file__).resolve().parent.parent

#: For each planted bug a task of the quick plan that finds it: the history, and the fault, or a kind of decay.
FOUND_BY = {
    "read-error-ends-the-extent": ("upkeep", "eio read 12 once 0"),
    "failed-sync-is-tried-again": ("upkeep", "sync-keeps sync 3 once 0"),
    "unreadable-is-absent": ("changes", "eio read 5 once 0"),
    "no-room-keeps-the-extent": ("upkeep", "enospc allocate 1 all 0"),
    "first-bad-copy-ends-the-chain": ("upkeep", "lost write 1 once 0"),
    "open-overwrites-what-it-read": ("changes", "short write 30 once 0"),
    "payload-is-not-verified": ("upkeep", "rot"),
    "rotten-page-is-empty": ("upkeep", "rot"),
    "failed-write-counts-as-done": ("changes", "eio write 1 once 0"),
}


@pytest.fixture(scope="module")
def report() -> FaultReport:
    return run_faults("tiny", seed=1, workers=2)


def faulty(*lines: str) -> FaultyDisk:
    """A disk of 8 extents of 4096 bytes on which extent 1 was written twice and synced."""
    disk = FaultyDisk(MemoryDisk(8, 4096), Injector([Fault.parse(line) for line in lines]), remembers=True)
    disk.injector.is_armed = False
    disk.write(1, 0, [b"a" * 600])
    disk.write(1, 600, [b"b" * 600])
    disk.sync()
    disk.injector.is_armed = True
    return disk


def history(*lines: str) -> History:
    return History(preset="tiny", placement="counter", operations=tuple(map(parse_operation, lines)))


def task(name: str) -> Task:
    where, line = FOUND_BY[name]
    return Task("decay", where, decay=line) if line == "rot" else Task("faults", where, Fault.parse(line))


# The disk.


@pytest.mark.parametrize("verb", ["read", "write", "sync", "allocate", "reset"])
def test_the_planned_operation_fails_once_and_is_logged(verb: str) -> None:
    kind = {"sync": "sync-keeps"}.get(verb, "eio")
    disk = faulty(f"{kind} {verb} 2 once 0")
    calls: dict[str, Callable[[], object]] = {
        "read": partial(disk.read, 1, 0, 4),
        "write": partial(disk.write, 2, 0, [b"x"]),
        "sync": disk.sync,
        "allocate": partial(disk.allocate, 2),
        "reset": partial(disk.reset, 2),
    }
    calls[verb]()
    with pytest.raises(OSError, match="injected") as caught:
        calls[verb]()
    calls[verb]()
    assert caught.value.errno == errno.EIO
    assert [(one.operation, one.verb) for one in disk.injector.log] == [(2, verb)]


def test_a_fault_lasts_on_its_extent_or_everywhere() -> None:
    for lasts, spared in (("extent", True), ("all", False)):
        disk = faulty(f"eio read 1 {lasts} 0")
        with pytest.raises(OSError, match="injected"):
            disk.read(1, 0, 4)
        with pytest.raises(OSError, match="injected"):
            disk.read(1, 8, 4)
        if spared:
            assert disk.read(2, 0, 4) == bytes(4)
        else:
            with pytest.raises(OSError, match="injected"):
                disk.read(2, 0, 4)


def test_a_lost_write_leaves_what_was_there_and_is_acknowledged() -> None:
    disk = faulty("lost write 1 once 0")
    disk.write(1, 600, [b"c" * 10])
    disk.sync()
    assert disk.crash().read(1, 600, 10) == b"b" * 10
    assert disk.injector.log[0].touched == ((1, 600, 610),)


@pytest.mark.parametrize("draw", range(4))
@pytest.mark.parametrize("kind", ["misdirected", "duplicated"])
def test_a_write_lands_elsewhere_and_the_log_says_where(kind: str, draw: int) -> None:
    disk = faulty(f"{kind} write 1 once {draw}")
    disk.write(1, 1200, [b"c" * 10])
    extent, start, end = disk.injector.log[0].touched[-1]
    assert (extent, start) != (1, 1200)
    assert disk.read(extent, start, end - start) == b"c" * 10
    assert disk.read(1, 1200, 10) == (b"c" * 10 if kind == "duplicated" else bytes(10))


def test_a_write_is_stored_with_one_wrong_bit() -> None:
    disk = faulty("rot write 1 once 5")
    disk.write(2, 0, [b"\0" * 100])
    assert sum(byte.bit_count() for byte in disk.read(2, 0, 100)) == 1


def test_a_misdirected_read_has_the_length_and_not_the_bytes() -> None:
    disk = faulty("misdirected read 1 once 1")
    assert disk.read(1, 0, 600) == bytes(600)
    assert disk.read(1, 0, 600) == b"a" * 600


def test_half_of_a_short_write_is_there() -> None:
    disk = faulty("short write 1 once 0")
    with pytest.raises(OSError, match="injected"):
        disk.write(2, 0, [b"cccc", b"dddd"])
    assert disk.read(2, 0, 8) == b"cccc\0\0\0\0"


@pytest.mark.parametrize(("kind", "read", "left"), [("keeps", b"c", b"\0"), ("reverts", b"\0", b"\0")])
def test_after_a_failed_sync_pages_stay_or_revert_and_no_later_sync_saves_them(
    kind: str, read: bytes, left: bytes
) -> None:
    disk = faulty(f"sync-{kind} sync 1 once 0")
    disk.write(2, 0, [b"c"])
    with pytest.raises(OSError, match="injected"):
        disk.sync()
    disk.sync()
    assert disk.read(2, 0, 1) == read
    assert disk.crash().read(2, 0, 1) == left


@pytest.mark.parametrize("kind", ["rot", "zeroed", "ones", "stale"])
def test_decay_changes_the_bytes_that_it_names_and_no_others(kind: str) -> None:
    disk = faulty()
    before = disk.read(1, 0, 4096)
    changed = disk.decay(kind, 1, 700, 3)
    after = disk.read(1, 0, 4096)
    assert changed == tuple(at for at in range(4096) if before[at] != after[at])
    assert changed


def test_a_stale_sector_is_what_it_was_before_its_last_write() -> None:
    disk = faulty()
    disk.decay("stale", 1, 700)
    assert disk.read(1, 512, 512) == (b"a" * 88).ljust(512, b"\0")


def test_a_fault_has_a_text_form_that_parses_back() -> None:
    for group in (ERRORS, SILENT, CALLS):
        for verb, kinds in group.items():
            for kind in kinds:
                fault = Fault(kind, verb, 3, "extent", 7)
                assert Fault.parse(str(fault)) == fault


@pytest.mark.parametrize("line", ["", "eio", "eio sync 1 once 0", "eio read 1 often 0", "lost read 1 once 0"])
def test_a_line_that_is_no_fault_is_refused(line: str) -> None:
    with pytest.raises(BadFault, match="expected KIND VERB"):
        Fault.parse(line)


# The store.


def test_the_quick_plan_finds_nothing(report: FaultReport) -> None:
    assert [one.finding.failure for one in report.findings] == []
    assert report.found == 0
    assert report.scenarios > 800


def test_every_row_of_the_atlas_fires(report: FaultReport) -> None:
    assert report.never_fired == ()
    assert len(report.fired) == len(ATLAS)


def test_every_kind_of_fault_is_hit(report: FaultReport) -> None:
    planned = {f"{kind} {verb}" for group in (ERRORS, SILENT, CALLS) for verb in group for kind in group[verb]}
    assert planned <= report.kinds.keys()


def test_n_counts_up_until_none_is_hit() -> None:
    tally = Tally()
    told = history("put-durable 0 10", "get 0")
    every_nth(told, Fault("sync-keeps", "sync", 1), tally)
    syncs = tally.kinds["sync-keeps sync"]
    assert syncs == tally.scenarios - 1
    assert not try_fault(told, Fault("sync-keeps", "sync", syncs + 1)).log
    assert try_fault(told, Fault("sync-keeps", "sync", syncs)).log


def test_the_same_seed_gives_the_same_report_with_one_worker_and_with_two() -> None:
    tasks = list(quick_plan())[10:18]
    one, two = (run_faults("tiny", 5, workers=workers, tasks=tasks) for workers in (1, 2))
    assert msgspec.structs.replace(one, seconds=0.0) == msgspec.structs.replace(two, seconds=0.0)


def test_the_histories_parse() -> None:
    assert all(operations_named(name) for name in HISTORIES)
    assert history_of("17", "tiny", 1) == history_of("17", "tiny", 1)


@pytest.mark.parametrize("name", PLANTED)
def test_planted_bug_is_found(name: str) -> None:
    with PLANTED[name]():
        assert run_faults("tiny", 1, tasks=[task(name)]).found
    assert not run_faults("tiny", 1, tasks=[task(name)]).found


@pytest.mark.parametrize("name", ["unreadable-is-absent", "payload-is-not-verified"])
def test_a_finding_replays_from_its_text(name: str) -> None:
    with PLANTED[name]():
        found = run_faults("tiny", 1, tasks=[task(name)]).findings[0]
        finding = Finding.parse(found.text())
        assert replay_faults(finding) == found.finding.failure == finding.failure
    assert replay_faults(finding) is None


def test_the_log_is_part_of_a_finding() -> None:
    with PLANTED["unreadable-is-absent"]():
        found = run_faults("tiny", 1, tasks=[task("unreadable-is-absent")]).findings[0]
    assert found.n == int(found.finding.faults[0].split()[2])
    assert "eio read" in found.log[0]
    assert f"# {found.log[0]}" in found.text()


def test_the_atlas_in_the_documents_is_the_one_in_code() -> None:
    assert atlas_markdown() in (ROOT / "docs/verification.md").read_text(encoding="utf-8")


# What faults have found.


def tiny_store(*lines: str) -> Store:
    disk = FaultyDisk(MemoryDisk(TINY_SHAPE.extent_count, TINY_SHAPE.extent_size_bytes), Injector())
    store = Store.create_on(disk, TINY_SHAPE, TINY_LIMITS)
    disk.injector.faults = [Fault.parse(line) for line in lines]
    disk.injector.counts.clear()
    return store


def test_regression_a_put_ends_where_the_file_system_is_full() -> None:
    store = tiny_store("enospc allocate 1 all 0")
    with pytest.raises(StoreFull, match="no room for another extent"):
        store.put(b"key", b"value")


def test_regression_an_extent_that_cannot_be_reset_is_no_want_of_room() -> None:
    store = tiny_store("eio reset 1 all 0")
    with pytest.raises(DiskFailed) as caught:
        store.put(b"key", b"value")
    assert caught.value.extent >= 8


def test_regression_a_scrub_that_cannot_read_the_roots_says_so() -> None:
    store = tiny_store("eio read 1 once 0")
    with pytest.raises(DiskFailed) as caught:
        store.scrub()
    assert 0 <= caught.value.extent < 4


@pytest.mark.parametrize("n", range(1, 8))
def test_regression_a_root_record_that_waits_is_not_rotten(n: int) -> None:
    store = tiny_store(f"eio write {n} once 0")
    with pytest.raises(DiskFailed):
        store.put(b"key", b"value", durable=True)
    assert store.scrub().is_clean()


def test_regression_an_open_names_the_place_that_it_cannot_read() -> None:
    store = tiny_store("eio read 2 once 0")
    store.close()
    assert isinstance(store.disk, FaultyDisk)
    with pytest.raises(DiskFailed) as caught:
        Store.open_on(store.disk.crash(), TINY_LIMITS)
    assert caught.value.extent == 1


def test_regression_the_first_record_of_the_second_pair_is_missed() -> None:
    store = tiny_store()
    store.put(b"key", b"value", durable=True)
    store.close()
    assert isinstance(store.disk, FaultyDisk)
    again = Store.open_on(store.disk.crash(), TINY_LIMITS)
    again.close()
    assert isinstance(again.disk, FaultyDisk)
    disk = again.disk.crash()
    for extent in (6, 7):
        disk.decay("rot", extent, 70)
    with pytest.raises(ChunkRotten, match="newest record is gone"):
        Store.open_on(disk, TINY_LIMITS)


def test_regression_one_rotten_value_keeps_no_other_key_from_being_put() -> None:
    store = tiny_store()
    store.put(b"rotten", bytes(300))
    store.put(b"0", bytes(900))
    store.flush().wait()
    entry = store.index.find(b"rotten")
    assert entry
    assert isinstance(store.disk, FaultyDisk)
    store.disk.decay("rot", entry[0][0], entry[0][2] + 60)
    for number in range(400):
        store.put(b"%d" % (number % 11), number.to_bytes(1300, "big"))
    with pytest.raises(ChunkRotten):
        store.get(b"rotten")
