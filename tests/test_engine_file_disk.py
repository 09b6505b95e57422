"""The disk in a file: short and interrupted calls, errors, its life on disk, and what it says of wrong calls."""

from __future__ import annotations

import errno
import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from engine.disk import Buffer
from engine.errors import CallRefused, NotAStore, StoreClosed, StoreExists
from engine.file_disk import FileDisk

SIZE = 8192
MIB = 2**20


class Planned:
    """The real calls, each answered first by what is planned for it: an error, or a limit on bytes."""

    def __init__(self) -> None:
        self.plans: dict[str, list[int | OSError]] = {}
        self.calls: list[tuple[str, int, int]] = []

    def plan(self, call: str, *answers: int | OSError) -> None:
        self.plans[call] = list(answers)

    def answer(self, call: str, count: int, length: int) -> int:
        self.calls.append((call, count, length))
        plan = self.plans.get(call)
        if not plan:
            return length
        answer = plan.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def made(self, call: str) -> list[tuple[int, int]]:
        return [(count, length) for name, count, length in self.calls if name == call]

    def pread(self, descriptor: int, length: int, position: int) -> bytes:
        return os.pread(descriptor, self.answer("pread", 1, length), position)

    def pwritev(self, descriptor: int, buffers: Sequence[Buffer], position: int) -> int:
        data = b"".join(buffers)
        return os.pwrite(descriptor, data[: self.answer("pwritev", len(buffers), len(data))], position)

    def fdatasync(self, descriptor: int) -> None:
        self.answer("fdatasync", 1, 0)
        os.fdatasync(descriptor)

    def fsync(self, descriptor: int) -> None:
        self.answer("fsync", 1, 0)
        os.fsync(descriptor)

    def posix_fallocate(self, descriptor: int, position: int, length: int) -> None:
        self.answer("posix_fallocate", 1, length)
        os.posix_fallocate(descriptor, position, length)

    def posix_fadvise(self, descriptor: int, position: int, length: int, advice: int) -> None:
        self.answer("posix_fadvise", advice, length)
        os.posix_fadvise(descriptor, position, length, advice)

    def dup2(self, descriptor: int, other: int) -> None:
        self.answer("dup2", 1, 0)
        os.dup2(descriptor, other)

    def close(self, descriptor: int) -> None:
        self.answer("close", 1, 0)
        os.close(descriptor)


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture
def system() -> Planned:
    return Planned()


@pytest.fixture
def disk(tmp_path: Path, system: Planned) -> FileDisk:
    made = FileDisk.create(tmp_path / "disk", 4, SIZE, system=system)
    system.calls.clear()
    return made


def test_created_file_is_sparse_of_full_size_and_durable_with_its_name(tmp_path: Path, system: Planned) -> None:
    FileDisk.create(tmp_path / "disk", 1024, MIB, system=system).close()
    status = (tmp_path / "disk").stat()
    assert (status.st_size, status.st_blocks) == (1024 * MIB, 0)
    assert len(system.made("fsync")) == 2


def test_create_does_not_overwrite(disk: FileDisk) -> None:
    disk.write(0, 0, [b"kept"])
    with pytest.raises(StoreExists):
        FileDisk.create(disk.path, 4, SIZE)
    assert disk.read(0, 0, 4) == b"kept"


@pytest.mark.parametrize("call", [1, 2])
def test_create_that_fails_leaves_no_file(tmp_path: Path, system: Planned, call: int) -> None:
    system.plan("fsync", *[0] * (call - 1), error(errno.EIO))
    gc.collect()  # what other tests left open is not closed in the midst of this one
    before = sorted(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="Input/output"):
        FileDisk.create(tmp_path / "disk", 4, SIZE, system=system)
    assert list(tmp_path.iterdir()) == []
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_create_refuses_a_shape_without_bytes(tmp_path: Path) -> None:
    for shape in ((0, SIZE), (4, 0), (-1, SIZE)):
        with pytest.raises(CallRefused):
            FileDisk.create(tmp_path / "disk", *shape)
    assert list(tmp_path.iterdir()) == []


def test_open_refuses_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"")
    for name in ("nothing", ".", "pipe", "file/below"):
        with pytest.raises(NotAStore):
            FileDisk.open(tmp_path / name)


