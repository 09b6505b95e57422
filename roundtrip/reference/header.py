"""The fixed header that leads every format, and the checks of its fields.

| offset | size | field | constraint |
|---|---|---|---|
| 0 | 2 | magic | D3 D0 |
| 2 | 1 | kind | one number per structure |
| 3 | 1 | version | 1, or 2 of a chunk or data page |
| 4 | … | the fields of the structure | |
| last 4 | 4 | seal | CRC32C of all header bytes before it, continued from the seed of the context |

All integers are unsigned and little-endian.
"""

from __future__ import annotations

from collections.abc import Mapping

from .crc import crc32c
from .refusal import Refusal

Buffer = bytes | bytearray | memoryview

# "SP" with the high bits set, so that it is neither ASCII nor valid UTF-8. Frozen.
MAGIC = b"\xd3\xd0"
VERSION = 1


class Header:
    """The bytes of a header whose seal holds."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def raw(self, offset: int, size: int) -> bytes:
        """`size` bytes at `offset`, as they are."""
        return self._raw[offset : offset + size]

    def integer(self, offset: int, size: int) -> int:
        """The unsigned integer of `size` bytes at `offset`."""
        return int.from_bytes(self._raw[offset : offset + size], "little")

    def bounded(self, name: str, offset: int, size: int, minimum: int, maximum: int) -> int:
        """An integer from minimum to maximum, both included; else `bounds`."""
        value = self.integer(offset, size)
        if value < minimum or value > maximum:
            raise Refusal("bounds", f"{name} is {value}, not in {minimum}..{maximum}", offset)
        return value

    def reserved(self, offset: int, size: int) -> None:
        """Bytes that must be zero; else `reserved`."""
        for position in range(offset, offset + size):
            if self._raw[position] != 0:
                raise Refusal("reserved", f"reserved byte is {self._raw[position]}, not 0", position)

    def member(self, name: str, offset: int, names: Mapping[int, str]) -> str:
        """The name of the member that the byte at `offset` stands for; else `enum`."""
        value = self._raw[offset]
        if value not in names:
            raise Refusal("enum", f"{name} {value} is none of {dict(names)}", offset)
        return names[value]

    def flags(self, name: str, offset: int, known_mask: int) -> int:
        """The byte at `offset` as a mask with known bits only; else `flags`."""
        value = self._raw[offset]
        if value & ~known_mask:
            raise Refusal("flags", f"{name} {value:#04x} has bits outside {known_mask:#04x}", offset)
        return value


def version_of(data: Buffer) -> int:
    """The version that a frame says it has; 0, which none has, where there is no such byte."""
    return data[3] if len(data) > 3 else 0


def open_header(data: Buffer, *, size: int, kind: int, seed: int, version: int = VERSION) -> Header:
    """The first `size` bytes of `data`, after length, magic, kind, version and seal were checked."""
    if len(data) < size:
        raise Refusal("truncated", f"the header needs {size} bytes, {len(data)} are there", len(data))
    raw = bytes(data[:size])
    if raw[0:2] != MAGIC:
        raise Refusal("magic", f"{raw[0:2].hex()} is not {MAGIC.hex()}", 0)
    if raw[2] != kind:
        raise Refusal("kind", f"kind is {raw[2]}, not {kind}", 2)
    if raw[3] != version:
        raise Refusal("version", f"version is {raw[3]}, not {version}", 3)
    stored = int.from_bytes(raw[size - 4 : size], "little")
    computed = crc32c(raw[: size - 4], seed)
    if stored != computed:
        raise Refusal("header_checksum", f"the seal is {stored:#010x}, not {computed:#010x}", size - 4)
    return Header(raw)
