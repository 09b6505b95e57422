"""The model of the node: several store models, and for each whether it is in service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from crc32c import crc32c

from engine.dependency import Dependency
from engine.errors import CallRefused, OutOfService
from engine.node import BulkResult
from engine.slots import DiskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class StoreLike(Protocol):
    """What the node wants of a store; `StoreModel` is one."""

    def put(self, key: bytes, value: bytes) -> object:
        """Store a value."""
        ...

    def delete(self, key: bytes) -> object:
        """Delete a key."""
        ...

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        ...

    def contains(self, key: bytes) -> bool:
        """Whether the key has a value."""
        ...

    def scan(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Iterator[bytes]:
        """The keys in order."""
        ...


class NodeModel:
    """Disk n is `stores[n]`. Methods are those of `engine.Node`; a disk that is out of service keeps what it holds."""

    def __init__(self, stores: Sequence[StoreLike]) -> None:
        self.stores = stores
        self.in_service = [True] * len(stores)

    def disk_of(self, key: bytes) -> int:
        """The number of the shard's disk: it follows from its id and the number of disks alone."""
        return crc32c(key) % len(self.stores)

    def _store(self, key: bytes) -> StoreLike:
        self._refuse_missing([self.disk_of(key)])
        return self.stores[self.disk_of(key)]

    def _refuse_missing(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if not self.in_service[number]:
                raise OutOfService(f"disk {number}")

    # The request plane.

    def get(self, key: bytes) -> bytes | None:
        """The shard, or None."""
        return self._store(key).get(key)

    def contains(self, key: bytes) -> bool:
        """Whether there is such a shard."""
        return self._store(key).contains(key)

    def put(self, key: bytes, value: bytes) -> Dependency:
        """Store a shard."""
        self._store(key).put(key, value)
        return Dependency()

    def delete(self, key: bytes) -> Dependency:
        """Delete a shard."""
        self._store(key).delete(key)
        return Dependency()

    # The control plane.

    def list(
        self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"", *, only_in_service: bool = False
    ) -> Iterator[bytes]:
        """The shards of all disks in order; `OutOfService` where a disk is and nobody said to leave it out."""
        if not only_in_service:
            self._refuse_missing(range(len(self.stores)))
        present = [store for store, is_in in zip(self.stores, self.in_service, strict=True) if is_in]
        return iter(sorted(key for store in present for key in store.scan(start, end, prefix)))

    def bulk_create(self, items: Iterable[tuple[bytes, bytes]]) -> BulkResult:
        """Put many shards, but for those of disks that are out of service."""
        return self._bulk(dict(items), self.put)

    def bulk_remove(self, keys: Iterable[bytes]) -> BulkResult:
        """Delete many shards, but for those of disks that are out of service."""
        return self._bulk(dict.fromkeys(keys, b""), lambda key, _: self.delete(key))

    def _bulk(self, items: dict[bytes, bytes], change: Callable[[bytes, bytes], object]) -> BulkResult:
        failed = {}
        for key, value in items.items():
            try:
                change(key, value)
            except OutOfService as error:
                failed[self.disk_of(key)] = error
        return BulkResult(Dependency(), dict(failed))

    def remove_disk(self, number: int) -> None:
        """Take a disk out of service; `CallRefused` where it is out."""
        self._switch(number, to=False)

    def return_disk(self, number: int) -> None:
        """Bring a disk back; `CallRefused` where it is in service."""
        self._switch(number, to=True)

    def _switch(self, number: int, *, to: bool) -> None:
        if not 0 <= number < len(self.stores) or self.in_service[number] is to:
            raise CallRefused(f"disk {number}")
        self.in_service[number] = to

    def disks(self) -> tuple[DiskState, ...]:
        """The disks, by number."""
        return tuple(DiskState(number, "a model", is_in, None) for number, is_in in enumerate(self.in_service))