def test_opened_disk_is_peeked_at_and_then_divided(disk: FileDisk) -> None:
    disk.write(1, 100, [b"here"])
    disk.close()
    again = FileDisk.open(disk.path)
    assert again.size_bytes == 4 * SIZE
    assert again.peek(SIZE + 98, 8) == b"\0\0here\0\0"
    with pytest.raises(CallRefused, match="below 0"):
        again.read(0, 0, 1)
    again.divide(3 * SIZE)
    assert (again.extent_count, again.read(0, SIZE + 100, 4)) == (1, b"here")
    again.divide(SIZE)
    assert (again.extent_count, again.read(1, 100, 4)) == (4, b"here")
    for size in (0, -1, 4 * SIZE + 1):
        with pytest.raises(CallRefused):
            again.divide(size)


def test_peek_beyond_the_end_is_an_error(disk: FileDisk) -> None:
    assert disk.peek(4 * SIZE - 1, 1) == b"\0"
    with pytest.raises(OSError, match="ends at 32768 bytes") as caught:
        disk.peek(4 * SIZE - 1, 2)
    assert caught.value.errno == errno.EIO
    with pytest.raises(CallRefused):
        disk.peek(-1, 1)


def test_file_that_was_cut_reads_zeros_inside_its_size(disk: FileDisk) -> None:
    disk.write(3, 0, [b"kept", b"lost"])
    os.truncate(disk.path, 3 * SIZE + 4)
    assert disk.read(3, 0, 8) == b"kept\0\0\0\0"


def test_reader_refuses_to_change_anything(disk: FileDisk) -> None:
    reader = FileDisk.open(disk.path, read_only=True)
    reader.divide(SIZE)
    changes: list[Callable[[], None]] = [
        lambda: reader.write(0, 0, [b"x"]),
        lambda: reader.reset(0),
        lambda: reader.allocate(0),
    ]
    for change in changes:
        with pytest.raises(CallRefused, match="reading only"):
            change()
    reader.drop_cached_pages()
    assert reader.read(0, 0, 1) == b"\0"


@pytest.mark.parametrize("first", range(1, 12))
def test_short_write_is_carried_on_across_buffers(disk: FileDisk, system: Planned, first: int) -> None:
    system.plan("pwritev", first, InterruptedError(), 1, 2)
    disk.write(2, 10, [b"abc", b"", b"defg", memoryview(b"hijkl")])
    assert disk.read(2, 9, 14) == b"\0abcdefghijkl\0"
    assert (disk.writes, disk.bytes_written) == (1, 12)


def test_interrupted_calls_are_carried_on(disk: FileDisk, system: Planned) -> None:
    system.plan("pwritev", InterruptedError(), InterruptedError())
    disk.write(0, 0, [b"some", b"bytes"])
    system.plan("pread", InterruptedError(), 3, InterruptedError(), 1)
    assert disk.read(0, 0, 9) == b"somebytes"
    system.plan("posix_fallocate", InterruptedError())
    disk.allocate(0)
    assert len(system.made("posix_fallocate")) == 2


def test_write_that_takes_nothing_is_an_error(disk: FileDisk, system: Planned) -> None:
    system.plan("pwritev", 0)
    with pytest.raises(OSError, match="took none of 4 bytes"):
        disk.write(0, 0, [b"data"])
    system.plan("pwritev", 2, 0)
    with pytest.raises(OSError, match="took none of 2 bytes"):
        disk.write(0, 0, [b"data"])
    assert len(system.made("pwritev")) == 3


