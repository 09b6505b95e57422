"""Checksums that know what they cover, and closing tags.

A checksum field only reads and writes its number. The frame that holds it verifies it, because what it covers may
lie before or behind it, and because the order of checks is the frame's business.
"""

from __future__ import annotations

from typing import Any

from construct import CheckError, Int32ul
from construct.core import stream_read, stream_write
from crc32c import crc32c

from ..place import CONTEXT_FIELDS
from .base import AnyConstruct
from .violations import directly_in_frame, violate

#: LevelDB's masking constant (util/crc32c.h): a checksum of bytes that hold checksums must not be one itself.
MASK_DELTA = 0xA282EAD8


def masked(checksum: int) -> int:
    """LevelDB's mask: rotate right by 15 bits and add a constant, modulo 2^32."""
    return ((checksum >> 15 | checksum << 17) + MASK_DELTA) & 0xFFFFFFFF


class Crc32c(AnyConstruct):
    """A CRC32C, little-endian, over the named sibling fields, which lie back to back (rule `checksum`).

    `covers`: field names in the order of their bytes; `is_masked`: stored with LevelDB's mask.
    """

    rule = "checksum"

    def __init__(self, *, covers: tuple[str, ...] | str, is_masked: bool = False) -> None:
        super().__init__()
        self.covers = (covers,) if isinstance(covers, str) else tuple(covers)
        self.is_masked = is_masked
        self.seed: tuple[str, ...] = ()
        self.flagbuildnone = True

    def compute(self, covered: bytes, seed: int) -> int:
        """The number to store for the covered bytes; `seed` is used by a seal only."""
        return masked(crc32c(covered)) if self.is_masked else crc32c(covered)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        if not directly_in_frame(context):
            raise CheckError("a checksum is a field of a Frame, which verifies it", path=path)
        return int(Int32ul._parsereport(stream, context, path))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return Int32ul._build(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        return 4


class Seal(Crc32c):
    """The CRC32C that ends a fixed header: over every byte of the frame before it, continued from its place.

    `seed`: context fields in the order they are packed (see `formats.place`); rule `header_checksum`.
    """

    rule = "header_checksum"

    def __init__(self, *, seed: tuple[str, ...] = ()) -> None:
        super().__init__(covers=())
        for name in seed:
            if name not in CONTEXT_FIELDS:
                raise ValueError(f"unknown context field {name!r}; there are {', '.join(CONTEXT_FIELDS)}")
        self.seed = tuple(seed)

    def compute(self, covered: bytes, seed: int) -> int:
        return int(crc32c(covered, seed))


class Tag(AnyConstruct):
    """A closing tag: the first `size` bytes of the sibling bytes field `of` again (rule `closing_tag`)."""

    def __init__(self, *, of: str, size: int) -> None:
        super().__init__()
        self.of = of
        self.size = size
        self.flagbuildnone = True

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found = stream_read(stream, self.size, path)
        expected = context[self.of][: self.size]
        if found != expected:
            violate(context, "closing_tag", expected=expected.hex(" "), found=found.hex(" "))
        return bytes(found)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        tag: bytes = context[self.of][: self.size]
        stream_write(stream, tag, self.size, path)
        return tag

    def _sizeof(self, context: Any, path: str) -> int:
        return self.size
