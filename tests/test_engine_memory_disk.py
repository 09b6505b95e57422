"""The disks in memory: every crash state, failed syncs, faults, copies, and hard write pointers."""

from __future__ import annotations

import errno
from collections.abc import Callable
from itertools import combinations
from random import Random

import pytest

from engine.crash_choice import Kept, Unsynced
from engine.disk import PartWritten
from engine.errors import CallRefused, StoreClosed
from engine.memory_disk import MemoryDisk
from engine.zoned_disk import ZonedDisk

SIZE = 4096
KINDS = (MemoryDisk, ZonedDisk)


def failing(*names: str) -> Callable[[str, int, int, int], None]:
    def fail(name: str, _extent: int, _offset: int, _length: int) -> None:
        if name in names:
            raise OSError(errno.EIO, name)

    return fail


def subsets(count: int) -> list[list[Kept]]:
    return [[Kept(index) for index in some] for size in range(count + 1) for some in combinations(range(count), size)]


@pytest.mark.parametrize("kind", KINDS)
def test_crash_leaves_what_was_synced_and_what_was_chosen(kind: type[MemoryDisk]) -> None:
    disk = kind(3, SIZE)
    disk.write(0, 0, [b"synced"])
    disk.sync()
    disk.write(0, 6, [b" and ", b"not"])
    disk.write(2, 0, [b"other"])
    assert disk.unsynced == [Unsynced(0, 6, b" and not"), Unsynced(2, 0, b"other")]
    assert disk.crash().read(0, 0, 16) == b"synced".ljust(16, b"\0")
    assert disk.crash([Kept(0)]).image() == b"synced and not".ljust(3 * SIZE, b"\0")
    assert disk.crash([Kept(0, length=3), Kept(1)]).read(0, 0, 12) == b"synced an\0\0\0"
    assert disk.crash([Kept(0), Kept(1)]).image() == disk.image()


def test_crash_can_lose_any_sector_of_a_write() -> None:
    disk = MemoryDisk(2, SIZE)
    disk.write(1, 0, [b"o" * SIZE])
    disk.sync()
    disk.write(1, 300, [b"n" * 1000])
    states = {kept: disk.crash([kept]).read(1, 0, SIZE) for kept in disk.survivals(0)}
    assert len(states) == 1 + 999 + 2
    assert states[Kept(0, without_sector=0)] == b"o" * 512 + b"n" * 788 + b"o" * (SIZE - 1300)
    assert states[Kept(0, without_sector=1)] == b"o" * 300 + b"n" * 212 + b"o" * 512 + b"n" * 276 + b"o" * (SIZE - 1300)
    assert len(set(states.values())) == len(states)


@pytest.mark.parametrize("kind", KINDS)
def test_crash_states_agree_with_a_plain_account(kind: type[MemoryDisk], seed: int) -> None:
    """Against a second way to the same image: durable bytes copied at each sync, survivors written over them."""
    random = Random(seed)
    for _ in range(60):
        disk, pointers = kind(3, 1024), [0, 0, 0]
        durable, since = bytearray(disk.image()), 0
        for _ in range(random.randrange(25)):
            extent, data = random.randrange(3), random.randbytes(random.randint(1, 300))
            if pointers[extent] + len(data) > 1024:
                if kind is ZonedDisk:
                    continue
                pointers[extent] = 0
            disk.write(extent, pointers[extent], [data])
            pointers[extent] += len(data)
            since += 1
            if random.random() < 0.2:
                disk.sync()
                durable, since = bytearray(disk.image()), 0
        assert len(disk.unsynced) == since
        for _ in range(4):
            wanted = [random.choice(list(disk.survivals(index))) for index in range(since) if random.random() < 0.6]
            keep = disk.possible(wanted)
            expected = bytearray(durable)
            for kept in keep:
                write = disk.unsynced[kept.index]
                for offset, data in kept.pieces(write):
                    start = write.extent * 1024 + offset
                    expected[start : start + len(data)] = data
            assert disk.crash(keep).image() == expected
        assert disk.crash().image() == durable


@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_crash_states_share_nothing_that_is_written_to(kind: type[MemoryDisk]) -> None:
    disk = kind(2, SIZE)
    disk.write(0, 0, [b"first"])
    disk.sync()
    disk.write(0, 5, [b"second"])
    twin, state = disk.fork(), disk.crash()
    disk.write(0, 11, [b"disk"])
    twin.write(0, 11, [b"twin"])
    state.write(0, 5, [b"state"])
    assert [one.read(0, 0, 16).rstrip(b"\0") for one in (disk, twin, state)] == [
        b"firstseconddisk",
        b"firstsecondtwin",
        b"firststate",
    ]
    twin.sync()
    assert disk.crash().read(0, 0, 6) == b"first\0"
    assert twin.crash().read(0, 11, 4) == b"twin"


@pytest.mark.parametrize("keep", ["1 0", "0 0", "2", "0 1 2"])
def test_choice_that_names_no_unsynced_write_is_refused(keep: str) -> None:
    disk = MemoryDisk(1, SIZE)
    disk.write(0, 0, [b"a"])
    disk.write(0, 1, [b"b"])
    with pytest.raises(CallRefused, match="ascending numbers below 2"):
        disk.crash([Kept.parse(text) for text in keep.split()])


