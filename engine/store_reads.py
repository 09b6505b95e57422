"""The calls of a store that change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.crc64 import crc64nvme

from .assembly import StoreParts
from .chunks import KEY_MAXIMUM
from .errors import CallRefused, ChunkRotten, ValueChanged
from .extents import StalePlace
from .value_checksum import PartChecks, read_value
from .values import ValueReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .locator import Entry


#: Bytes of a value that are in memory while it is summed up, beside one chunk.
SUMMED_AT_ONCE: Final = 2**20


class StoreReads(StoreParts):
    """What can be asked of a store, from several threads."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, verified; None where there is none.

        Raises `ChunkRotten` where the value is damaged, `DiskFailed` where it cannot be read.
        """
        if type(key) is not bytes or not 0 < len(key) <= KEY_MAXIMUM:
            key = self._checked_key(key)
        if self._is_closed:
            raise self._closed()
        while True:
            entry = self._find(key)
            if not entry:
                return None
            try:
                if len(entry) == 1:
                    return self._read(entry[0], key)
                if self.chunks.is_mixed:
                    return read_value(self.chunks, key, entry)
                return b"".join([self._read(locator, key, part) for part, locator in enumerate(entry)])
            except StalePlace:
                # Reclamation moved it between the two looks; the index knows where to.
                if self._find(key) == entry:
                    raise self._forged(key, entry) from None

    def open_value(self, key: bytes) -> ValueReader | None:
        """The value of a key as a stream that holds one chunk at a time; None where there is none."""
        key = self._checked_key(key)
        entry = self.index.find(key)
        return self._reader_of(key, entry) if entry else None

    def _reader_of(self, key: bytes, entry: Entry) -> ValueReader:
        """The value of a key that has this entry, as a stream."""
        chunks, checks = self.chunks, PartChecks()

        def read_part(part: int, entry: Entry) -> tuple[bytes, Entry]:
            while True:
                try:
                    payload, stored = chunks.read_part(entry[part], key, part)
                except StalePlace:
                    newest = self.index.find(key) or ()
                    if newest == entry:
                        raise self._forged(key, entry) from None
                    # The same value elsewhere has the same lengths and checksums.
                    if [locator[3:] for locator in newest] != [locator[3:] for locator in entry]:
                        raise ValueChanged(f"the value of {key[:40]!r} was replaced while it was read") from None
                    entry = newest
                    continue
                if chunks.is_mixed:
                    checks.expect(part, payload, stored, entry[part], key)
                return payload, entry

        return ValueReader(entry, read_part)

    def size_of(self, key: bytes) -> int | None:
        """The size of a key's value in bytes, without reading it; None where there is none."""
        entry = self.index.find(self._checked_key(key))
        return sum(locator[3] for locator in entry) if entry else None

    def checksum_of(self, key: bytes) -> int | None:
        """The CRC-64/NVME of a key's value; None where there is none.

        As it is stored, without reading the value, where its last chunk carries it (version 2); else the value is read.
        Raises what `get` does.
        """
        key = self._checked_key(key)
        while True:
            entry = self.index.find(key)
            if not entry:
                return None
            try:
                stored = self.chunks.stored_checksum(entry[-1], key, len(entry) - 1)
            except StalePlace:
                if self.index.find(key) == entry:
                    raise self._forged(key, entry) from None
                continue
            if stored is not None:
                return stored
            return self._summed(key)

    def _summed(self, key: bytes) -> int | None:
        """The checksum of a value, by reading it."""
        while (reader := self.open_value(key)) is not None:
            checksum = 0
            try:
                while piece := reader.read(SUMMED_AT_ONCE):
                    checksum = crc64nvme(piece, checksum)
            except ValueChanged:
                continue
            return checksum
        return None

    def contains(self, key: bytes) -> bool:
        """Whether the key has a value."""
        return bool(self.index.find(self._checked_key(key)))

    def __contains__(self, key: bytes) -> bool:
        return self.contains(key)

    def scan(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Iterator[bytes]:
        """The keys from `start` up to but without `end`, and with the prefix, in order.

        A key that is there all the while comes once; one that is put or deleted meanwhile may come or not.
        """
        for keys, _ in self.index.batches(max(start, prefix)):
            for key in keys:
                if (end is not None and key >= end) or not key.startswith(prefix):
                    return
                yield key
            if self._is_closed:
                raise self._closed()

    def items(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Keys as in `scan`, each with the size of its value in bytes."""
        for keys, entries in self.index.batches(max(start, prefix)):
            for key, entry in zip(keys, entries, strict=True):
                if (end is not None and key >= end) or not key.startswith(prefix):
                    return
                yield key, sum(locator[3] for locator in entry)
            if self._is_closed:
                raise self._closed()

    def _checked_key(self, key: bytes) -> bytes:
        """The key as bytes; `CallRefused` where it is none."""
        if type(key) is not bytes:  # no subclass either: the codecs take bytes themselves
            if not isinstance(key, bytes | bytearray | memoryview):
                raise CallRefused(f"key: expected bytes, found {type(key).__name__}")
            key = bytes(key)
        if not 0 < len(key) <= KEY_MAXIMUM:
            raise CallRefused(f"key: expected 1 to {KEY_MAXIMUM} bytes, found {len(key)}")
        if self.chunks.capacity(len(key)) <= 0:
            raise CallRefused(f"key: {len(key)} bytes do not fit into an extent of {self.extents.size} bytes")
        if self._is_closed:
            raise self._closed()
        return key

    def _forged(self, key: bytes, entry: Entry) -> ChunkRotten:
        """The index names a former life of an extent: no crash of ours leaves that behind."""
        extent, generation, offset, _length, _checksum = entry[0]
        return ChunkRotten(
            "lsm_page.data",
            extent=extent,
            generation=generation,
            offset=offset,
            key=key,
            rule="names a former life of an extent",
        )
