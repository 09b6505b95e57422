"""A store and its model side by side: the questions, and what must hold of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.crc64 import crc64nvme

from .mismatch import Mismatch, shown

if TYPE_CHECKING:
    from engine import Dependency, Store
    from roundtrip.models.store import Durability, StoreModel, Value

    from .operations import Contains, Get, GetStream, Scan, Scrub, Size


#: What is read of a stream at once: no divisor of a chunk.
PIECE_BYTES: Final = 333


class Comparing:
    """What asks and compares. Raises `Mismatch`."""

    keys: tuple[bytes, ...]
    store: Store
    model: StoreModel
    durability: Durability
    _values: dict[bytes, bytes]
    #: The versions in which chunks were ever written.
    written_versions: frozenset[int]

    # Questions.

    def get(self, operation: Get) -> None:
        """The value of a key."""
        key = self.keys[operation.key]
        found = self.store.get(key)
        if found != self._values.get(key):
            raise self.wrong(key, self._values.get(key), found)

    def get_stream(self, operation: GetStream) -> None:
        """The value of a key, piece by piece."""
        key = self.keys[operation.key]
        reader = self.store.open_value(key)
        found = None if reader is None else b"".join(iter(lambda: reader.read(PIECE_BYTES), b""))
        if found != self._values.get(key):
            raise self.wrong(key, self._values.get(key), found)

    def contains(self, operation: Contains) -> None:
        """Whether a key is there."""
        key = self.keys[operation.key]
        if self.store.contains(key) != (key in self._values):
            raise Mismatch("answer", f"{shown(key)} in the store: {key in self._values}", str(key not in self._values))

    def size(self, operation: Size) -> None:
        """The size of a key's value."""
        key = self.keys[operation.key]
        expected, found = self.model.size_of(key), self.store.size_of(key)
        if expected != found:
            raise Mismatch("answer", f"size of {shown(key)}: {expected}", str(found))
        self.expect_checksum(key)

    def expect_checksum(self, key: bytes) -> None:
        """The checksum of a value, where chunks may carry one."""
        if self.store.versions.mixed_chunks:
            value = self._values.get(key)
            expected, found = None if value is None else crc64nvme(value), self.store.checksum_of(key)
            if expected != found:
                raise Mismatch("answer", f"checksum of {shown(key)}: {expected}", str(found))

    def scan(self, operation: Scan) -> None:
        """All keys from one on, in order."""
        start = self.keys[operation.key]
        expected, found = list(self.model.scan(start)), list(self.store.scan(start))
        if expected != found:
            raise Mismatch("answer", f"keys {expected} from {start!r} on", str(found))

    def scrub(self, _operation: Scrub) -> None:
        """Everything that is named is whole."""
        report = self.store.scrub()
        if not report.is_clean():
            raise Mismatch("torn is not rotten", "a clean scrub", "; ".join(map(str, report.damage[:3])))
        beyond = report.chunks_by_version.keys() - self.written_versions
        if beyond:
            raise Mismatch("never downgraded", f"chunks of the versions {self.written_versions}", f"some of {beyond}")
        if report.keys != len(self._values):
            raise Mismatch("answer", f"a scrub of {len(self._values)} keys", str(report.keys))

    def wrong(self, key: bytes, expected: Value, found: Value) -> Mismatch:
        """A key has another value than it should."""
        return Mismatch("answer", f"{shown(expected)} under {shown(key)}", shown(found))

    # Comparing.

    def mapping(self) -> dict[bytes, bytes]:
        """Every key of the store with its value."""
        values: dict[bytes, bytes] = {}
        for key in self.store.scan():
            value = self.store.get(key)
            if value is None:
                raise Mismatch("answer", f"a value under {shown(key)}, which a scan names", "nothing")
            values[key] = value
        return values

    def compare_all(self) -> None:
        """The whole mapping."""
        found = self.mapping()
        if found != self._values:
            key = next(key for key in sorted({*found, *self._values}) if found.get(key) != self._values.get(key))
            raise self.wrong(key, self._values.get(key), found.get(key))

    def expect_persistent(self, dependency: Dependency, what: str) -> None:
        """Its dependency says that it is persistent."""
        if not dependency.is_persistent():
            raise Mismatch("forward progress", f"{what} is persistent", "its dependency says that it is not")

    def expect_all_persistent(self, what: str) -> None:
        """Everything that was ever said is persistent."""
        late = self.durability.unpersisted()
        if late:
            raise Mismatch("forward progress", f"after {what} everything is persistent", f"not so {late[0]!r}")

    def expect_no_damage(self) -> None:
        """Neither a clean close nor a crash damages the roots."""
        if self.store.root_damage:
            raise Mismatch("torn is not rotten", "whole roots", str(self.store.root_damage[0]))