def test_choice_has_a_text_form_that_parses_back() -> None:
    for kept, text in ((Kept(3), "3"), (Kept(3, length=0), "3:0"), (Kept(12, without_sector=4), "12!4")):
        assert str(kept) == text
        assert Kept.parse(text) == kept
    for text in ("", "x", "3:", "3!2:1", "-1", " 3"):
        with pytest.raises(CallRefused):
            Kept.parse(text)
    with pytest.raises(CallRefused):
        Kept(0, length=1, without_sector=0)
    with pytest.raises(CallRefused):
        Kept(-1)


@pytest.mark.parametrize("kind", KINDS)
def test_failed_sync_is_not_mended_by_a_later_one(kind: type[MemoryDisk]) -> None:
    disk = kind(2, SIZE)
    disk.write(0, 0, [b"lost"])
    disk.faults = failing("sync")
    with pytest.raises(OSError, match="sync"):
        disk.sync()
    disk.faults = None
    disk.write(1, 0, [b"kept"])
    disk.sync()
    assert disk.read(0, 0, 4) == b"lost"
    assert disk.unsynced == [Unsynced(0, 0, b"lost")]
    assert disk.crash().image() == bytes(SIZE) + b"kept".ljust(SIZE, b"\0")
    assert disk.crash([Kept(0)]).image() == disk.image()
    assert disk.fork().crash().image() == disk.crash().image()


def test_newer_synced_bytes_lie_over_older_forsaken_ones() -> None:
    disk = MemoryDisk(1, SIZE)
    disk.write(0, 0, [b"older"])
    disk.faults = failing("sync")
    with pytest.raises(OSError, match="sync"):
        disk.sync()
    disk.faults = None
    disk.write(0, 0, [b"new"])
    disk.sync()
    assert disk.crash().read(0, 0, 5) == b"new\0\0"
    assert disk.crash([Kept(0)]).read(0, 0, 5) == b"newer"


@pytest.mark.parametrize("kind", KINDS)
def test_failed_sync_can_revert_what_is_read(kind: type[MemoryDisk]) -> None:
    disk = kind(1, SIZE)
    disk.write(0, 0, [b"durable"])
    disk.sync()
    disk.write(0, 7, [b" lost"])
    disk.faults, disk.reverts_failed_sync = failing("sync"), True
    with pytest.raises(OSError, match="sync"):
        disk.sync()
    assert disk.image() == b"durable".ljust(SIZE, b"\0")
    assert disk.unsynced == []
    disk.write(0, 7, [b" again"])
    assert disk.crash().image() == b"durable".ljust(SIZE, b"\0")


@pytest.mark.parametrize("kind", KINDS)
def test_faults_see_every_call_and_stop_it(kind: type[MemoryDisk]) -> None:
    disk = kind(2, SIZE)
    seen: list[tuple[str, int, int, int]] = []
    disk.faults = lambda *call: seen.append(call)
    disk.allocate(1)
    disk.write(1, 0, [b"ab", b"c"])
    disk.read(1, 1, 2)
    disk.sync()
    disk.reset(1)
    assert seen == [
        ("allocate", 1, 0, 0),
        ("write", 1, 0, 3),
        ("read", 1, 1, 2),
        ("sync", -1, 0, 0),
        ("reset", 1, 0, 0),
    ]
    disk.faults = failing("allocate", "write", "read", "reset")
    before = disk.fork()
    calls: list[Callable[[], object]] = [
        lambda: disk.allocate(0),
        lambda: disk.write(0, 0, [b"x"]),
        lambda: disk.read(0, 0, 1),
        lambda: disk.reset(0),
    ]
    for call in calls:
        with pytest.raises(OSError, match="Errno 5"):
            call()
    assert (disk.image(), disk.unsynced) == (before.image(), before.unsynced)


@pytest.mark.parametrize("kind", KINDS)
def test_write_can_fail_in_its_middle(kind: type[MemoryDisk]) -> None:
    disk = kind(1, SIZE)

    def cut(_name: str, _extent: int, _offset: int, _length: int) -> None:
        raise PartWritten(errno.ENOSPC, "full", 2)

    disk.faults = cut
    with pytest.raises(OSError, match="full") as caught:
        disk.write(0, 0, [b"a", b"bcd"])
    disk.faults = None
    assert caught.value.errno == errno.ENOSPC
    assert disk.read(0, 0, 4) == b"ab\0\0"
    assert disk.unsynced == [Unsynced(0, 0, b"ab")]
    disk.write(0, 2, [b"cd"])


@pytest.mark.parametrize("kind", KINDS)
def test_image_makes_the_same_disk(kind: type[MemoryDisk], seed: int) -> None:
    image = Random(seed).randbytes(1500) + bytes(3 * 1024 - 1500)
    disk = kind.from_image(image, 1024)
    assert (disk.extent_count, disk.image(), disk.unsynced) == (3, image, [])
    disk.write(2, 0, [b"x"])
    assert disk.crash().image() == image
    for wrong in (b"", image[:-1]):
        with pytest.raises(CallRefused, match="whole extents"):
            kind.from_image(wrong, 1024)


