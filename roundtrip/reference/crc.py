"""CRC32C (Castagnoli), computed from its polynomial alone.

The polynomial is 0x1EDC6F41, here with its bits reflected. The register starts as all ones and is inverted
at the end; a seed is the finished CRC32C of the bytes that came before, so `crc32c(b, crc32c(a)) ==
crc32c(a + b)`.

One step consumes four bytes: the register, after the next four bytes are added to it, is split in two
halves of 16 bits, and each half is looked up in a table of its own. The low half leaves the register first,
so it still has to travel through the two bytes of the high half.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

REFLECTED_POLYNOMIAL: Final = 0x82F63B78
ALL_ONES: Final = 0xFFFFFFFF

# Unpacked integers cost ten times their bytes; blocks keep that cost constant. A multiple of four.
BLOCK_SIZE_BYTES: Final = 16384


def _advance(register: int, bits: int) -> int:
    """The register after `bits` zero bits have been shifted through it."""
    for _ in range(bits):
        register = (register >> 1) ^ (REFLECTED_POLYNOMIAL if register & 1 else 0)
    return register


def _table(index_bits: int, travel_bits: int) -> list[int]:
    """What each value of `index_bits` bits becomes after `travel_bits` bits.

    The step is linear over exclusive-or, so the table doubles with every single bit.
    """
    table = [0]
    for bit in range(index_bits):
        image = _advance(1 << bit, travel_bits)
        table += [image ^ entry for entry in table]
    return table


_ONE_BYTE: Final = _table(8, 8)
_LOW_HALF: Final = _table(16, 32)
_HIGH_HALF: Final = _table(16, 16)


def _words(data: bytes) -> Iterator[tuple[int, ...]]:
    """The whole 32-bit little-endian words of `data`, one block at a time."""
    word_count = len(data) // 4
    block_words = BLOCK_SIZE_BYTES // 4
    for first in range(0, word_count, block_words):
        count = min(block_words, word_count - first)
        yield struct.unpack_from(f"<{count}I", data, first * 4)


def crc32c(data: bytes, seed: int = 0) -> int:
    """CRC32C of `data`, continued from `seed`, the CRC32C of what came before (0 for nothing)."""
    low_half, high_half, one_byte = _LOW_HALF, _HIGH_HALF, _ONE_BYTE
    register = seed ^ ALL_ONES
    for block in _words(data):
        for word in block:
            register ^= word
            register = low_half[register & 0xFFFF] ^ high_half[register >> 16]
    for byte in data[len(data) // 4 * 4 :]:
        register = one_byte[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ ALL_ONES
