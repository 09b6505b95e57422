"""The blocked bloom filter of a sorted run: one 64-bit word per key, so a test costs one look.

The algorithm is part of the format `lsm_page.filter`. With h the CRC32C of the key (unsigned, 32 bits):

    word       (h * word_count) >> 32
    bits       (first + i * step) & 63 for i in 0..probes-1, where d = h & 4095, first = d & 63, step = 2 * (d >> 6) + 1

The high bits of h choose the word and the low 12 the bits, so there are 4096 masks, computed once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

#: Bits of the filter per key of the run, as long as the filter stays within its format's bound.
BITS_PER_KEY: Final = 10
PROBES: Final = 4
WORD_BITS: Final = 64
WORD_COUNT_MAXIMUM: Final = 2**20
LOW_BITS: Final = 4095


@cache
def masks(probes: int) -> tuple[int, ...]:
    """The mask of each value of the low 12 bits of a hash."""
    found = []
    for low in range(LOW_BITS + 1):
        first, step = low & 63, 2 * (low >> 6) + 1
        mask = 0
        for turn in range(probes):
            mask |= 1 << ((first + turn * step) & 63)
        found.append(mask)
    return tuple(found)


def build(hashes: Sequence[int], probes: int = PROBES) -> list[int]:
    """The words of a filter over keys with these hashes (CRC32C)."""
    count = min(max(1, len(hashes) * BITS_PER_KEY // WORD_BITS), WORD_COUNT_MAXIMUM)
    words = [0] * count
    table = masks(probes)
    for hashed in hashes:
        words[(hashed * count) >> 32] |= table[hashed & LOW_BITS]
    return words


class Filter:
    """A filter that is asked."""

    __slots__ = ("_count", "_masks", "_words")

    def __init__(self, words: Iterable[int], probes: int) -> None:
        self._words = array("Q", words)
        self._count = len(self._words)
        self._masks = masks(probes)

    def may_contain(self, hashed: int) -> bool:
        """False only where no key of the run has this hash (CRC32C)."""
        mask = self._masks[hashed & LOW_BITS]
        return self._words[(hashed * self._count) >> 32] & mask == mask


#: The filter of a run without keys.
NO_KEYS: Final = Filter((0,), PROBES)
