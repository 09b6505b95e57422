"""Small inputs that fail in the same way: the corruption plan over small frames, where leaving out does not help.

What was found in a large frame through several changes at once seldom shrinks step by step. But the verb that made it
makes the same of a small frame.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from formats.errors import ValueRefused

from ...corrupt import plan
from ...generate import NoValue
from ...subjects import samples_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..target import Target

SAMPLES: Final = 12
#: Samples above this many bytes take longer than they are worth.
SIZE_MAXIMUM: Final = 256


def small_inputs(target: Target) -> Iterator[bytes]:
    """Small frames at the target's place, each followed by all that the corruption plan makes of it."""
    try:
        samples, _ = samples_of(target.format, seed=0, count=SAMPLES)
    except NoValue:
        return
    for sample in samples:
        try:
            frame = written(target.format, sample.value, target.place).data
        except ValueRefused:
            continue
        if len(frame) <= SIZE_MAXIMUM:
            yield frame
            yield from (damage.data for damage in plan(target.format, frame, target.seed, Random(0)))
