"""What reading one input takes: bytes of memory and steps of work, each against its bound.

Both are counted, not timed, so the same input gives the same on any machine.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from ..counting import steps
from ..laws.memory import ALLOWANCE_BYTES, ALLOWANCE_RATIO, peak_bytes

if TYPE_CHECKING:
    from ..lanes import Lane

#: Opcodes that a fast lane may run for one input, and for each byte of it.
STEPS_ALLOWANCE: Final = 4096
STEPS_RATIO: Final = 64


def excess_memory(lane: Lane, data: bytes, seed: int) -> str:
    """What a lane takes beyond its bound, in words; empty where it keeps to it."""
    peak, allowed = peak_bytes(lane, data, seed), ALLOWANCE_BYTES + ALLOWANCE_RATIO * len(data)
    if peak <= allowed:
        return ""
    return f"the {lane.name} lane took {peak} bytes for an input of {len(data)}; the law allows {allowed}"


def excess_work(lane: Lane, data: bytes, seed: int) -> str:
    """The same for steps of work."""
    count, allowed = steps(partial(lane.raw, data, seed)), STEPS_ALLOWANCE + STEPS_RATIO * len(data)
    if count <= allowed:
        return ""
    return f"the {lane.name} lane took {count} steps for an input of {len(data)} bytes; the law allows {allowed}"
