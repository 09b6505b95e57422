"""From bytes to a history: the only generator of operations.

The first byte chooses where the engine's random bytes come from, each operation takes a byte for its verb and one for
each argument. The tables below give the odds; low bytes mean simple operations, keys that are used often, and small
sizes. So every string of bytes is a history, a prefix of it is a prefix of the history, and whoever makes the bytes
fewer or smaller makes the history simpler: a seeded random stream (volume), Hypothesis (shrinking), a coverage-guided
fuzzer, or a kept file.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from .operations import (
    Compact,
    Contains,
    Crash,
    Cut,
    Delete,
    Drain,
    Flush,
    Get,
    GetStream,
    Operation,
    Put,
    PutDurable,
    PutMany,
    PutStream,
    Reboot,
    Reclaim,
    Scan,
    Scrub,
    Size,
    Step,
    Synchronize,
)
from .placement import PLACEMENTS
from .presets import SIMPLE_SIZES

if TYPE_CHECKING:
    from .presets import Preset

#: Of 256 operations, how many are of each kind; in the order of the alphabet. With half as much upkeep (flushes,
#: durable puts, reclaims, reboots) nearly twice as many histories run in a second, and bugs in the upkeep take up to
#: thirty times the seconds to be found: `docs/verification.md` has the figures.
SEQUENTIAL: Final[tuple[tuple[type[Operation], int], ...]] = (
    (Get, 58),
    (GetStream, 4),
    (Contains, 8),
    (Size, 6),
    (Put, 92),
    (Delete, 34),
    (Scan, 6),
    (Flush, 10),
    (Synchronize, 4),
    (Drain, 4),
    (Step, 6),
    (PutDurable, 3),
    (PutMany, 5),
    (PutStream, 4),
    (Compact, 3),
    (Reclaim, 5),
    (Scrub, 1),
    (Reboot, 3),
)
#: The same with power failures, which take the place of reads.
CRASHING: Final[tuple[tuple[type[Operation], int], ...]] = (
    (Get, 44),
    *SEQUENTIAL[1:],
    (Crash, 8),
    (Cut, 6),
)
#: Operations with a key and nothing else.
OF_A_KEY: Final = frozenset({Get, GetStream, Delete, Contains, Size, Scan})
SIMPLE_COUNT: Final = len(SIMPLE_SIZES)
#: A history of so many operations takes at most so many bytes each.
BYTES_AT_MOST: Final = 4
#: Values that are put into one key of `put-many`.
MANY_MAXIMUM: Final = 7


@cache
def verb_table(odds: tuple[tuple[type[Operation], int], ...]) -> tuple[type[Operation], ...]:
    """For each byte the kind of operation."""
    table = tuple(kind for kind, count in odds for _ in range(count))
    assert len(table) == 256, "the odds are of 256"
    return table


@cache
def biased(count: int) -> tuple[int, ...]:
    """For each byte a number below `count`: the low numbers often, every number sometimes."""
    return tuple(int(count * (byte / 256) ** 2) if byte < 192 else byte % count for byte in range(256))


@cache
def sizes_by_byte(preset_sizes: tuple[int, ...]) -> tuple[int, ...]:
    """For each byte a size: the simple ones as often as all those at a border."""
    simple, others = preset_sizes[:SIMPLE_COUNT], preset_sizes[SIMPLE_COUNT:]
    return tuple(
        simple[byte * len(simple) // 160] if byte < 160 else others[(byte - 160) * len(others) // 96]
        for byte in range(256)
    )


def placement_of(data: bytes) -> str:
    """Where the engine's random bytes come from in the history that these bytes stand for."""
    return PLACEMENTS[data[0] % len(PLACEMENTS)] if data else PLACEMENTS[0]


def operations_of(data: bytes, preset: Preset, *, crashes: bool = False, longest: int | None = None) -> list[Operation]:
    """The operations that these bytes stand for, up to so many; arguments that are missing at the end are zeros."""
    verbs = verb_table(CRASHING if crashes else SEQUENTIAL)
    keys, sizes = biased(len(preset.keys)), sizes_by_byte(preset.sizes)
    end = len(data)
    data += bytes(BYTES_AT_MOST)
    operations: list[Operation] = []
    most = end if longest is None else longest
    at = 1
    while at < end and len(operations) < most:
        kind = verbs[data[at]]
        at += 1
        if kind in OF_A_KEY:
            operations.append(kind(keys[data[at]]))
            at += 1
        elif kind is Put or kind is PutDurable or kind is PutStream:
            size = sizes[data[at + 1]]
            operations.append(kind(keys[data[at]], size if kind is not PutStream else size * 3))
            at += 2
        elif kind is PutMany:
            operations.append(PutMany(keys[data[at]], 2 + data[at + 1] % MANY_MAXIMUM, sizes[data[at + 2]]))
            at += 3
        elif kind is Reclaim:
            operations.append(Reclaim((1, 2, 0)[data[at] % 3]))
            at += 1
        elif kind is Crash:
            operations.append(Crash(data[at]))
            at += 1
        elif kind is Cut:
            operations.append(Cut(data[at] % 16, data[at + 1]))
            at += 2
        else:
            operations.append(kind())
    return operations
