"""The laws of the `Disk` protocol, as checks that any disk can be put to.

Every law keeps to what the engine does: each extent is written from its start to its end and never twice in one life;
so a disk with hard write pointers passes them too. What lies beyond the writes of a life reads as zeros in the first
one; later as zeros, or as what was there before, byte by byte.

A law raises `LawBroken` where the disk refutes it. `broken_laws` tries all of them and tells which did not hold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from engine.errors import CallRefused

from .disk_model import DiskModel, LawBroken, expect

if TYPE_CHECKING:
    from engine.disk import Buffer, Disk

#: What a disk may answer to a call that names no place of it, or that comes after its end.
REFUSALS: Final = (ValueError, CallRefused)
#: Bytes of an extent in most laws; some use one so large that a write takes several calls of the system.
SIZE: Final = 8192
LARGE_SIZE: Final = 3 * 2**20
THREADS: Final = 4


class Maker(Protocol):
    """Makes the disks of a trial."""

    def make(self, extent_count: int, extent_size_bytes: int) -> Disk:
        """A new disk, never written."""
        ...

    def restart(self, disk: Disk) -> Disk:
        """The same medium after the power went and came back; the disk that was given is not used any more."""
        ...


Law: TypeAlias = Callable[[Maker, Random], None]


def unwritten_bytes_are_zeros(maker: Maker, random: Random) -> None:
    """What was never written reads as zeros, to the end of the extent, and after an allocation too."""
    disk = maker.make(3, SIZE)
    expect(disk, 2, 0, bytes(SIZE))
    disk.allocate(1)
    disk.allocate(1)
    expect(disk, 1, 0, bytes(SIZE))
    data = random.randbytes(random.randint(1, 600))
    disk.write(1, 0, [data])
    disk.allocate(1)
    expect(disk, 1, 0, data.ljust(SIZE, b"\0"))
    disk.close()


def what_was_written_is_read(maker: Maker, random: Random) -> None:
    """Writes one after the other are read back in any pieces, before and after a sync."""
    model = DiskModel(maker.make(3, SIZE))
    for _ in range(40):
        model.append(random.randrange(3), [random.randbytes(random.choice((1, 2, 7, 64, 511, 512, 513)))])
        model.look(random)
    model.look_at_all()
    model.disk.sync()
    model.look_at_all()
    model.disk.close()


def buffers_are_gathered_in_order(maker: Maker, random: Random) -> None:
    """One write puts its buffers one after the other: of any type, empty, overlapping, or many."""
    model = DiskModel(maker.make(4, SIZE))
    data = bytearray(random.randbytes(512))
    view = memoryview(data)
    model.append(0, [bytes(data[:100]), b"", bytearray(data[100:300]), view[250:400], view[200:512], b"x"])
    model.append(0, (view[::1], memoryview(bytes(data)).cast("I"), b"end"))
    model.append(0, [])
    model.append(0, [b""])
    model.append(1, [bytes([number % 251 + 1]) for number in range(3000)])
    model.append(1, [random.randbytes(random.randrange(4)) for _ in range(1500)])
    model.look_at_all()
    model.disk.close()


def large_writes_are_whole(maker: Maker, random: Random) -> None:
    """A write is whole and in order whatever its size: one large buffer, and many of any size."""
    model = DiskModel(maker.make(2, LARGE_SIZE))
    model.append(0, [random.randbytes(2**21 + 4097)])
    model.append(0, [random.randbytes(random.choice((1, 333, 70_000))) for _ in range(12)])
    model.append(1, [random.randbytes(2**19 - 1), random.randbytes(2**20 + 3), b"y", random.randbytes(2**19)])
    model.look_at_all()
    model.disk.close()


def buffers_are_not_kept(maker: Maker, random: Random) -> None:
    """After a write has returned the caller may change its buffers."""
    disk = maker.make(2, SIZE)
    data = bytearray(random.randbytes(700))
    written = bytes(data)
    disk.write(0, 0, [data])
    disk.write(1, 0, [memoryview(data)[:300], memoryview(data)[300:]])
    data[:] = bytes(700)
    expect(disk, 0, 0, written)
    expect(disk, 1, 0, written)
    disk.sync()
    expect(disk, 0, 0, written)
    expect(disk, 1, 0, written)
    disk.close()


def an_extent_is_full_at_its_border(maker: Maker, random: Random) -> None:
    """An extent takes bytes up to its very last, in one write or by a last one of one byte, and not one more."""
    for cut in (0, 1, SIZE - 1):
        model = DiskModel(maker.make(3, SIZE))
        data = random.randbytes(SIZE)
        for piece in (data[:cut], data[cut:]):
            if piece:
                model.append(1, [piece])
        refused("write", partial(model.disk.write, 1, SIZE, [b"z"]))
        expect(model.disk, 1, SIZE - 1, data[-1:])
        expect(model.disk, 1, SIZE, b"")
        expect(model.disk, 1, 0, b"")
        model.look_at_all()
        model.disk.close()


def neighbours_are_untouched(maker: Maker, random: Random) -> None:
    """Whatever is done to an extent, those beside it keep every byte; full ones and empty ones."""
    for fill in (SIZE, 100, 0):
        model = DiskModel(maker.make(3, SIZE))
        for neighbour in (0, 2):
            model.append(neighbour, [random.randbytes(fill)])
        model.disk.allocate(1)
        model.append(1, [random.randbytes(SIZE)])
        model.look_at_all()
        model.reset(1)
        model.look_at_all()
        model.append(1, [random.randbytes(SIZE - 1)])
        model.disk.sync()
        model.look_at_all()
        model.disk.close()


def places_outside_are_refused(maker: Maker, random: Random) -> None:
    """A call that names no place of the disk is refused with nothing changed, and never answered with other bytes."""
    model = DiskModel(maker.make(2, SIZE))
    for extent in (0, 1):
        model.append(extent, [random.randbytes(1000)])
    for extent in (-1, 2, -(2**40), 2**40):
        refused("reset", partial(model.disk.reset, extent))
        refused("allocate", partial(model.disk.allocate, extent))
    places = [
        (-1, 0, 1),
        (2, 0, 1),
        (2, 0, 0),
        (0, -1, 1),
        (0, -1, 3),
        (1, SIZE, 1),
        (1, SIZE + 1, 0),
        (0, SIZE - 1, 2),
    ]
    places += [(0, 0, SIZE + 1), (0, 1000, SIZE), (0, 2**62, 1), (1, -SIZE, SIZE)]
    for extent, offset, length in places:
        refused("read", partial(model.disk.read, extent, offset, length))
        if length:
            refused("write", partial(model.disk.write, extent, offset, [b"z" * length]))
    refused("read", partial(model.disk.read, 0, 10, -1))
    model.look_at_all()
    model.append(0, [b"more"])
    model.look_at_all()
    model.disk.close()


def a_reset_begins_a_new_life(maker: Maker, random: Random) -> None:
    """After a reset the extent is written from its start again, as often as one likes, and reads the new bytes."""
    model = DiskModel(maker.make(3, SIZE))
    model.reset(0)
    model.look_at_all()
    for _ in range(6):
        model.append(1, [random.randbytes(random.randint(1, SIZE // 2)), b"tail"])
        model.append(1, [random.randbytes(9)])
        model.look_at_all()
        if random.random() < 0.5:
            model.disk.sync()
        model.reset(1)
        model.look_at_all()
    model.append(1, [b"last"])
    model.look_at_all()
    model.disk.close()


def synced_bytes_survive(maker: Maker, random: Random) -> None:
    """What was written before a sync is there after the power went, and is written on from where it ended."""
    model = DiskModel(maker.make(4, SIZE))
    for round_number in range(3):
        for extent in range(3):
            model.append(extent, [random.randbytes(random.randint(1, 700))])
        if round_number == 1:
            model.reset(0)
            model.append(0, [random.randbytes(50)])
        model.disk.sync()
        model.disk.sync()
        model.look_at_all()
        model.disk = maker.restart(model.disk)
        model.look_at_all()
    model.disk.close()


def unsynced_bytes_harm_no_others(maker: Maker, random: Random) -> None:
    """A write that was not synced may be lost by a power cut, whole or in part; what was synced before it is not."""
    for _ in range(5):
        model = DiskModel(maker.make(3, SIZE))
        for extent in range(3):
            model.append(extent, [random.randbytes(random.randint(1, 600))])
        model.disk.sync()
        lengths = [len(model.written[extent]) for extent in range(3)]
        for extent in range(2):
            model.append(extent, [random.randbytes(900), random.randbytes(7)])
        disk = maker.restart(model.disk)
        for extent, length in enumerate(lengths):
            expect(disk, extent, 0, bytes(model.written[extent][:length]))
            beyond = disk.read(extent, length, SIZE - length)
            written = bytes(model.written[extent][length:]).ljust(SIZE - length, b"\0")
            if any(found not in {0, byte} for found, byte in zip(beyond, written, strict=True)):
                raise LawBroken(f"extent {extent} holds bytes beyond offset {length} that nobody wrote")
        disk.close()


def threads_do_not_mix(maker: Maker, random: Random) -> None:
    """Threads that use one disk at the same time, each its own extents, read what they wrote."""
    model = DiskModel(maker.make(THREADS * 2, SIZE))
    failures: list[BaseException] = []

    def work(number: int, own: Random) -> None:
        try:
            for _ in range(60):
                extent = number * 2 + own.randrange(2)
                if model.room(extent) < 300:
                    model.reset(extent)
                model.append(extent, [own.randbytes(own.randint(1, 200)), bytes([number + 1]) * own.randint(1, 90)])
                model.check(extent, 0, SIZE)
                if own.random() < 0.1:
                    model.disk.sync()
        except BaseException as error:  # noqa: BLE001  # carried to the thread that asked
            failures.append(error)

    seeds = [random.getrandbits(32) for _ in range(THREADS)]
    threads = [threading.Thread(target=work, args=(number, Random(seed))) for number, seed in enumerate(seeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    model.look_at_all()
    model.disk.close()


def a_closed_disk_refuses(maker: Maker, random: Random) -> None:
    """A second close does nothing, and every other call after the first is refused."""
    disk = maker.make(2, SIZE)
    disk.write(0, 0, [random.randbytes(10)])
    disk.close()
    disk.close()
    refused("read", partial(disk.read, 0, 0, 10))
    refused("write", partial(disk.write, 0, 10, [b"data"]))
    refused("sync", disk.sync)
    refused("reset", partial(disk.reset, 0))
    refused("allocate", partial(disk.allocate, 0))
    disk.close()


def histories_agree_with_the_model(maker: Maker, random: Random) -> None:
    """Any history of calls, restarts after a sync included, reads what a model of plain bytes reads."""
    for _ in range(6):
        size = random.choice((512, 1000, 4096, SIZE))
        model = DiskModel(maker.make(random.randint(1, 5), size))
        for _ in range(120):
            step(model, maker, random)
        model.look_at_all()
        model.disk.close()


def step(model: DiskModel, maker: Maker, random: Random) -> None:
    """One step of a random history."""
    extent = random.randrange(model.disk.extent_count)
    room = model.room(extent)
    choice = random.random()
    if choice < 0.55:
        count = random.choice((1, 1, 2, 5))
        most = random.choice((8, 64, 513, max(1, room)))
        buffers: list[Buffer] = [random.randbytes(random.randint(0, min(most, room) // count)) for _ in range(count)]
        model.append(extent, buffers)
    elif choice < 0.85:
        model.look(random)
    elif choice < 0.9 or (room == 0 and choice < 0.95):
        model.reset(extent)
    elif choice < 0.95:
        model.disk.allocate(extent)
    else:
        model.disk.sync()
        if random.random() < 0.3:
            model.disk = maker.restart(model.disk)


def refused(verb: str, call: Callable[[], object]) -> None:
    """Raise unless the call is refused."""
    try:
        call()
    except REFUSALS:
        return
    raise LawBroken(f"{verb}: a call that names no place of the disk, or comes after its end, was answered")


#: Every law by its name, in order.
LAWS: Final[dict[str, Law]] = {
    law.__name__: law
    for law in (
        unwritten_bytes_are_zeros,
        what_was_written_is_read,
        buffers_are_gathered_in_order,
        large_writes_are_whole,
        buffers_are_not_kept,
        an_extent_is_full_at_its_border,
        neighbours_are_untouched,
        places_outside_are_refused,
        a_reset_begins_a_new_life,
        synced_bytes_survive,
        unsynced_bytes_harm_no_others,
        threads_do_not_mix,
        a_closed_disk_refuses,
        histories_agree_with_the_model,
    )
}


def check_law(name: str, maker: Maker, seed: int) -> None:
    """Try one law; the same seed tries the same calls. Raises `LawBroken`, and whatever the disk raises."""
    LAWS[name](maker, Random(f"{seed} {name}"))


def broken_laws(maker: Maker, seed: int) -> dict[str, str]:
    """Try every law: the names of those that do not hold, each with what was seen."""
    broken: dict[str, str] = {}
    for name in LAWS:
        try:
            check_law(name, maker, seed)
        except Exception as error:  # noqa: BLE001  # a disk may break a law by any error
            broken[name] = f"{type(error).__name__}: {error}"
    return broken
