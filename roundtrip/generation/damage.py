"""Damage to bytes: what disks and bugs do to a frame, in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .sources import Source

VERBS: Final = ("flip", "number", "number", "cut", "append", "insert", "remove", "overwrite", "repeat", "invent")


@dataclass(frozen=True)
class Targets:
    """Where damage tells most. spans: start and end of fields in bytes; numbers: those next to a bound."""

    spans: Sequence[tuple[int, int]] = ()
    numbers: Sequence[int] = ()


def damage(source: Source, data: bytes, targets: Targets = Targets()) -> bytes:  # it is frozen
    """The bytes after one verb of `VERBS`; now and then they are still valid, or even the same."""
    verb = source.choice(VERBS)
    if not data or verb == "invent":
        return source.blob(0, 64)
    first, last = sorted((source.integer(0, len(data)), source.integer(0, len(data))))
    match verb:
        case "number":
            return with_number(source, data, first, targets)
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


def with_number(source: Source, data: bytes, offset: int, targets: Targets) -> bytes:
    """The bytes with a number a little higher or lower, at an end of its range, or next to a bound."""
    width = min(source.choice((1, 2, 4, 8, 3)), len(data) - offset)
    if targets.spans and source.integer(0, 3):
        offset, end = source.choice(targets.spans)
        width = min(end - offset, 8)
    little, values = source.boolean(), 1 << 8 * width
    before = int.from_bytes(data[offset : offset + width], "little" if little else "big")
    options = [before + 1, before - 1, 0, values - 1, values >> 1]
    number = source.choice(targets.numbers if targets.numbers and source.boolean() else options) % values
    return data[:offset] + number.to_bytes(width, "little" if little else "big") + data[offset + width :]
