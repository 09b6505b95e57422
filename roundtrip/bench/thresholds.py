"""What the fast lane promises, as data: one threshold for each benchmark, not one for all.

A ratio is the fast lane's time over the other lane's. `0.05` against Construct means twenty times as fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Threshold:
    """The largest ratio that keeps the promise."""

    format: str
    operation: str
    against: str
    maximum: float


HANDWRITTEN: Final = "handwritten"
CONSTRUCT: Final = "construct_compiled"

THRESHOLDS: Final = (
    Threshold("extent_header", "decode", HANDWRITTEN, 1.25),
    Threshold("extent_header", "encode", HANDWRITTEN, 1.25),
    Threshold("extent_header", "decode", CONSTRUCT, 1 / 20),
    Threshold("extent_header", "encode", CONSTRUCT, 1 / 20),
    Threshold("chunk", "decode", HANDWRITTEN, 1.25),
    Threshold("chunk", "encode", HANDWRITTEN, 1.25),
    Threshold("chunk", "decode", CONSTRUCT, 1 / 20),
    Threshold("chunk", "encode", CONSTRUCT, 1 / 20),
    Threshold("lsm_page.data", "decode", HANDWRITTEN, 1.2),
    Threshold("lsm_page.data", "decode", CONSTRUCT, 1 / 4),
    Threshold("lsm_page.data", "lookup", HANDWRITTEN, 1.3),
    Threshold("chunk@2", "decode", HANDWRITTEN, 1.25),
    Threshold("chunk@2", "encode", HANDWRITTEN, 1.25),
    Threshold("lsm_page.data@2", "decode", HANDWRITTEN, 1.2),
    Threshold("lsm_page.data@2", "lookup", HANDWRITTEN, 1.3),
)

#: Single-bit flips a second and core, through `probe`, in the headers of every format of ours.
FLIPS_PER_SECOND_MINIMUM: Final = 200_000

#: The lanes that are held against others, each with the lanes that it is not compared with.
LANES_HELD: Final = {"fast": ("fast",), "fast_tuple": ("fast_tuple", "fast")}

#: What saved runs are compared by: the first of these that was measured.
YARDSTICKS: Final = (HANDWRITTEN, "oracle")

#: A benchmark may become slower against its yardstick by this factor before a comparison calls it slower.
CHANGE_MAXIMUM: Final = 1.2


def unmeasured(ratios: Iterable[tuple[str, str, str]]) -> list[Threshold]:
    """The promises that no ratio (format, operation, against) speaks of."""
    found = set(ratios)
    return [one for one in THRESHOLDS if (one.format, one.operation, one.against) not in found]


def threshold_for(format_name: str, operation: str, lane: str, against: str) -> Threshold | None:
    """The promise of a ratio; only records make promises, tuples are faster anyway."""
    if lane != "fast":
        return None
    wanted = (format_name, operation, against)
    return next((one for one in THRESHOLDS if (one.format, one.operation, one.against) == wanted), None)
