"""The node: several disks, each with a store of its own, behind one front that steers by shard id.

The disk of a shard follows from its id and the number of disks alone, whatever is in service: a disk that goes out
and comes back finds its shards where they were. Disks share nothing, so the failure of one is an error of its own
shards' calls and of nothing else.

Calls may be made from several threads, and promise what those of `Store` do.
"""

from __future__ import annotations

from contextlib import ExitStack
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from crc32c import crc32c

from .chunks import KEY_MAXIMUM
from .config import Limits, Shape
from .dependency import Dependency
from .errors import CallRefused, EngineError, OutOfService
from .membership import Group, Membership, distinct, write_membership
from .seams import Seams
from .slots import DiskState, Slot
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .seams import Sync
    from .values import Source

#: Keys that one look at a disk lists.
LIST_BATCH: Final = 512


class BulkResult(msgspec.Struct, frozen=True):
    """What became of a bulk operation.

    `dependency`: of everything that was done. `failed`: by disk, why its part broke off; of that disk's shards each is
    as before or as asked for.
    """

    dependency: Dependency
    failed: dict[int, EngineError]


class Node:
    """Several disks. Make one with `create` or `open`; it is a context manager that closes them all."""

    def __init__(self, slots: Sequence[Slot], group: Group | None = None) -> None:
        """Bring every disk into service that can be; raises what the first failed with where none can be."""
        if not slots:
            raise CallRefused("a node: expected at least one disk, found none")
        self._slots = tuple(slots)
        self._group = group
        failures = []
        for slot in slots:
            try:
                slot.bring_back()
            except EngineError as error:
                failures.append(error)
            except BaseException:
                self.close()
                raise
        if len(failures) == len(slots):
            raise failures[0]

    # Making one.

    @classmethod
    def create(cls, paths: Sequence[str | Path], shape: Shape | None = None, limits: Limits | None = None) -> Self:
        """A new node with a new store in each directory. Raises what `Store.create` raises; give other paths then."""
        directories = distinct(paths)
        identity = Seams().randomness.bytes(16).hex()
        for directory in directories:
            Store.create(directory, shape, limits).close()
        for number, directory in enumerate(directories):
            write_membership(directory, Membership(identity, number, len(directories)))
        return cls.open(directories, limits)

    @classmethod
    def open(cls, paths: Sequence[str | Path], limits: Limits | None = None) -> Self:
        """The node whose disks are in these directories, in any order.

        A disk that is not among them or cannot be opened is out of service, and `disks` says why. Raises `CallRefused`
        where directories do not belong together, and what the first disk failed with where none can be opened.
        """
        group = Group(distinct(paths), limits)
        sync = Seams().sync
        return cls([Slot(number, *group.place(number), sync) for number in range(group.disks)], group)

    @classmethod
    def over(cls, open_stores: Sequence[Callable[[], Store]], sync: Sync | None = None) -> Self:
        """A node over any stores, each opened by its function: now, and whenever its disk is returned to service."""
        maker = sync or Seams().sync
        return cls([Slot(number, "a store", function, maker) for number, function in enumerate(open_stores)])

    # The request plane.

    def disk_of(self, key: bytes) -> int:
        """The number of the disk that a shard is on, in service or not."""
        return crc32c(checked(key)) % len(self._slots)

    def get(self, key: bytes) -> bytes | None:
        """See `Store.get`; `OutOfService` where the shard's disk is."""
        with self._slot(key) as store:
            return store.get(key)

    def contains(self, key: bytes) -> bool:
        """See `Store.contains`; `OutOfService` where the shard's disk is."""
        with self._slot(key) as store:
            return store.contains(key)

    def __contains__(self, key: bytes) -> bool:
        return self.contains(key)

    def put(
        self,
        key: bytes,
        value: bytes | bytearray | memoryview | Source,
        *,
        durable: bool = False,
        checksum: int | None = None,
    ) -> Dependency:
        """See `Store.put`; `OutOfService` where the shard's disk is."""
        with self._slot(key) as store:
            return store.put(key, value, durable=durable, checksum=checksum)

    def checksum_of(self, key: bytes) -> int | None:
        """See `Store.checksum_of`; `OutOfService` where the shard's disk is."""
        with self._slot(key) as store:
            return store.checksum_of(key)

    def delete(self, key: bytes, *, durable: bool = False) -> Dependency:
        """See `Store.delete`; `OutOfService` where the shard's disk is."""
        with self._slot(key) as store:
            return store.delete(key, durable=durable)

    # The control plane.

    def list(
        self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"", *, only_in_service: bool = False
    ) -> Iterator[bytes]:
        """The keys of all disks in order, as `Store.scan` has them.

        A key that is there all the while comes once; one that is put or deleted meanwhile may come or not. Raises
        `OutOfService` where a disk is, before the first key or at any later one: a list that leaves out shards must not
        look like one that has them all. only_in_service: leave them out.
        """
        if not only_in_service:
            for slot in self._slots:
                with slot:
                    pass
        return merge(*(keys_of(slot, start, end, prefix, optional=only_in_service) for slot in self._slots))

    def bulk_create(self, items: Iterable[tuple[bytes, bytes]]) -> BulkResult:
        """Put many shards, on each disk as many as it takes.

        Bulk operations that share a disk run one after the other, on all of their disks in the same order: after a
        `bulk_create` and a `bulk_remove` of the same shards all are there, or none is. Raises `CallRefused` where a key
        or value is none, before anything is done.
        """
        groups: dict[int, dict[bytes, bytes]] = {}
        for key, value in items:
            if not isinstance(value, bytes):
                raise CallRefused(f"value of {key[:40]!r}: expected bytes, found {type(value).__name__}")
            groups.setdefault(self.disk_of(key), {})[key] = value
        return self._bulk(groups, create_all)

    def bulk_remove(self, keys: Iterable[bytes]) -> BulkResult:
        """Delete many shards; that some are not there is no error. See `bulk_create`."""
        groups: dict[int, dict[bytes, None]] = {}
        for key in keys:
            groups.setdefault(self.disk_of(key), {})[key] = None
        return self._bulk(groups, delete_all)

    def remove_disk(self, number: int) -> None:
        """Take a disk out of service: no more calls, those under way end, and all that it holds is persistent.

        Its shards answer `OutOfService` until `return_disk`. Raises `CallRefused` where no such disk is in service, and
        where the store cannot close cleanly the reason; the disk is out of service all the same.
        """
        self._numbered(number).take_out()

    def return_disk(self, number: int, path: str | Path | None = None) -> None:
        """Bring a disk back into service, with every shard that was persistent on it.

        path: the directory, where it is another than before or none was given. Raises what `Store.open` raises,
        `NotAStore` where the directory is not that disk, `CallRefused` where no such disk is out of service.
        """
        slot = self._numbered(number)
        if path is not None:
            if self._group is None:
                raise CallRefused("this node was not opened from directories; its disks come back by themselves")
            slot.move(*self._group.place(number, Path(path)))
        slot.bring_back()

    def disks(self) -> tuple[DiskState, ...]:
        """The disks, by number."""
        return tuple(slot.state() for slot in self._slots)

    def close(self) -> None:
        """Close every disk, whatever the others do; raises what the first failed with. A second call does nothing."""
        failures = []
        for slot in self._slots:
            if slot.is_in_service():
                try:
                    slot.take_out()
                except EngineError as error:
                    failures.append(error)
        if failures:
            raise failures[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _slot(self, key: bytes) -> Slot:
        return self._slots[crc32c(checked(key)) % len(self._slots)]

    def _numbered(self, number: int) -> Slot:
        if not 0 <= number < len(self._slots):
            raise CallRefused(f"disk {number}: expected 0 to {len(self._slots) - 1}")
        return self._slots[number]

    def _bulk(self, groups: dict[int, Any], change: Callable[[Store, Any], Dependency]) -> BulkResult:
        """Change each disk's group of shards, every disk's lock taken before the first change, in the same order."""
        dependency, failed = Dependency(), {}
        with ExitStack() as stack:
            locks = {number: ExitStack() for number in sorted(groups)}
            for number, lock in locks.items():
                lock.enter_context(self._slots[number].bulk_lock)
                stack.push(lock)
            for number, lock in locks.items():
                # Each disk is given back when its part is done: the order of two operations is settled by then.
                with lock:
                    try:
                        with self._slots[number] as store:
                            dependency = dependency & change(store, groups[number])
                    except EngineError as error:
                        failed[number] = error
        return BulkResult(dependency, failed)


def checked(key: object) -> bytes:
    """The shard id; `CallRefused` where it is none."""
    if not isinstance(key, bytes) or not 0 < len(key) <= KEY_MAXIMUM:
        found = f"{len(key)} bytes" if isinstance(key, bytes) else type(key).__name__
        raise CallRefused(f"shard id: expected 1 to {KEY_MAXIMUM} bytes, found {found}")
    return key


def keys_of(slot: Slot, start: bytes, end: bytes | None, prefix: bytes, *, optional: bool) -> Iterator[bytes]:
    """The keys of one disk, a batch at a time, so that the disk may leave and come back between two."""
    while True:
        try:
            with slot as store:
                batch = list(islice(store.scan(start, end, prefix), LIST_BATCH))
        except OutOfService:
            if optional:
                return
            raise
        yield from batch
        if len(batch) < LIST_BATCH:
            return
        start = batch[-1] + b"\0"


def create_all(store: Store, items: dict[bytes, bytes]) -> Dependency:
    """Put the items; the dependency of all."""
    return store.put_many(items.items())


def delete_all(store: Store, keys: Iterable[bytes]) -> Dependency:
    """Delete the keys; the dependency of all."""
    dependency = Dependency()
    for key in keys:
        one = store.delete(key)
        if one.nodes != dependency.nodes:
            dependency = dependency & one
    return dependency
