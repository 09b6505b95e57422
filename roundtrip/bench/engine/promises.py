"""What our engine promises, as data.

A promise is about our own figure alone (`against` is None), or about our time over a peer's, taken within a round,
the median over rounds. `quantity` is `microseconds`, or the name of a fact that was measured with them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .durable import LEVELS, THREADS
from .growth import KEY_COUNTS, VALUE_SIZE
from .workload import MIB

TIME: Final = "microseconds"
KIB: Final = 1024


@dataclass(frozen=True)
class Promise:
    """One limit. at_least: the figure must reach it; else it must not exceed it. keys: of a growing store."""

    operation: str
    value_size: int
    quantity: str
    limit: float
    against: str | None = None
    at_least: bool = False
    keys: int | None = None
    #: Against our own time with so many keys.
    against_keys: int | None = None

    def kept(self, measured: float) -> bool:
        """Whether a figure keeps it."""
        return measured >= self.limit if self.at_least else measured <= self.limit


def ratios(operation: str, against: str, limits: dict[int, float]) -> Iterable[Promise]:
    """Our time over a peer's, by value size."""
    return (Promise(operation, size, TIME, limit, against) for size, limit in limits.items())


def facts(operation: str, quantity: str, limits: dict[int, float], *, at_least: bool = False) -> Iterable[Promise]:
    """A figure of our own, by value size."""
    return (Promise(operation, size, quantity, limit, at_least=at_least) for size, limit in limits.items())


PROMISES: Final = (
    *ratios("put", "rocksdb", {100: 3.0, 4 * KIB: 0.8, 64 * KIB: 0.4, MIB: 0.35}),
    *ratios("put", "leveldb", {64 * KIB: 0.5}),
    *ratios("put_batch", "rocksdb", {100: 3.0}),
    *ratios("get", "rocksdb", {100: 2.3, 4 * KIB: 1.6, 64 * KIB: 1.4}),
    # A durable put takes at most a quarter more than its levels of sync.
    *facts("put_durable", "share_of_levels", dict.fromkeys((100, 4 * KIB, 64 * KIB, MIB), 1.25)),
    # Not at 1 MiB: eight of these are 8 MiB, and the disk's bandwidth decides.
    *facts(f"put_durable_{THREADS}", "gain", dict.fromkeys((100, 4 * KIB, 64 * KIB), 3.0), at_least=True),
    *facts("put_settled", "write_amplification", {100: 1.8, 4 * KIB: 1.05, 64 * KIB: 1.05, MIB: 1.05}),
    # Not bytes dirtied: Linux counts all of a folio, up to 1 MiB where it was written in one piece, for each byte of it
    # that is written again. And overwriting a page that is still dirty dirties nothing.
    *facts("overwrite", "call_amplification", {4 * KIB: 2.3}),
    *facts("overwrite", "p999_microseconds", {4 * KIB: 250_000}),
    *facts("overwrite", "reserve_share", {4 * KIB: 0.05}),
)

FEW: Final = KEY_COUNTS[0]
MANY: Final = KEY_COUNTS[-1]
DECADES: Final = tuple(number for number in KEY_COUNTS if number > FEW and math.log10(number).is_integer())

GROWTH_PROMISES: Final = (
    *(Promise(name, VALUE_SIZE, TIME, 1_000_000, keys=MANY) for name in ("reopen_as_put", "reopen")),
    *(Promise(name, VALUE_SIZE, "resident_bytes", 300 * 10**6, keys=MANY) for name in ("put_settled", "get")),
    Promise("get", VALUE_SIZE, TIME, 3.0, keys=MANY, against_keys=FEW),
    # Logarithmic: the time of one put over the logarithm of the number of keys does not grow.
    *(
        Promise("put_settled", VALUE_SIZE, TIME, math.log(number) / math.log(FEW), keys=number, against_keys=FEW)
        for number in DECADES
    ),
)

#: How a quantity is called, and the unit of its figures.
NAMES: Final = {
    "share_of_levels": f"time over {LEVELS} x fdatasync",
    "gain": f"{THREADS} threads over one",
    "write_amplification": "bytes dirtied over user bytes",
    "call_amplification": "bytes of write calls over user bytes",
    "p999_microseconds": "slowest of a thousand, µs",
    "reserve_share": "extents kept in reserve",
    "resident_bytes": "resident bytes",
    TIME: "µs",
}
