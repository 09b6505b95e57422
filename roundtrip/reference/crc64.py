"""CRC-64/NVME, computed from its polynomial alone: the checksum of a value.

The polynomial is 0xAD93D23594C93659, here with its bits reflected. The register starts as all ones and is inverted at
the end; the checksum of no bytes is 0, that of "123456789" 0xAE8B14860A799888.

One step consumes four bytes, as in `crc`: the low half of the register is looked up in two tables of 16 bits, and the
high half takes its place.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Final

REFLECTED_POLYNOMIAL: Final = 0x9A6C9329AC4BC9B5
ALL_ONES: Final = 0xFFFFFFFFFFFFFFFF

# Unpacked integers cost ten times their bytes; blocks keep that cost constant. A multiple of four.
BLOCK_SIZE_BYTES: Final = 16384


def _advance(register: int, bits: int) -> int:
    """The register after `bits` zero bits have been shifted through it."""
    for _ in range(bits):
        register = (register >> 1) ^ (REFLECTED_POLYNOMIAL if register & 1 else 0)
    return register


def _table(index_bits: int, travel_bits: int) -> list[int]:
    """What each value of `index_bits` bits becomes after `travel_bits` bits; linear, so it doubles with every bit."""
    table = [0]
    for bit in range(index_bits):
        image = _advance(1 << bit, travel_bits)
        table += [image ^ entry for entry in table]
    return table


@cache
def tables() -> tuple[list[int], list[int], list[int]]:
    """The tables of one byte, and of the first and the second half of a word; made when they are first needed."""
    return _table(8, 8), _table(16, 32), _table(16, 16)


def crc64nvme(data: bytes, previous: int = 0) -> int:
    """CRC-64/NVME of `data`; `previous` is that of the bytes before it, 0 where there are none."""
    one_byte, low_half, high_half = tables()
    register = previous ^ ALL_ONES
    words = len(data) // 4
    for first in range(0, words, BLOCK_SIZE_BYTES // 4):
        count = min(BLOCK_SIZE_BYTES // 4, words - first)
        for word in struct.unpack_from(f"<{count}I", data, first * 4):
            register ^= word
            register = low_half[register & 0xFFFF] ^ high_half[register >> 16 & 0xFFFF] ^ (register >> 32)
    for byte in data[words * 4 :]:
        register = one_byte[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register ^ ALL_ONES