def test_damage_is_durable_and_not_a_write() -> None:
    disk = MemoryDisk(1, SIZE)
    disk.write(0, 0, [b"synced"])
    disk.sync()
    disk.damage(0, 1, b"0")
    assert disk.unsynced == []
    assert disk.crash().read(0, 0, 6) == b"s0nced"
    with pytest.raises(CallRefused):
        disk.damage(0, SIZE, b"0")


def test_closed_disk_can_still_be_crashed_and_looked_at() -> None:
    disk = MemoryDisk(1, SIZE)
    disk.write(0, 0, [b"data"])
    disk.close()
    with pytest.raises(StoreClosed):
        disk.read(0, 0, 1)
    assert disk.image()[:4] == b"data"
    assert disk.fork().read(0, 0, 4) == b"data"
    assert disk.crash().read(0, 0, 4) == bytes(4)


def test_disk_in_memory_needs_extents_of_bytes() -> None:
    for shape in ((0, SIZE), (1, 0)):
        with pytest.raises(CallRefused):
            MemoryDisk(*shape)


def test_zone_refuses_a_write_off_its_pointer() -> None:
    disk = ZonedDisk(2, SIZE)
    disk.write(0, 0, [b"abc"])
    for offset in (0, 2, 4):
        with pytest.raises(OSError, match=f"zone 0: a write at {offset} is not at the write pointer 3") as caught:
            disk.write(0, offset, [b"x"])
        assert caught.value.errno == errno.EIO
    assert (disk.hard_pointer(0), disk.hard_pointer(1), disk.read(0, 0, 5)) == (3, 0, b"abc\0\0")
    with pytest.raises(CallRefused):
        disk.hard_pointer(2)


def test_reset_zone_forgets_its_bytes() -> None:
    disk = ZonedDisk(1, SIZE)
    disk.write(0, 0, [b"former life"])
    disk.sync()
    disk.reset(0)
    assert (disk.hard_pointer(0), disk.image()) == (0, bytes(SIZE))
    disk.write(0, 0, [b"new"])
    assert disk.unsynced == [Unsynced(0, 11, b"", is_reset=True), Unsynced(0, 0, b"new")]


def test_zone_keeps_its_order_in_a_crash() -> None:
    disk = ZonedDisk(2, SIZE)
    disk.write(0, 0, [b"former"])
    disk.sync()
    disk.reset(0)
    disk.write(0, 0, [b"one"])
    disk.write(1, 0, [b"other"])
    disk.write(0, 3, [b"two"])
    states = {disk.crash(disk.possible(keep)).image() for keep in subsets(4)}
    zones = {image[:SIZE].rstrip(b"\0") for image in states}
    assert zones == {b"former", b"", b"one", b"onetwo"}
    assert len(states) == 4 * 2
    for keep in ([Kept(1)], [Kept(0), Kept(3)], [Kept(0), Kept(1, length=1), Kept(3)], [Kept(0), Kept(1, length=0)]):
        with pytest.raises(CallRefused, match="cannot leave this choice"):
            disk.crash(keep)


def test_pointer_after_a_crash_is_that_of_the_survivors() -> None:
    disk = ZonedDisk(1, SIZE)
    disk.write(0, 0, [b"former"])
    disk.sync()
    disk.reset(0)
    disk.write(0, 0, [b"abcdef"])
    pointers = [disk.crash(keep).hard_pointer(0) for keep in ([], [Kept(0)], [Kept(0), Kept(1, length=4)])]
    assert pointers == [6, 0, 4]
    again = disk.crash([Kept(0), Kept(1, length=4)])
    again.write(0, 4, [b"!"])
    assert again.read(0, 0, 6) == b"abcd!\0"


def test_zone_has_no_missing_sectors_only_prefixes() -> None:
    disk = ZonedDisk(1, SIZE)
    disk.write(0, 0, [b"x" * 100])
    disk.write(0, 100, [b"y" * 1000])
    assert disk.possible([Kept(0), Kept(1, without_sector=1)]) == (Kept(0), Kept(1, length=412))
    assert disk.possible([Kept(0), Kept(1, without_sector=0)]) == (Kept(0),)
    assert disk.possible([Kept(0, without_sector=5), Kept(1)]) == (Kept(0), Kept(1))
    assert all(kept.without_sector is None for kept in disk.survivals(1))


def test_zone_has_no_hole_after_a_failed_sync() -> None:
    disk = ZonedDisk(1, SIZE)
    disk.write(0, 0, [b"before "])
    disk.faults = failing("sync")
    with pytest.raises(OSError, match="sync"):
        disk.sync()
    disk.faults = None
    disk.write(0, 7, [b"after"])
    disk.sync()
    assert disk.crash().read(0, 0, 12) == b"before after"


def test_zones_of_an_image_end_at_their_last_byte() -> None:
    disk = ZonedDisk.from_image(b"ab\0c".ljust(16, b"\0") + bytes(16), 16)
    assert [disk.hard_pointer(extent) for extent in range(2)] == [4, 0]
