"""Checksums that a client gives along with its values: right ones now and then, and a wrong one, which must be refused.

Only where the store may hold chunks that carry them: elsewhere histories stay what they were.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from engine.errors import ChecksumMismatch
from formats.crc64 import crc64nvme

from .mismatch import Mismatch, shown

if TYPE_CHECKING:
    from engine import Store


class Checksums:
    """What a session gives along. `puts`: values so far, by which it is decided."""

    store: Store
    puts: int

    def checksum_for(self, value: bytes) -> int | None:
        """That of a value, of every second one."""
        return crc64nvme(value) if self.puts % 2 and self.store.chunks.is_mixed else None

    def checksums_for(self, items: list[tuple[bytes, bytes]]) -> list[int | None] | None:
        """Those of the values of one call, or none at all."""
        if not self.store.versions.mixed_chunks:
            return None
        return [self.checksum_for(value) for _, value in items]

    def expect_refused(self, key: bytes, value: bytes) -> None:
        """A stream that comes with the checksum of another value is refused, whenever no right one comes along."""
        if self.puts % 2 or not self.store.versions.mixed_chunks:
            return
        try:
            self.store.put(key, io.BytesIO(value), checksum=crc64nvme(value) ^ 1)
        except ChecksumMismatch:
            return
        raise Mismatch("every byte is verified", f"a refusal: {shown(value)} does not have the checksum given", "a put")