def test_full_disk_is_told_in_the_middle_of_a_write(disk: FileDisk, system: Planned) -> None:
    system.plan("pwritev", 3, error(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left") as caught:
        disk.write(0, 0, [b"data"])
    assert (caught.value.errno, disk.bytes_written) == (errno.ENOSPC, 3)


def test_read_error_is_told(disk: FileDisk, system: Planned) -> None:
    for plan in ([error(errno.EIO)], [2, error(errno.EIO)]):
        system.plan("pread", *plan)
        with pytest.raises(OSError, match="Input/output"):
            disk.read(0, 0, 4)


@pytest.mark.parametrize("failure", [error(errno.EIO), InterruptedError()])
def test_failed_sync_is_never_tried_again(disk: FileDisk, system: Planned, failure: OSError) -> None:
    system.plan("fdatasync", failure)
    with pytest.raises(OSError) as caught:  # noqa: PT011  # compared below
        disk.sync()
    assert caught.value is failure
    assert (len(system.made("fdatasync")), disk.syncs) == (1, 1)


def test_write_is_cut_where_the_system_has_limits(disk: FileDisk, system: Planned) -> None:
    disk.write(0, 0, [b"x"] * 2500)
    assert system.made("pwritev") == [(1024, 1024), (1024, 1024), (452, 452)]


def test_large_write_is_cut_between_buffers_only(tmp_path: Path, system: Planned) -> None:
    disk = FileDisk.create(tmp_path / "disk", 1, 8 * MIB, system=system)
    disk.write(0, 0, [bytes(5 * MIB)])
    disk.write(0, 0, [bytes(10), bytes(3 * MIB), bytes(MIB - 10), bytes(10), bytes(10)])
    sizes = [size for _count, size in system.made("pwritev")]
    assert sizes == [5 * MIB, 10, 3 * MIB, MIB, 10]
    assert disk.bytes_written == 9 * MIB + 20


def test_write_of_nothing_makes_no_call(disk: FileDisk, system: Planned) -> None:
    disk.write(0, SIZE, [])
    disk.write(0, 0, [b"", b""])
    assert system.calls == []


def test_allocation_takes_room_once(disk: FileDisk, system: Planned) -> None:
    disk.allocate(2)
    disk.allocate(2)
    disk.reset(2)
    disk.allocate(2)
    assert system.made("posix_fallocate") == [(1, SIZE)]
    assert disk.path.stat().st_blocks * 512 >= SIZE


def test_allocation_on_a_full_disk_is_an_error_each_time(disk: FileDisk, system: Planned) -> None:
    system.plan("posix_fallocate", error(errno.ENOSPC), error(errno.ENOSPC))
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            disk.allocate(1)
    disk.allocate(1)


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
def test_allocation_is_left_out_where_the_file_system_cannot(disk: FileDisk, system: Planned, number: int) -> None:
    system.plan("posix_fallocate", error(number))
    disk.allocate(1)
    disk.allocate(1)
    assert len(system.made("posix_fallocate")) == 1


def test_dropping_pages_advises_on_the_whole_file(disk: FileDisk, system: Planned) -> None:
    disk.write(0, 0, [b"data"])
    disk.drop_cached_pages()
    assert system.made("posix_fadvise") == [(os.POSIX_FADV_DONTNEED, 0)]
    assert disk.read(0, 0, 4) == b"data"


def test_close_closes_once_and_refuses_what_comes_after(disk: FileDisk, system: Planned) -> None:
    disk.close()
    disk.close()
    assert len(system.made("dup2")) == 1
    calls: list[Callable[[], object]] = [
        disk.sync,
        disk.drop_cached_pages,
        lambda: disk.peek(0, 1),
        lambda: disk.divide(SIZE),
        lambda: disk.read(0, 0, 1),
        lambda: disk.write(0, 0, [b"x"]),
        lambda: disk.allocate(0),
        lambda: disk.reset(0),
    ]
    for call in calls:
        with pytest.raises(StoreClosed):
            call()
    assert len(system.calls) == 1


def test_refusal_says_what_was_expected(disk: FileDisk) -> None:
    with pytest.raises(CallRefused, match="write of 2 bytes at offset 8191 of extent 3: expected a place within"):
        disk.write(3, SIZE - 1, [b"xx"])
    with pytest.raises(CallRefused, match="read: expected an extent below 4, found 4"):
        disk.read(4, 0, 1)


def test_counters_count_calls_and_bytes(disk: FileDisk) -> None:
    disk.write(0, 0, [b"abc", b"de"])
    disk.write(1, 0, [b"f"])
    disk.read(0, 0, 2)
    disk.sync()
    assert (disk.writes, disk.bytes_written, disk.reads, disk.syncs) == (2, 6, 1, 1)


def test_descriptor_is_not_left_to_other_programs(disk: FileDisk) -> None:
    descriptors = [int(link.name) for link in Path("/proc/self/fd").iterdir()]
    inode = disk.path.stat().st_ino
    ours = [
        number
        for number in descriptors
        if Path(f"/proc/self/fd/{number}").exists() and os.fstat(number).st_ino == inode
    ]
    assert ours
    assert not any(os.get_inheritable(number) for number in ours)


def test_a_read_under_way_at_close_never_reads_another_file(tmp_path: Path) -> None:
    class Slow(Planned):
        """A read that comes to the kernel late: the disk was closed, and other files were opened, before it did."""

        def pread(self, descriptor: int, length: int, position: int) -> bytes:
            disk.close()
            (tmp_path / "other").write_bytes(b"other file" * 100)
            others.extend((tmp_path / "other").open("rb") for _ in range(3))
            return super().pread(descriptor, length, position)

    others: list[BinaryIO] = []
    disk = FileDisk.create(tmp_path / "disk", 4, SIZE, system=Slow())
    with pytest.raises(StoreClosed):
        disk.read(0, 0, 16)
    for other in others:
        other.close()
