"""The lock of a store: one process at a time, one `Store` of it at a time, and any number of readers instead.

The lock is `flock` on a file that stays where it is: the kernel gives the lock back when the process ends, however it
ends, so a file that was left behind is no obstacle. Removing the file while a store is open would break the lock.
A forked child has no lock: the parent's stays the parent's.

A store whose sync failed keeps its lock, marked as poisoned, until it is closed: as long as a descriptor with the
failed sync is open, what is read may be bytes that never reached the medium.

    free ── LockFile(path) ──> held ── poison(reason) ──> poisoned
      ^                         │                            │
      └──────── release() ──────┴───────── release() ────────┘
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from .errors import StoreBusy, StorePoisoned
from .seams import ThreadSync

if TYPE_CHECKING:
    from pathlib import Path

#: Device and inode: one file, by whatever path.
Identity: TypeAlias = tuple[int, int]

#: Bytes of the file that are read for the holder's process id; more is not written.
PID_SIZE_MAXIMUM: Final = 32


class LockFile:
    """The lock of one store, held from construction to `release`.

    `path`: the lock file, made where there is none; `shared`: beside other readers, and not beside a writer.

    Raises `StoreBusy` with the holder's process id, `StorePoisoned` when this process holds it after a failed sync,
    and `OSError` when the file cannot be opened or its file system has no locks.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self._hold = _HOLDS.take(path, is_shared=shared)

    def hold(self, path: Path) -> None:
        """Lock one file more, which nobody removes without removing what is guarded. Raises `StoreBusy`, `OSError`."""
        _HOLDS.add(self._hold, path)

    def poison(self, reason: str) -> None:
        """A sync failed: until `release`, whoever opens the store in this process is told so."""
        self._hold.poison_reason = reason

    def release(self) -> None:
        """Give the lock back. A second call does nothing."""
        _HOLDS.give_back(self._hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@dataclass(eq=False)
class Hold:
    """One lock on one file."""

    descriptor: int
    identity: Identity
    is_shared: bool
    poison_reason: str | None = None
    more: list[int] = field(default_factory=list)


class Holds:
    """The locks of this process.

    `flock` alone would refuse a second lock too, but could not tell whose the first is; and where it is emulated by
    locks of the whole process (NFS) it would let the second one in.
    """

    def __init__(self) -> None:
        self._holds: list[Hold] = []
        self._guard = ThreadSync().lock()

    def take(self, path: Path, *, is_shared: bool) -> Hold:
        """Lock the file; raises what `LockFile` raises."""
        with self._guard:
            # Before it is opened: where locks are the process's, closing any descriptor of the file gives them back.
            identity = find_identity(path)
            refuse_beside([hold for hold in self._holds if hold.identity == identity], path, is_shared=is_shared)
            hold = lock(path, is_shared=is_shared)
            self._holds.append(hold)
            return hold

    def add(self, hold: Hold, path: Path) -> None:
        """Lock a further file, which goes with the first."""
        with self._guard:
            if find_identity(path) == hold.identity:
                return
            descriptor = os.open(path, (os.O_RDONLY if hold.is_shared else os.O_RDWR) | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if hold.is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise StoreBusy(
                    f"{path.parent}: another process has the store open, and its lock file was removed meanwhile; "
                    "wait until it ends"
                ) from None
            except BaseException:
                os.close(descriptor)
                raise
            hold.more.append(descriptor)

    def give_back(self, hold: Hold) -> None:
        """Unlock the file, unless that was done before."""
        with self._guard:
            if hold in self._holds:
                self._holds.remove(hold)
                unlock(hold)

    def pause(self) -> None:
        """Before a fork: let a thread that is taking or giving back a lock finish first."""
        self._guard.acquire()

    def resume(self) -> None:
        """After a fork, in the parent."""
        self._guard.release()

    def disown(self) -> None:
        """After a fork, in the child: the locks are the parent's, and must end when the parent does."""
        holds, self._holds = self._holds, []
        for hold in holds:
            for descriptor in (hold.descriptor, *hold.more):
                os.close(descriptor)
        self._guard.release()


def refuse_beside(holds: list[Hold], path: Path, *, is_shared: bool) -> None:
    """Raise if a further lock does not go with these, all of this process and on the same file."""
    for hold in holds:
        if hold.poison_reason is not None:
            raise StorePoisoned(
                f"{path.parent}: a sync of the store failed in this process; "
                f"close that store before it is opened again ({hold.poison_reason})"
            )
    if holds and not (is_shared and all(hold.is_shared for hold in holds)):
        raise StoreBusy(f"{path.parent}: this process has the store open already; use that one, or close it")


def lock(path: Path, *, is_shared: bool) -> Hold:
    """Open and lock the file, and say in it who did."""
    while True:
        descriptor = open_lock_file(path, is_shared=is_shared)
        try:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = describe_holder(descriptor, is_shared=is_shared)
                raise StoreBusy(f"{path.parent}: {holder}; close it there, or wait until it ends") from None
            identity = identity_of(os.fstat(descriptor))
            if find_identity(path) == identity:
                if not is_shared:
                    write_pid(descriptor, b"%d\n" % os.getpid())
                return Hold(descriptor, identity, is_shared)
        except BaseException:
            os.close(descriptor)
            raise
        # Somebody replaced the file between our calls: the lock that we hold is on a file without a name.
        os.close(descriptor)


def unlock(hold: Hold) -> None:
    """Give the lock back: expressly, as a child that was forked behind Python's back may share the descriptor."""
    try:
        if not hold.is_shared:
            write_pid(hold.descriptor, b"")
        for descriptor in (*hold.more, hold.descriptor):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        for descriptor in (*hold.more, hold.descriptor):
            os.close(descriptor)


def open_lock_file(path: Path, *, is_shared: bool) -> int:
    """The descriptor of the file, which is made where there is none. A reader needs no right to write to it."""
    # A link might lead anywhere, and opening a pipe might wait for ever.
    careful = os.O_NOFOLLOW | os.O_NONBLOCK
    if not is_shared:
        return os.open(path, os.O_RDWR | os.O_CREAT | careful, 0o666)
    try:
        return os.open(path, os.O_RDONLY | careful)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT | careful, 0o666)


def describe_holder(descriptor: int, *, is_shared: bool) -> str:
    """Who has the file locked, as far as it can be known."""
    if not is_shared:
        # Readers leave no process id, and that of a writer which was killed may still be there.
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return "another process has the store open for reading"
    pid = os.pread(descriptor, PID_SIZE_MAXIMUM, 0).strip()
    return f"{f'process {pid.decode()}' if pid.isdigit() else 'another process'} has the store open"


def write_pid(descriptor: int, text: bytes) -> None:
    """Replace what the lock file says. It serves a message only: a full disk must not keep a store from opening."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)


def identity_of(status: os.stat_result) -> Identity:
    """The identity of a file from its status."""
    return status.st_dev, status.st_ino


def find_identity(path: Path) -> Identity | None:
    """The identity of the file at a path; None where there is none."""
    try:
        return identity_of(path.stat())
    except FileNotFoundError:
        return None


_HOLDS: Final = Holds()
os.register_at_fork(before=_HOLDS.pause, after_in_parent=_HOLDS.resume, after_in_child=_HOLDS.disown)
