"""Where the engine's random bytes come from: generated input, like everything else in a history.

Uniform random UUIDs hide whatever goes wrong when two of them agree, or when one looks like the magic of a frame. So a
history may also give the engine UUIDs that count up, that are made of the magic, or that are all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.seams import SeededRandomness
from formats.errors import ShardproofError
from formats.generated import chunk_v1

if TYPE_CHECKING:
    from engine.seams import Randomness

PLACEMENTS: Final = ("counter", "seeded", "magic", "same")
UUID_SIZE: Final = 16
#: Bytes of the lead that all our frames share.
MAGIC_SIZE: Final = 2


class UnknownPlacement(ShardproofError):
    """No placement has this name."""


#: The first blocks of every counter, made once: a store asks for many at a time.
COUNTED: Final = b"".join(number.to_bytes(UUID_SIZE, "big") for number in range(4096))


class Counter:
    """Blocks of 16 bytes that count up: short to read."""

    def __init__(self) -> None:
        self._next = 1

    def bytes(self, count: int) -> bytes:
        """The next numbers, each in 16 bytes."""
        blocks = -(-count // UUID_SIZE)
        first, self._next = self._next, self._next + blocks
        if self._next * UUID_SIZE <= len(COUNTED):
            return COUNTED[first * UUID_SIZE : first * UUID_SIZE + count]
        return b"".join([number.to_bytes(UUID_SIZE, "big") for number in range(first, first + blocks)])[:count]


class Repeating:
    """The same few bytes over and over."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern

    def bytes(self, count: int) -> bytes:
        """So many bytes of the pattern, from its start."""
        return (self._pattern * (count // len(self._pattern) + 1))[:count]


def randomness_of(placement: str) -> Randomness:
    """A fresh source of this kind. Raises `UnknownPlacement`."""
    if placement == "counter":
        return Counter()
    if placement == "seeded":
        return SeededRandomness(0)
    if placement == "magic":
        return Repeating(chunk_v1.LEAD[:MAGIC_SIZE])
    if placement == "same":
        return Repeating(b"\x5a")
    raise UnknownPlacement(f"placement: expected one of {', '.join(PLACEMENTS)}, found {placement[:40]!r}")
