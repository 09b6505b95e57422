"""Where the bytes of histories come from: here a seed and a number, for volume.

The others: `drivers_hypothesis` (shrinking), `drivers_guided` (coverage guidance), `drivers_kept` (kept findings).
"""

from __future__ import annotations

from random import Random
from typing import Final

from .generation import BYTES_AT_MOST
from .history import History

#: Operations of a history in volume.
LONGEST: Final = 50
#: Histories of one seed are numbered below this.
NUMBER_BITS: Final = 48


def bytes_of(seed: int, number: int, longest: int = LONGEST) -> bytes:
    """The bytes of history `number` of a seed: enough for so many operations."""
    return Random(seed << NUMBER_BITS | number).randbytes(1 + longest * BYTES_AT_MOST)


def history_of(seed: int, number: int, preset: str, *, crashes: bool = False, longest: int = LONGEST) -> History:
    """History `number` of a seed. Raises `UnknownPreset`."""
    return History.from_bytes(bytes_of(seed, number, longest), preset, crashes=crashes, longest=longest)
