"""Damage to bytes: what disks and bugs do to a frame, in one step."""

from __future__ import annotations

from typing import Final

from .sources import Source

VERBS: Final = ("flip", "number", "cut", "append", "insert", "remove", "overwrite", "repeat", "invent")


def damage(source: Source, data: bytes) -> bytes:
    """The bytes after one verb of `VERBS`; now and then they are still valid, or even the same."""
    verb = source.choice(VERBS)
    if not data or verb == "invent":
        return source.blob(0, 64)
    first, last = sorted((source.integer(0, len(data)), source.integer(0, len(data))))
    match verb:
        case "number":
            return with_number(source, data, first)
        case "cut":
            return data[:first]
        case "append":
            return data + source.blob(1, 8)
        case "insert":
            return data[:first] + source.blob(1, 8) + data[first:]
        case "remove":
            return data[:first] + data[last:]
        case "overwrite":
            return data[:first] + source.choice((b"\x00", b"\xff")) * (last - first) + data[last:]
        case "repeat":
            return data[:last] + data[first:]
    changed = bytearray(data)
    for _ in range(source.integer(1, 3)):
        bit = source.integer(0, 8 * len(data) - 1)
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def with_number(source: Source, data: bytes, offset: int) -> bytes:
    """The bytes with a number of 1 to 8 bytes a little higher or lower, or at one of its ends."""
    width = min(source.choice((1, 2, 4, 8, 3)), len(data) - offset)
    order = source.choice(("little", "big"))
    before = int.from_bytes(data[offset : offset + width], order)  # type: ignore[arg-type]  # one of the two
    number = source.choice((before + 1, before - 1, 0, (1 << 8 * width) - 1, 1 << 8 * width >> 1)) % (1 << 8 * width)
    return data[:offset] + number.to_bytes(width, order) + data[offset + width :]  # type: ignore[arg-type]  # likewise
